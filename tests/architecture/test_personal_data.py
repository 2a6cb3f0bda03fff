"""Personal data: a table that knows of a subscriber says how that is told and how it is erased."""

from collections import Counter

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text, Uuid

from tools.migration import metadata
from watchword.app import slices
from watchword.plumbing.db.columns import Moment
from watchword.plumbing.db.personal import Along, Dossier, Kept, Personal, Scrubbed, Told, Untold

WHOSE = {"user_id", "subject", "session_id", "subscriber_id", "patient_id"}
PERSONAL = {"address", "address_key", "address_digest", "email", "email_key", "phone", "to"}
SAID = list(slices.personal())
NOBODYS = {"signals"}  # a subject there is a digest of what a signal was about, for a week


def knows_somebody(table: Table) -> bool:
    """Tell whether a table has a column that says whose a row is, or where somebody is reached."""
    return table.name == "users" or any(
        column.name in WHOSE | PERSONAL for column in table.columns if table.name not in NOBODYS
    )


@pytest.mark.req("N-53", "N-55", "N-58")
def test_every_table_that_knows_a_subscriber_says_how_it_is_told_and_erased() -> None:
    knowing = {table.name for table in metadata().sorted_tables if knows_somebody(table)}
    assert {"users", "sessions", "journal", "consents", "event_outbox", "tickets"} <= knowing
    assert knowing - {each.table.name for each in SAID} == set()


def test_a_table_that_says_nothing_is_found_out() -> None:
    table = Table("hats", MetaData(), Column("user_id", Uuid), Column("size", Integer))
    assert knows_somebody(table)


@pytest.mark.parametrize("said", SAID, ids=lambda said: said.table.name)
def test_what_is_not_told_or_not_erased_has_its_reason(said: Personal) -> None:
    if isinstance(said.told, Untold):
        assert len(said.told.because) > 20
    if isinstance(said.erased, Kept):
        assert len(said.erased.because) > 20
    if isinstance(said.erased, Along):
        assert len(said.erased.how) > 20
    if isinstance(said.erased, Scrubbed):
        assert set(said.erased.values) <= {column.name for column in said.table.columns}


@pytest.mark.parametrize(
    "said", [each for each in SAID if isinstance(each.told, Told)], ids=lambda said: said.table.name
)
def test_no_secret_and_no_digest_is_told(said: Personal) -> None:
    assert isinstance(said.told, Told)
    for told in said.told.fields:
        assert not isinstance(told.type, LargeBinary)
        assert told.name not in {"hash", "detail", "seed", "pepper_version"}


def test_each_kind_of_record_has_a_name_of_its_own() -> None:
    names = Counter(told.name for told in Dossier(SAID).told)
    assert {name: number for name, number in names.items() if number > 1} == {}
    assert next(iter(names)) == "profile"


def test_addresses_of_a_subscriber_leave_no_told_column_behind() -> None:
    kinds = {type(field.type) for told in Dossier(SAID).told for field in told.fields}
    assert {Uuid, Text, Moment} <= kinds
