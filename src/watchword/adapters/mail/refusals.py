"""Refusals: whom a relay's 5xx is about. Only what is about the reader or the letter is so everywhere.

    MAIL and before     about us: the sender, the name and password, the account
    RCPT                about the reader: 5.1.x, 5.2.x, 5.4.1, or no code of its own; else about us, also when
                        its words are of relaying or authentication
    DATA and the end    about the reader or the letter: 5.1.x, 5.2.x, 5.3.4 and 5.6.x (size, content), and 552
                        without a code of its own; else about us: 5.7.x, 5.4.5 (the day's share), plain 554
Wherever: 5.1.7 and 5.1.8 are about the sender. In doubt it is about us: another relay may take the letter,
this one certainly did not. Source: RFC 5321, 4.2 and 4.3.2; RFC 3463 and RFC 5248 (enhanced codes).
"""

import re
from typing import Final

from aiosmtplib import SMTPRecipientRefused, SMTPResponseException, SMTPSenderRefused

_PERMANENT: Final = range(500, 600)
_ENHANCED: Final = re.compile(r"\s*(5\.[0-9]{1,3}\.[0-9]{1,3})\b", re.ASCII)
_THE_SENDER: Final = frozenset({"5.1.7", "5.1.8"})
_THE_READER: Final = ("5.1.", "5.2.")
_THE_LETTER: Final = ("5.6.", "5.3.4")
_UNROUTABLE: Final = "5.4.1"  # what Exchange answers to an address that it does not know
_TOO_LARGE: Final = 552
_OUT_OF_TURN: Final = frozenset({500, 502, 503, 504, 521, 530, 534, 535, 538})
_WHO_WE_ARE: Final = re.compile(
    r"relaying|relay access|relay denied|to relay|authenticat", re.IGNORECASE
)


def is_lasting(refusal: SMTPResponseException) -> bool:
    """Tell whether no relay will take this letter, whoever sends it."""
    if refusal.code not in _PERMANENT or isinstance(refusal, SMTPSenderRefused):
        return False
    if isinstance(refusal, SMTPRecipientRefused):
        return _about_the_reader(refusal)
    told = _enhanced(refusal)
    if not told:
        return refusal.code == _TOO_LARGE
    return told not in _THE_SENDER and told.startswith((*_THE_READER, *_THE_LETTER))


def words(refusal: SMTPResponseException) -> str:
    """Say a refusal by its codes alone: relays quote addresses."""
    return " ".join(["refused with", str(refusal.code), *filter(None, [_enhanced(refusal)])])


def _about_the_reader(refusal: SMTPResponseException) -> bool:
    told = _enhanced(refusal)
    if _WHO_WE_ARE.search(refusal.message) or told in _THE_SENDER:
        return False
    if not told:
        return refusal.code not in _OUT_OF_TURN
    return told == _UNROUTABLE or told.startswith((*_THE_READER, *_THE_LETTER))


def _enhanced(refusal: SMTPResponseException) -> str:
    found = _ENHANCED.match(refusal.message)
    return found[1] if found else ""
