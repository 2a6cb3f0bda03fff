"""A swarm of generated requests: the OpenAPI document and the service say the same, whoever asks."""

from pathlib import Path

import pytest

from tests.support.swarm import ADMINISTRATOR, NOBODY, SUBSCRIBER, attack


@pytest.mark.req("A-20", "R-62")
@pytest.mark.parametrize("caller", [NOBODY, SUBSCRIBER, ADMINISTRATOR])
def test_no_generated_request_gets_an_answer_that_the_document_does_not_tell(
    sqlite_url: str, tmp_path: Path, caller: str
) -> None:
    faults = attack(sqlite_url, tmp_path, caller, examples=10)
    assert not faults, "\n".join(faults)
