"""Refusals: whom an answer of a relay that begins with 4 or 5 is about.

    us          what the relay says of our line, name, sender, share or of itself: up to MAIL whatever it is;
                later 421, a word out of turn, x.1.7, x.1.8, x.3.x, x.4.5; 5xx in words of relaying, of
                logging in, and but for a code of the reader of our sender, our host, block lists,
                our share; a bare 4xx to the whole letter
    for good    the reader: 5.1.x and 5.2.x, at RCPT also 5.4.1, or a bare 5xx there in words of a mailbox;
                the letter: 5.3.4, 5.6.x, and a bare 552 to it
    for now     the reader or the letter: everything else, so also whatever is in doubt

Who says "for now" is well: many relays hand on what somebody's own mail server answers (greylisting,
full, unheard of), and whoever likes can choose a domain with such a server. So it must say nothing against
the relay. For the same reason an address in an answer, and what stands behind "said:" or "callout", are not
the relay's words.
Source: RFC 5321, 4.2 and 4.3.2; RFC 3463 and RFC 5248 (enhanced codes).
"""

import re
from enum import Enum
from typing import Final

from aiosmtplib import SMTPDataError, SMTPRecipientRefused, SMTPResponseException

_FOR_NOW, _PERMANENT = 4, 5
_MOST: Final = 1024  # characters: a long answer of no spaces would cost its length squared
_ENHANCED: Final = re.compile(r"(?:^|[\s(\[])#?([45]\.[0-9]{1,3}\.[0-9]{1,3})\b", re.ASCII)
_US: Final = re.compile(r"[45]\.(1\.7|1\.8|3\.[0-9]+|4\.5)", re.ASCII)
_READER: Final = re.compile(r"5\.[12]\.[0-9]+", re.ASCII)
_LETTER: Final = re.compile(r"5\.(3\.4|6\.[0-9]+)", re.ASCII)
_UNROUTABLE: Final = "5.4.1"  # what Exchange answers to an address that it does not know
_TOO_LARGE: Final = 552
_OUT_OF_TURN: Final = frozenset({421, 500, 502, 503, 504, 521, 530, 534, 535, 538})
_QUOTED: Final = re.compile(
    r"\S*@\S*|\b(said|was|replied|answered):.*|\b(response to|callout)\b.*",
    re.DOTALL | re.IGNORECASE,
)
_RELAYING: Final = re.compile(
    r"relaying|relay (access|(is )?(denied|not permitted|prohibited))|(to|not|cannot|can't) relay"
    r"|authenticat|\bauth\b|rcpthosts",
    re.IGNORECASE,
)
_OURS: Final = re.compile(
    r"\b(sender|your|helo|ehlo|rbl|dnsbl|spamhaus|client host|reverse (dns|hostname)|check for new mail)\b"
    r"|(block|black) ?list|sending (limit|quota)|(hourly|daily) (limit|quota)|address is not verified",
    re.IGNORECASE,
)
_MAILBOX: Final = re.compile(
    r"\b(user|mailbox|recipient|alias|address|account)\b.{0,40}\b(unknown|not found|disabled|inactive"
    r"|full|over quota|does ?n.t exist|(does )?not exist|invalid)\b"
    r"|\b(unknown|invalid|no such) (local )?(user|mailbox|recipient|alias|address|account|person)\b"
    r"|\bis unknown\b|\bno (mailbox|user) here\b|\bunrouteable address\b",
    re.IGNORECASE,
)


class About(Enum):
    """Whom a refusal is about."""

    US = "us"
    FOR_GOOD = "for good"
    FOR_NOW = "for now"


def about(refusal: SMTPResponseException) -> About:
    """Tell whether another letter may fare better here, and whether this one may anywhere."""
    heard = isinstance(refusal, SMTPRecipientRefused | SMTPDataError)
    kind = refusal.code // 100
    if not heard or kind not in (_FOR_NOW, _PERMANENT) or refusal.code in _OUT_OF_TURN:
        return About.US
    told, at_rcpt = _enhanced(refusal), isinstance(refusal, SMTPRecipientRefused)
    if kind == _PERMANENT:
        return _permanent(refusal, told, at_rcpt=at_rcpt)
    bare_to_letter = not told and not at_rcpt and "greylist" not in refusal.message[:_MOST].lower()
    return About.US if bare_to_letter or _US.fullmatch(told) else About.FOR_NOW


def _permanent(refusal: SMTPResponseException, told: str, *, at_rcpt: bool) -> About:
    said = _said(refusal)
    if _LETTER.fullmatch(told):
        return About.FOR_GOOD
    if _US.fullmatch(told) or _RELAYING.search(said):
        return About.US
    if _READER.fullmatch(told) or (at_rcpt and told == _UNROUTABLE):
        return About.FOR_GOOD
    if _OURS.search(said):
        return About.US
    lasting = _MAILBOX.search(said) if at_rcpt else refusal.code == _TOO_LARGE
    return About.FOR_GOOD if lasting and not told else About.FOR_NOW


def words(refusal: SMTPResponseException) -> str:
    """Say a refusal by its codes alone: relays quote addresses."""
    return " ".join(["refused with", str(refusal.code), *filter(None, [_enhanced(refusal)])])


def _enhanced(refusal: SMTPResponseException) -> str:
    """Return the enhanced code, also in brackets as qmail writes it (#5.1.1), if it fits the answer."""
    found = _ENHANCED.search(_said(refusal))
    return found[1] if found and found[1][0] == str(refusal.code)[0] else ""


def _said(refusal: SMTPResponseException) -> str:
    """Return the relay's own words: without addresses, the reader's domain, and what others said."""
    said = _QUOTED.sub(" ", refusal.message[:_MOST])
    domain = getattr(refusal, "recipient", "").rpartition("@")[2]
    return re.sub(re.escape(domain), " ", said, flags=re.IGNORECASE) if domain else said
