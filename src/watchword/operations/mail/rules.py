"""What the console tells of mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from watchword.kernel.ports import Quota
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.plumbing.carriers.carrier import CarrierHealth, Try
from watchword.plumbing.carriers.failover import Handover
from watchword.plumbing.carriers.latest import Latest
from watchword.plumbing.letters.forms import Form
from watchword.records.dispatches.rules import Rates

LETTER: Final = "mail/test"


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierStatus:
    """A carrier: whether it takes letters, how many more, and what became of last week's.

    `last_refusal` is why it did not take a letter, as whichever process was told.
    """

    carrier: str
    available: bool
    reason: str | None
    quota: Quota | None
    letters: int
    bounce_percent: float | None
    complaint_percent: float | None
    last_taken_at: datetime | None
    last_refused_at: datetime | None
    last_refusal: str | None

    @property
    def row(self) -> dict[str, str | float | None]:
        """Return it as a line of a table."""
        quota = self.quota
        most = "" if quota is None or quota.most is None else f" of {quota.most}"
        state = "available" if self.available else f"unavailable ({self.reason})"
        return {
            "carrier": f"{self.carrier}: {state}",
            "quota": f"{quota.used}{most}" if quota else None,
            "bounce %": self.bounce_percent,
            "complaint %": self.complaint_percent,
            "last taken": _at(self.last_taken_at),
            "last refused": _at(self.last_refused_at),
            "because": self.last_refusal,
        }


def _at(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None


def carrier_status(
    standing: CarrierHealth, quota: Quota | None, rates: Rates, latest: Latest
) -> CarrierStatus:
    """Put together what is known of a carrier."""
    return CarrierStatus(
        carrier=standing.carrier,
        available=standing.available,
        reason=standing.trouble,
        quota=quota,
        letters=rates.letters,
        bounce_percent=rates.bounced,
        complaint_percent=rates.complained,
        last_taken_at=latest.taken_at,
        last_refused_at=latest.refused_at,
        last_refusal=latest.refusal,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A test letter, and what each carrier answered."""

    message_id: str
    sent: bool
    carrier: str | None
    reference: str | None
    tries: tuple[Try, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterTemplate:
    """What a letter is made from; `overridden` are the languages that an operator has words for."""

    template: str
    facts: tuple[str, ...]
    bulk: bool
    overridden: tuple[str, ...]


def template_of(form: Form, overridden: Sequence[str]) -> LetterTemplate:
    """Tell of a letter."""
    return LetterTemplate(
        template=form.template,
        facts=tuple(form.sample),
        bulk=form.bulk,
        overridden=tuple(overridden),
    )


def facts_of(form: Form, told: Mapping[str, str]) -> dict[str, Any]:
    """Return the sample's facts with others in their place. Problem: `invalid_input`."""
    facts = dict(form.sample)
    for name, text in told.items():
        if name not in facts:
            raise _invalid(
                "fact", f"{form.template} has no fact {name}; it has: {', '.join(facts)}."
            )
        try:
            facts[name] = _READ[type(facts[name])](text)
        except (ValueError, KeyError):
            raise _invalid("fact", f"{name} is like {facts[name]}: {text!r} is not.") from None
    return facts


_READ: Final[Mapping[type, Any]] = {
    str: str,
    int: int,
    bool: {"true": True, "false": False}.__getitem__,
}


def _invalid(field: str, told: str) -> InputInvalid:
    return InputInvalid(errors=[FieldError(field, "invalid", told)])


def judge(message_id: str, handover: Handover) -> Trial:
    """Say what came of a test letter."""
    sent = handover.sent
    return Trial(
        message_id=message_id,
        sent=sent is not None,
        carrier=sent.carrier if sent else None,
        reference=sent.reference if sent else None,
        tries=handover.tries,
    )


def known(carrier: str, names: Sequence[str]) -> str:
    """Return the carrier's name. Problem: `invalid_input`, which names those there are."""
    if carrier not in names:
        told = f"There is no such carrier here; there are: {', '.join(names)}."
        raise InputInvalid(errors=[FieldError("provider", "invalid", told)])
    return carrier
