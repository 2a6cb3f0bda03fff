"""What registration takes and tells."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from watchword.kernel.facts import Fact
from watchword.kernel.problems import FieldError
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import (
    EmailAddress,
    described,
    email_address,
    person_name,
    phone_number,
)
from watchword.plumbing.faults import Faults
from watchword.plumbing.shapes import Body
from watchword.plumbing.words.languages import Spoken, chosen_language
from watchword.records.consents.rules import Purpose
from watchword.records.subscribers.rules import split_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What somebody wants to register, read and screened."""

    email: EmailAddress
    password: Secret
    given_name: str
    family_name: str
    phone: str | None
    speaks: Spoken
    role: str = "user"
    consents: tuple[Purpose, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationRepeated(Fact):
    """Somebody wanted an account with an address that has one."""

    type: ClassVar[str] = "id.user.registration_repeated"


class GivenConsents(Body, frozen=True):
    """What a new account allows; what is not said is not allowed."""

    processing: bool = False
    marketing: bool = False
    transactional: bool = False


class Register(Body, frozen=True):
    """A new account: `first_name` and `last_name`, or `name`; `phone` as people write it."""

    ways = (("firstName", "lastName"), ("name",))

    email: str
    password: str
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    phone: str | None = None
    country: str | None = None
    language: str | None = None
    role: str | None = None
    consents: GivenConsents | None = None


def read_application(
    body: Register,
    language_for: Callable[[str | None, str | None], Spoken],
    country: str,
    more: list[FieldError],
    *,
    consent_needed: bool = False,
) -> Application:
    """Read what somebody wants to register; `more` are faults found elsewhere (the password's).

    `language_for` says what to remember, by what the body says of language and country.

    Problem: `invalid_input` with every fault at once.
    """
    faults = Faults()
    email = faults.read(email_address, body.email)
    phone = faults.read(phone_number, body.phone, body.country or country) if body.phone else None
    given, family = body.first_name or "", body.last_name or ""
    if body.name and not (given or family):
        given, family = split_name(faults.read(person_name, body.name, "name") or "")
    else:
        given = (faults.read(person_name, given, "firstName") or "") if given else ""
        family = (faults.read(person_name, family, "lastName") or "") if family else ""
        if not body.first_name:
            faults.add("firstName", "missing", "Send firstName and lastName, or name.")
    if body.language:
        faults.read(chosen_language, body.language)
    if body.role not in {None, "user", "vendor"}:
        faults.add("role", "invalid", "Choose user or vendor.")
    faults.found.extend(more)
    allowed = body.consents or GivenConsents()
    if consent_needed and not allowed.processing:
        message = "Without this consent there can be no account."
        faults.add("consents.processing", "consent_required", message)
    faults.refuse()
    assert email is not None
    there = body.country or (described(phone).country if phone else None)
    return Application(
        email=email,
        password=Secret(body.password),
        given_name=given,
        family_name=family,
        phone=phone,
        speaks=language_for(body.language, there),
        role=body.role or "user",
        consents=tuple(each for each in Purpose if getattr(allowed, each)),
    )
