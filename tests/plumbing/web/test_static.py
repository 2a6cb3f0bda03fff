"""Static files: named by their content, so that browsers may keep them for ever."""

import re
from hashlib import sha256

import pytest

from tests.support.world import World


@pytest.mark.req("G-32")
async def test_a_file_is_kept_for_a_year_under_the_name_of_its_content(small_world: World) -> None:
    async with small_world.client() as client:
        page = await client.get("/login")
        files = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text))
        assert {path.rpartition(".")[2] for path in files} >= {"css", "js"}
        for path in files:
            answer = await client.get(path)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert path.split(".")[-2] == sha256(answer.content).hexdigest()[:12]
            head = await client.head(path)
            assert head.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert (await client.get("/static/watchword.css")).status_code == 404
