"""Who the demo accounts are, and what is told of statements and indexes."""

from dataclasses import dataclass
from typing import Final

from watchword.kernel.problems import Kind, Problem
from watchword.records.subscribers.rules import ADMIN, USER


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """Somebody to try things with."""

    email: str
    given_name: str
    family_name: str
    role: str
    language: str


DEMOS: Final = (
    Demo(email="ada@example.org", given_name="Ada", family_name="Admin", role=ADMIN, language="en"),
    Demo(
        email="zoe@example.org",
        given_name="Zoé",
        family_name="Marchand",
        role="vendor",
        language="fr",
    ),
    Demo(
        email="amal@example.org",
        given_name="أمل",
        family_name="بن علي",
        role=USER,
        language="ar",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sown:
    """A demo account; the password is told only for one that was made now."""

    email: str
    role: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowStatement:
    """A statement, by what it cost."""

    mean_ms: float
    calls: int
    total_ms: float
    rows: int
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedIndex:
    """An index, by how often it was used."""

    index: str
    table: str
    scans: int
    bytes: int


class NotWatched(Problem):
    """PostgreSQL does not count statements here: preload pg_stat_statements and create the extension."""

    code = "statements_not_watched"
    kind = Kind.CONFLICT


class NotPostgres(Problem):
    """Only PostgreSQL counts statements and uses of indexes; this database is SQLite."""

    code = "not_postgres"
    kind = Kind.CONFLICT
