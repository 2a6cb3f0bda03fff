"""How people can be reached: mailboxes and telephone numbers, read strictly.

A mailbox is normalised by email-validator (RFC 5321/5322/6531, no DNS). Its `key` is what one account is:
the domain as the DNS has it (IDNA 2008), the letters A-Z of the local part small. No more is folded: `boß@`
and `boss@` are two mailboxes, and who owns one must not open the account of the other (UTS 36, 2.8).
A telephone number becomes E.164 by phonenumbers.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from string import ascii_uppercase
from typing import Final

from email_validator import EmailNotValidError, validate_email

from watchword.kernel.parts import section, setting
from watchword.kernel.problems import FieldError, InputInvalid

# Control signs, and those that turn the direction of what follows.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]")
# A name goes into letters to people who never asked for one: it may not carry links or markup.
_NO_NAME = re.compile(r"[<>]|://|www\.", re.IGNORECASE)
_UNSEEN_KINDS = {"Cc", "Cf", "Cn", "Co", "Cs", "Mn", "Me", "Zl", "Zp", "Zs"}
_BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # Hangul fillers, and Braille without a dot
_NUMBER = re.compile(r"\+[0-9]{5,15}\Z")
_COUNTRY = re.compile(r"[A-Z]{2}")
_SMALL = {ord(letter): letter.lower() for letter in ascii_uppercase}
# The channels: of a contact, and of somebody at the menu of a telephone, wherever their code goes.
EMAIL, SMS, USSD = "email", "sms", "ussd"
CHANNELS: Final = frozenset({EMAIL, SMS, USSD})
MAX_EMAIL = 254
MAX_LOCAL_PART = 64  # octets: RFC 5321, section 4.5.3.1.1
MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """A mailbox: as its owner writes it, and the key under which it is one account."""

    text: str
    key: str

    def __str__(self) -> str:
        """Return it as its owner writes it."""
        return self.text


def email_address(text: str, field: str = "email") -> EmailAddress:
    """Read a mailbox. Problem: `invalid_input` naming the field."""
    try:
        found = validate_email(text.strip(), check_deliverability=False, test_environment=True)
    except (EmailNotValidError, UnicodeError) as error:
        told = FieldError(field, "invalid_email", "This is not an e-mail address.")
        raise InputInvalid(errors=[told], private=str(error)) from error
    normalised = found.normalized
    if len(normalised.encode()) > MAX_EMAIL or len(found.local_part.encode()) > MAX_LOCAL_PART:
        told = FieldError(field, "invalid_email", "This is not an e-mail address.")
        raise InputInvalid(errors=[told])
    return EmailAddress(normalised, _key(found.local_part, found.ascii_domain))


def mailbox_key(address: str) -> str:
    """Return the key of an address that was read before, whatever is thought of such addresses today."""
    try:
        return email_address(address).key
    except InputInvalid:
        return small(address)


def small(text: str) -> str:
    """Write A-Z small, and leave every other sign as it is."""
    return text.translate(_SMALL)


def _key(local: str, domain: str | None) -> str:
    return f"{small(local)}@{domain}"


def phone_number(text: str, country: str | None, field: str = "phone") -> str:
    """Read a telephone number as E.164, which has no extension. Problem: `invalid_input` naming the field."""
    import phonenumbers  # noqa: PLC0415 - large, and few processes need it at once

    try:
        found = phonenumbers.parse(text, (country or "").strip().upper() or None)
        good = phonenumbers.is_valid_number(found)
    except phonenumbers.NumberParseException:
        good = False
    if not good:
        told = FieldError(field, "invalid_phone", "This is not a telephone number.")
        raise InputInvalid(errors=[told])
    if found.extension:
        message = "Send the number without its extension: codes reach the number alone."
        raise InputInvalid(errors=[FieldError(field, "phone_extension", message)])
    return phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164)


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number as E.164; its country by two letters, empty for none; whether texts reach it as any mobile."""

    e164: str
    country: str
    mobile: bool


def described(e164: str) -> PhoneNumber:
    """Return what is known of a number that was read before."""
    import phonenumbers  # noqa: PLC0415 - large, and few processes need it at once

    kinds = phonenumbers.PhoneNumberType
    parsed = phonenumbers.parse(e164)
    country = phonenumbers.region_code_for_number(parsed) or ""
    mobile = phonenumbers.number_type(parsed) in {kinds.MOBILE, kinds.FIXED_LINE_OR_MOBILE}
    return PhoneNumber(e164, country if country.isalpha() else "", mobile)


def number_in(key: str) -> str:
    """Return the number that a key stands for; empty for a mailbox's."""
    number = _NUMBER.search(key)
    return "" if "@" in key or number is None else number[0]


@dataclass(frozen=True, slots=True)
class Contact:
    """Where somebody says that they are reached: a mailbox, or else a telephone (E.164)."""

    email: EmailAddress | None = None
    phone: str = ""

    @property
    def text(self) -> str:
        """Return it as its owner writes it."""
        return self.email.text if self.email else self.phone

    @property
    def key(self) -> str:
        """Return what it is known by; no mailbox's key is a telephone's."""
        return self.email.key if self.email else self.phone

    @property
    def channel(self) -> str:
        """Return by which channel somebody is reached there."""
        return EMAIL if self.email else SMS

    @property
    def country(self) -> str:
        """Return the country of a telephone, by two letters; empty for none, and for a mailbox."""
        return described(self.phone).country if self.phone else ""


def contact(email: str | None, phone: str | None, country: str) -> Contact:
    """Read a mailbox or a telephone number; `country`: that of a number written without one.

    Problem: `invalid_input`, also for both and for neither.
    """
    if email is not None and phone is not None:
        message = "Send email or phone, not both."
        raise InputInvalid(
            errors=[FieldError(name, "not_both", message) for name in ("email", "phone")]
        )
    if phone is not None:
        return Contact(phone=phone_number(phone, country))
    if email is None:
        raise InputInvalid(errors=[FieldError("email", "missing", "Send email or phone.")])
    return Contact(email=email_address(email))


def person_name(text: str, field: str) -> str:
    """Read a name that can be seen: one line, at most 100 characters. Problem: `invalid_input`, the field.

    Letters that stand for plain ones (of mathematics, of full width) become these (Unicode's NFKC).
    """
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    if (
        not any(map(_is_seen, name))
        or len(name) > MAX_NAME
        or _CONTROL.search(text)
        or _NO_NAME.search(name)
    ):
        told = FieldError(field, "invalid_name", "Write a name of 1 to 100 characters on one line.")
        raise InputInvalid(errors=[told])
    return name


def _is_seen(sign: str) -> bool:
    """Tell whether a sign leaves a mark: no space, nothing that only joins or directs others."""
    return unicodedata.category(sign) not in _UNSEEN_KINDS and sign not in _BLANKS


@cache
def countries_with_numbers() -> frozenset[str]:
    """Return the countries of the world that have telephone numbers, by their two letters."""
    import phonenumbers  # noqa: PLC0415 - large, and few processes need it at once

    return frozenset(phonenumbers.SUPPORTED_REGIONS)


def _country_or_none(text: str) -> str:
    country = text.strip().upper()
    if country and not _COUNTRY.fullmatch(country):
        message = "write a country by its two letters: DZ"
        raise ValueError(message)
    return country


@section
class PhoneSettings:
    """Telephone numbers."""

    default_country: str = setting(
        "DEFAULT_COUNTRY",
        "The country (ISO 3166, two letters) of numbers written without one.",
        parse=_country_or_none,
        default="",
    )
