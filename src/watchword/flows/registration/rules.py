"""What registration takes and tells."""

from dataclasses import dataclass
from typing import ClassVar

from watchword.kernel.events import Fact
from watchword.kernel.secret import Secret
from watchword.plumbing.contact import EmailAddress


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What somebody wants to register, read and screened."""

    email: EmailAddress
    password: Secret
    given_name: str
    family_name: str
    phone: str | None
    language: str
    role: str = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRegistered(Fact):
    """Somebody made an account."""

    type: ClassVar[str] = "id.user.registered"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerified(Fact):
    """A mailbox proved itself."""

    type: ClassVar[str] = "id.user.email_verified"
