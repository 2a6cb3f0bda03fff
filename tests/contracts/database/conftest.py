"""A database with the table of things, for what both databases promise."""

from collections.abc import AsyncIterator

import pytest

from tests.contracts.conftest import open_database
from watchword.plumbing.db.ports import Database


@pytest.fixture
async def database(things_url: str) -> AsyncIterator[Database]:
    """Yield a database with the table of things."""
    opened = open_database(things_url)
    await opened.start()
    yield opened
    await opened.close()
