"""What consents are for, what holds of them, and which act a wish comes to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Final

from watchword.kernel.facts import OWNER, Fact
from watchword.kernel.parsing import boolean, duration
from watchword.kernel.parts import section, setting

NOTICE: Final = timedelta(days=30)

REGISTRATION: Final = "registration"
ACCOUNT: Final = "account"
API: Final = "api"
LETTER: Final = "letter"
CONSOLE: Final = "console"
MAILBOX_PROOF: Final = "mailbox_proof"
ERASURE: Final = "erasure"


class Purpose(StrEnum):
    """What a consent is for."""

    PROCESSING = "processing"
    MARKETING = "marketing"
    TRANSACTIONAL = "transactional"


class Deed(StrEnum):
    """What an act did; `asked` changes nothing, it notes that we wrote."""

    GRANTED = "granted"
    WITHDRAWN = "withdrawn"
    RENEWED = "renewed"
    ASKED = "asked"


@section
class ConsentSettings:
    """Consents."""

    required: bool = setting(
        "CONSENT_REQUIRED",
        "Whether nobody registers without consent to the processing of their data.",
        parse=boolean,
        default="false",
    )
    max_age: timedelta = setting(
        "CONSENT_MAX_AGE",
        "How long a consent lasts unless it is renewed.",
        parse=duration,
        default="730d",
    )
    texts: str = setting(
        "CONSENT_TEXTS_DIR",
        "A folder of your own texts, <purpose>/<version>.<language>.txt; empty: those that come along.",
        default="",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act of one subscriber on one purpose."""

    number: int
    purpose: Purpose
    deed: Deed
    text_version: int
    language: str
    at: datetime
    address: str
    channel: str

    @property
    def value(self) -> bool:
        """Whether the purpose was allowed from then on."""
        return self.deed in {Deed.GRANTED, Deed.RENEWED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What holds for one purpose: `held` was not withdrawn, `given` has not run out either."""

    purpose: Purpose
    held: bool
    given: bool
    renewal_required: bool
    since: datetime | None = None
    ends_at: datetime | None = None
    text_version: int | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a consent to a purpose is today: the text's version, and how long it lasts."""

    purpose: Purpose
    version: int
    lasts: timedelta


def standing(terms: Terms, latest: Act | None, now: datetime) -> Standing:
    """Tell what holds after the latest act."""
    if latest is None or not latest.value:
        return Standing(
            purpose=terms.purpose,
            held=False,
            given=False,
            renewal_required=False,
            since=latest.at if latest else None,
        )
    ends_at = latest.at + terms.lasts
    notice = min(NOTICE, terms.lasts / 4)
    return Standing(
        purpose=terms.purpose,
        held=True,
        given=now < ends_at,
        renewal_required=latest.text_version < terms.version or now >= ends_at - notice,
        since=latest.at,
        ends_at=ends_at,
        text_version=latest.text_version,
        language=latest.language,
    )


def deed_of(wish: Deed, found: Standing) -> Deed | None:
    """Return the act that a wish comes to; nothing when all is as wished already."""
    if wish is Deed.WITHDRAWN:
        return Deed.WITHDRAWN if found.held else None
    if found.held:
        return Deed.RENEWED if found.renewal_required else None
    return Deed.GRANTED if wish is Deed.GRANTED else None


def renewal_required(standings: Iterable[Standing], *, needed: bool) -> bool:
    """Tell whether anything is to be renewed; `needed`: the service asks for processing in any case."""
    return any(
        each.renewal_required or (needed and each.purpose is Purpose.PROCESSING and not each.given)
        for each in standings
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGranted(Fact):
    """Somebody allowed a use of their data."""

    type: ClassVar[str] = "id.consent.granted"
    purpose: str
    text_version: int
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawn(Fact):
    """Somebody no longer allows it; `by` is `owner`, or whoever found that it was not theirs."""

    type: ClassVar[str] = "id.consent.withdrawn"
    purpose: str
    text_version: int
    channel: str
    by: str = OWNER


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRenewed(Fact):
    """Somebody allowed it once more."""

    type: ClassVar[str] = "id.consent.renewed"
    purpose: str
    text_version: int
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewalAsked(Fact):
    """Somebody was asked to renew."""

    type: ClassVar[str] = "id.consent.renewal_asked"
    purpose: str
    text_version: int
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentIgnored(Fact):
    """What a stranger would allow for an account that is not theirs counts for nothing."""

    type: ClassVar[str] = "id.consent.ignored"
    purpose: str
    text_version: int
    channel: str


FACTS: Final = {
    Deed.GRANTED: ConsentGranted,
    Deed.WITHDRAWN: ConsentWithdrawn,
    Deed.RENEWED: ConsentRenewed,
    Deed.ASKED: RenewalAsked,
}
