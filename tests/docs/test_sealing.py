"""What SESSION_SECRET seals is said where somebody reads who rotates it: all of it, and both queues."""

from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.markdown import ROOT
from tests.support.world import open_world
from watchword.app.settings.reference import page
from watchword.flows.social_login.service import AttemptSealer
from watchword.plumbing.sealing import Sealer
from watchword.records.deliveries.service import LetterSealer
from watchword.records.exports.service import ExportSealer
from watchword.records.texts.service import TextSealer
from watchword.records.ussd_sessions.service import UssdSealer

TOLD: dict[type[Sealer], str] = {
    LetterSealer: "letters",
    TextSealer: "texts",
    ExportSealer: "copies of data",
    AttemptSealer: "sign-ins under way",
    UssdSealer: "USSD sessions",
}


def line(text: str, begins: str) -> str:
    """Return the one line of a text that begins so."""
    [found] = [each for each in text.splitlines() if each.startswith(begins)]
    return found


async def test_nothing_else_is_sealed_by_it(sqlite_url: str, tmp_path: Path) -> None:
    """Two services that differ in SESSION_SECRET alone differ in these keys."""
    async with AsyncExitStack() as both:
        keys = []
        for sign in "ab":
            more = {"SESSION_SECRET": f"b2{sign}81c0a9e7d6f5148c3b2a1908f7e6d5c4b3a2"}
            world = await both.enter_async_context(open_world(sqlite_url, tmp_path, **more))
            keys.append({kind: world.part(kind).key_id for kind in Sealer.__subclasses__()})
    one, other = keys
    assert {kind for kind in one if one[kind] != other[kind]} == set(TOLD)


def test_the_setting_names_all_of_it() -> None:
    sentence = line(page(), "| `SESSION_SECRET`")
    assert [told for told in TOLD.values() if told.lower() not in sentence.lower()] == []


@pytest.mark.parametrize("name", ["configure.md", "secrets.md"])
def test_the_pages_for_operators_name_all_of_it(name: str) -> None:
    text = (ROOT / "docs/operate" / name).read_text("utf-8")
    _, _, after = text.partition("`SESSION_SECRET`")
    passage = " ".join(after.split("\n5. ")[0].split("\n| `CSRF")[0].split())
    assert [told for told in TOLD.values() if told not in passage] == []


def test_both_queues_are_waited_for() -> None:
    text = (ROOT / "docs/operate/secrets.md").read_text("utf-8")
    passage = text.partition("**`SESSION_SECRET`**")[2].partition("\n5. ")[0]
    assert "`watchword email queue list`" in passage
    assert "`watchword sms queue list`" in passage
