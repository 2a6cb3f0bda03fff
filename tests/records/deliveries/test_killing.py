"""Workers are killed, servers fail: no letter is lost, and none comes twice without a word of it."""

import asyncio
from pathlib import Path

import pytest

from tests.support.killing import trial

AT_ONCE = 18  # letters that a worker has in hand when it is killed


@pytest.mark.req("N-101")
async def test_of_letters_through_faults_and_kills_none_is_lost_and_every_copy_is_accounted_for(
    sqlite_url: str, postgres_url: str, tmp_path: Path
) -> None:
    folders = [tmp_path / name for name in ("sqlite", "postgres")]
    for folder in folders:
        folder.mkdir()
    tales = await asyncio.gather(  # side by side: most of it is waiting for the next try
        *(
            trial(url, folder, letters=500, kills=4)
            for url, folder in zip((sqlite_url, postgres_url), folders, strict=True)
        )
    )

    for tale in tales:
        assert not tale.lost, str(tale)
        assert not tale.unexplained, str(tale)
        assert len(tale.dead) == 5
        assert not tale.dead & tale.kept.keys()
        assert tale.copies > 0, "the faults did not happen"
        assert sum(tale.doubted.values()) < tale.kills * AT_ONCE + len(tale.letters) / 5, str(tale)
