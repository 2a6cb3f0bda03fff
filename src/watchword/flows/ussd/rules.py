"""The menu as a pure function: where somebody is and what they typed, to what is to be done and shown."""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from watchword.kernel.addresses import Network, networks
from watchword.kernel.digits import as_sent
from watchword.kernel.parsing import boolean
from watchword.kernel.parts import section, setting
from watchword.kernel.ports import Visitor
from watchword.kernel.problems import InputInvalid, Kind, Problem, TooManyRequests
from watchword.kernel.secret import Secret
from watchword.plumbing.ussd import gsm
from watchword.plumbing.ussd.gateway import Dialled, Proof
from watchword.records.resets.rules import GrantInvalid, GrantUsed
from watchword.records.subscribers.rules import AccountDisabled, AccountLocked
from watchword.records.tickets.rules import CodeInvalid
from watchword.records.ussd_sessions.rules import Kept

MOST_INPUTS: Final = 24
_SHORTEST_SECRET: Final = 32
_BACK: Final = "0"
_LANGUAGES: Final = {"1": "en", "2": "fr", "3": "ar"}


def _gateway_secret(text: str) -> Secret:
    if text and len(text) < _SHORTEST_SECRET:
        message = f"use at least {_SHORTEST_SECRET} characters"
        raise ValueError(message)
    return Secret(text)


@section
class UssdSettings:
    """The USSD menu."""

    secret: Secret = setting(
        "USSD_GATEWAY_SECRET",
        "What the gateway of the mobile network proves itself by; empty: there is no menu.",
        parse=_gateway_secret,
        default="",
        secret=True,
    )
    networks: tuple[Network, ...] = setting(
        "USSD_GATEWAY_NETWORKS",
        "Addresses and networks that the gateway posts from; needed where it cannot sign, and nobody else"
        " is let in where it is given.",
        parse=networks,
        default="",
    )
    ucs2: bool = setting(
        "USSD_UCS2",
        "Whether the gateway carries UCS-2, so that Arabic is shown; else French stands in for it.",
        parse=boolean,
        default="false",
    )

    @property
    def proof(self) -> Proof:
        """Return what the gateway proves itself by."""
        return Proof(secret=self.secret, networks=self.networks)


class GatewayUnknown(Problem):
    """This post does not prove that it comes from the gateway of the mobile network."""

    code = "gateway_unknown"
    kind = Kind.UNAUTHENTICATED


class Place(StrEnum):
    """Where a post stands in its session."""

    FIRST = "first"
    NEXT = "next"
    SAME = "same"
    ASTRAY = "astray"


class Step(StrEnum):
    """What is asked for."""

    MENU = "menu"
    LANGUAGE = "language"
    CODE = "code"
    PIN = "pin"
    AGAIN = "again"
    OVER = "over"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Where somebody is: the step, the language and whether they chose it, the grant, and the screen."""

    step: Step
    language: str
    screen: str
    chosen: bool = False
    grant: str = field(default="", repr=False)


class Deed(StrEnum):
    """What a step asks of others."""

    NOTHING = "nothing"
    TEXT_CODE = "text_code"
    MAIL_CODE = "mail_code"
    PROVE = "prove"
    SCREEN = "screen"
    CHOOSE = "choose"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What an input comes to: a deed, the state when it goes well, and the grant it may need."""

    deed: Deed
    state: State
    grant: str = field(default="", repr=False)


def place(dialled: Dialled, kept: Kept | None, digest: Callable[[str], bytes]) -> Place:
    """Tell where a post stands, by what the gateway repeats of what it said before."""
    inputs = dialled.inputs
    if kept is None:
        return Place.ASTRAY if inputs else Place.FIRST
    if len(inputs) == kept.consumed:
        return Place.SAME if digest(dialled.typed) == kept.typed_digest else Place.ASTRAY
    if len(inputs) == kept.consumed + 1 <= MOST_INPUTS:
        before = "*".join(inputs[:-1])
        return Place.NEXT if digest(before) == kept.typed_digest else Place.ASTRAY
    return Place.ASTRAY


def opening(language: str) -> State:
    """Return where a session begins."""
    return State(step=Step.MENU, language=language, screen="menu")


def turn(state: State, typed: str, before: str = "") -> Turn:
    """Return what an input comes to; `before` is the one before it. Each is read as its digits."""
    return _TURNS[state.step](state, as_sent(typed), as_sent(before))


def _of_menu(state: State, typed: str, _before: str) -> Turn:
    sent = replace(state, step=Step.CODE, screen="sent")
    if typed in {"1", "2"}:
        return Turn(deed=Deed.TEXT_CODE if typed == "1" else Deed.MAIL_CODE, state=sent)
    if typed == "3":
        return _shows(state, Step.CODE, "code")
    if typed == "9":
        return _shows(state, Step.LANGUAGE, "language")
    return _shows(state, Step.MENU, "menu")


def _of_language(state: State, typed: str, _before: str) -> Turn:
    language = _LANGUAGES.get(typed)
    chosen = replace(state, language=language, chosen=True) if language else state
    return _shows(chosen, Step.MENU, "menu")


def _of_code(state: State, typed: str, _before: str) -> Turn:
    if typed == _BACK:
        return _shows(state, Step.MENU, "menu")
    return Turn(deed=Deed.PROVE, state=replace(state, step=Step.PIN, screen="pin"))


def _of_pin(state: State, _typed: str, _before: str) -> Turn:
    return Turn(deed=Deed.SCREEN, state=replace(state, step=Step.AGAIN, screen="again"))


def _of_again(state: State, typed: str, before: str) -> Turn:
    if not hmac.compare_digest(typed.encode(), before.encode()):
        return _shows(state, Step.PIN, "differ")
    return Turn(deed=Deed.CHOOSE, state=over(state, "done"), grant=state.grant)


def _of_over(state: State, _typed: str, _before: str) -> Turn:
    return _shows(state, Step.OVER, "astray")


def _shows(state: State, step: Step, screen: str) -> Turn:
    return Turn(deed=Deed.NOTHING, state=replace(state, step=step, screen=screen))


_TURNS: Final[Mapping[Step, Callable[[State, str, str], Turn]]] = {
    Step.MENU: _of_menu,
    Step.LANGUAGE: _of_language,
    Step.CODE: _of_code,
    Step.PIN: _of_pin,
    Step.AGAIN: _of_again,
    Step.OVER: _of_over,
}


def refused(state: State, problem: Problem) -> State:
    """Return where somebody is whose input was refused: they try again, or the session ends."""
    if isinstance(problem, InputInvalid) and state.step is Step.CODE:
        return replace(state, screen="code")  # a key pressed by mistake is no guess
    if isinstance(problem, InputInvalid):
        return replace(state, step=Step.PIN, screen=problem.errors[0].code)
    if isinstance(problem, CodeInvalid) and problem.worn_out is None:
        return replace(state, screen="wrong")
    ends = (screen for kind, screen in _ENDS if isinstance(problem, kind))
    return over(state, next(ends, "busy"))


_ENDS: Final[tuple[tuple[type[Problem], str], ...]] = (
    (CodeInvalid, "worn_out"),
    (GrantInvalid, "late"),
    (GrantUsed, "late"),
    (AccountLocked, "closed"),
    (AccountDisabled, "closed"),
    (TooManyRequests, "wait"),
)


def over(state: State, screen: str) -> State:
    """Return the state of a session that ends with a screen; it holds no grant any more."""
    return replace(state, step=Step.OVER, screen=screen, grant="")


def spoken(language: str, *, ucs2: bool) -> str:
    """Return the language of the screens: Arabic needs UCS-2, and French stands in for it."""
    return "fr" if language == "ar" and not ucs2 else language


def most_of_a_name(language: str) -> int:
    """Return how many signs of the organisation's name a screen has room for."""
    return 12 if language == "ar" else 24


def shown_name(name: str, language: str) -> str:
    """Return as much of the organisation's name as a screen can show; empty where it has signs it lacks."""
    most = most_of_a_name(language)
    if language == "ar":
        return gsm.cut(name, 2 * most)
    folded = gsm.fold(name) if gsm.can_write(name) else ""
    return gsm.shortened(folded, most)


def dialler(gateway: Visitor) -> Visitor:
    """Return where somebody dials from: the gateway's address says nothing of them."""
    return replace(gateway, address="", network="", user_agent="ussd", device=None)
