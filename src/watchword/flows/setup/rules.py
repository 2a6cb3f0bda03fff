"""What setup takes and tells."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from watchword.kernel.problems import FieldError, InputInvalid
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import EmailAddress, email_address, person_name
from watchword.plumbing.faults import Faults
from watchword.plumbing.shapes import Answer, Body

LINK_LIFETIME: Final = timedelta(minutes=30)


class CreateAdministrator(Body, frozen=True):
    """The first administrator, with the token of the link."""

    token: str
    email: str
    password: str
    first_name: str
    last_name: str = ""


class Administrator(Answer, frozen=True):
    """The administrator that was made."""

    id: str
    email: str
    email_verified: bool
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Who wants to be the first administrator, read."""

    email: EmailAddress
    password: Secret
    given_name: str
    family_name: str


def read_candidate(body: CreateAdministrator, more: list[FieldError]) -> Candidate:
    """Read the form; `more` are faults found elsewhere (the password's).

    Problem: `invalid_input` with every fault at once.
    """
    faults = Faults()
    email = faults.read(email_address, body.email)
    given = faults.read(person_name, body.first_name, "firstName")
    family = faults.read(person_name, body.last_name, "lastName") if body.last_name else ""
    faults.found.extend(more)
    faults.refuse()
    assert email is not None
    return Candidate(
        email=email,
        password=Secret(body.password),
        given_name=given or "",
        family_name=family or "",
    )


def email_taken() -> InputInvalid:
    """Return the problem for an address that has an account; the operator may know."""
    message = "This address has an account already: use another one, or give it the role admin."
    return InputInvalid(errors=[FieldError("email", "email_taken", message)])
