"""What a password change takes and gives, and what the journal learns."""

from dataclasses import dataclass
from typing import ClassVar

from watchword.kernel.facts import Fact
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.plumbing.ports import Admission, Tokens


class PasswordChangeDone(Tokens, frozen=True):
    """The session that continues; an API client gets its new tokens, a browser its new cookie."""

    session_id: str
    expires_at: str
    status: str = "password_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged(Fact):
    """Somebody who was signed in chose another password."""

    type: ClassVar[str] = "id.password.changed"


def wrong_password() -> InputInvalid:
    """Return the problem for a current password that is not it."""
    message = "This is not your current password."
    return InputInvalid(errors=[FieldError("currentPassword", "wrong_password", message)])


@dataclass(frozen=True, slots=True)
class Renewed:
    """The session that continues; `device` is the token of a device that is known anew."""

    answer: PasswordChangeDone
    admission: Admission
    device: str
