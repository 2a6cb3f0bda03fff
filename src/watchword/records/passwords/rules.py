"""How long a password must be, which are refused, and how it is hashed."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from watchword.kernel.parsing import choice, whole
from watchword.kernel.parts import section, setting
from watchword.kernel.problems import FieldError, InputInvalid

MAX_LENGTH = 512
_SHORTEST_WORD = 3
_SHORTEST_PIECE = 2
_YEAR = 4
_DIGITS = "0123456789"
# What guides show as a good passphrase, and what people know by heart: long, and tried first.
_FAMOUS = frozenset(
    {
        "correcthorsebatterystaple",
        "correctbatteryhorsestaple",
        "correctstaplehorsebattery",
        "horsebatterystaplecorrect",
        "batteryhorsestaplecorrect",
        "thequickbrownfoxjumpsoverthelazydog",
        "tobeornottobethatisthequestion",
        "maytheforcebewithyou",
    }
)
_LOOKALIKES = str.maketrans("@$", "as")
ARGON2ID = "argon2id"
BCRYPT = "bcrypt"
NO_PEPPER = 0  # the pepper version of a hash that another system made


@section
class PasswordSettings:
    """Passwords."""

    scheme: str = setting(
        "PASSWORD_HASH",
        "How passwords are hashed.",
        parse=choice(ARGON2ID, BCRYPT),
        default=ARGON2ID,
    )
    bcrypt_rounds: int = setting(
        "BCRYPT_SALT_ROUNDS",
        "The cost of bcrypt, as a power of two.",
        parse=whole(10, 15),
        default="12",
        aliases=("BCRYPT_ROUNDS",),
    )
    min_length: int = setting(
        "PASSWORD_MIN_LENGTH",
        "The least number of characters of a password.",
        parse=whole(8, 128),
        default="15",
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """A password as the table keeps it."""

    hash: str
    pepper_version: int


def unreadable_hash(field: str) -> InputInvalid:
    """Return the problem for another system's hash that is not read here."""
    message = (
        "This is no bcrypt, argon2, PBKDF2 or scrypt hash that we read, or one that costs too much."
    )
    return InputInvalid(errors=[FieldError(field, "invalid_hash", message)])


def normalise(password: str) -> str:
    """Return the form that is counted and hashed (NFKC, SP 800-63B-4 section 3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def screen_length(password: str, minimum: int, field: str) -> None:
    """Refuse what is too short or absurdly long. Problem: `invalid_input` naming the field."""
    length = len(password)
    if length < minimum:
        message = f"Use at least {minimum} characters; a few words in a row are fine."
        raise InputInvalid(errors=[FieldError(field, "password_too_short", message)])
    if length > MAX_LENGTH:
        message = f"Use at most {MAX_LENGTH} characters."
        raise InputInvalid(errors=[FieldError(field, "password_too_long", message)])


def too_common(field: str) -> InputInvalid:
    """Return the problem for a password that is easily guessed."""
    message = "This password is among the first that somebody would try: choose another."
    return InputInvalid(errors=[FieldError(field, "password_too_common", message)])


def is_famous(password: str) -> bool:
    """Tell whether it is a phrase that everybody knows, in whatever spelling, a number at most beside it."""
    letters = "".join(filter(str.isalnum, password.casefold().translate(_LOOKALIKES)))
    return letters.strip(_DIGITS) in _FAMOUS or letters in _FAMOUS


def context_words(*texts: str) -> list[str]:
    """Return the words about a person that a guesser would try first, alone and as written."""
    whole = {text.casefold() for text in texts}
    return sorted(word for word in whole | _pieces(*texts) if len(word) >= _SHORTEST_WORD)


def only_context(password: str, *texts: str) -> bool:
    """Tell whether a password is nothing but such words, however they are joined, and a year at most."""
    letters = "".join(filter(str.isalnum, password.casefold()))
    words = {word for word in _pieces(*texts) if len(word) >= _SHORTEST_PIECE}
    end = _covered(letters, words)
    rest = letters[end:]
    return end > 0 and (not rest or (len(rest) <= _YEAR and rest.isdigit()))


def _pieces(*texts: str) -> set[str]:
    """Return the words of texts, told apart by whatever is no letter and no digit."""
    return {word for text in texts for word in re.split(r"[\W_]+", normalise(text).casefold())}


def _covered(letters: str, words: Collection[str]) -> int:
    """Return how far from its beginning a text is made of words; every way is followed, each place once."""
    reached = {0}
    for place in range(len(letters)):
        if place in reached:
            reached |= {place + len(word) for word in words if letters.startswith(word, place)}
    return max(reached)
