"""Workers are killed, servers fail: no letter is lost, and none comes twice without a word of it."""

from pathlib import Path

import pytest

from tests.support.killing import trial


@pytest.mark.req("N-101")
async def test_of_letters_through_faults_and_kills_none_is_lost_and_every_copy_is_accounted_for(
    database_url: str, tmp_path: Path
) -> None:
    tale = await trial(database_url, tmp_path, letters=500, kills=4)

    assert not tale.lost, str(tale)
    assert not tale.unexplained, str(tale)
    assert len(tale.dead) == 5
    assert not tale.dead & tale.kept.keys()
    assert tale.copies > 0, "the faults did not happen"
    assert sum(tale.doubted.values()) < 100, str(tale)
