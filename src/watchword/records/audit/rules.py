"""How long the trail stays here and where it goes, and what the journal learns of the chain."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from watchword.kernel.cron import Cron, cron
from watchword.kernel.facts import SECURITY_EVENT, Fact, Line
from watchword.kernel.parsing import whole
from watchword.kernel.parts import section, setting

S3: Final = "s3://"
EVERY: Final = timedelta(minutes=5)
LATE: Final = timedelta(minutes=15)
BEHIND: Final = timedelta(hours=1)  # more than transactions take and clocks differ
BATCH: Final = 1000


def _place(text: str) -> str:
    place = text.strip()
    if place.startswith(S3) and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,62}[\w./-]*", place):
        message = "write s3://bucket/prefix, or the path of a folder"
        raise ValueError(message)
    return place


def _address(text: str) -> str:
    url = text.strip().rstrip("/")
    if url and not re.fullmatch(r"https?://[^\s/@]+(/[\w.-]+)*", url):
        message = "write https://host"
        raise ValueError(message)
    return url


@section
class AuditSettings:
    """The audit trail."""

    online_days: int = setting(
        "AUDIT_RETENTION_DAYS",
        "How many days the audit trail stays in the database, before it may go to cold storage.",
        parse=whole(1, 36_500),
        default="90",
    )
    archive: str = setting(
        "AUDIT_ARCHIVE",
        "Cold storage of the audit trail: a folder, or s3://bucket/prefix. None if empty.",
        parse=_place,
        default="",
    )
    archive_times: Cron = setting(
        "AUDIT_ARCHIVE_CRON",
        "When the worker puts away what is older, where AUDIT_ARCHIVE is set: minute, hour, day, month and"
        " day of the week, in UTC.",
        parse=cron,
        default="30 4 * * *",
    )
    s3_url: str = setting(
        "AUDIT_S3_URL",
        "Where S3, or what speaks like it, is; empty is where AWS has it in AWS_REGION.",
        parse=_address,
        default="",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCut(Fact):
    """Links that this process had written are not in the chain any more, or are others."""

    type: ClassVar[str] = "audit.chain_cut"
    position: int

    @property
    def lines(self) -> tuple[Line, ...]:
        """Return what it says in the log beside its audit line."""
        return (SECURITY_EVENT,)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditArchived(Fact):
    """A stretch of the chain went to cold storage, and is here no more."""

    type: ClassVar[str] = "audit.archived"
    name: str
    first: int
    last: int
    by: str
