"""The commands, as an operator types them; those of the page on backups, as printed."""

import asyncio
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import moto
from tests.support.backups import Keys, settings
from tests.support.markdown import ROOT, blocks
from tests.support.terminal import Terminal
from tests.support.world import SECRETS, START, StoppedClock, environment, open_world
from watchword.kernel.clock import SystemClock

ADA = "ada@example.org"


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def terminal(sqlite_url: str, tmp_path: Path, keys: Keys) -> Terminal:
    """A terminal on a database in which Ada has an account."""

    async def begin() -> None:
        async with open_world(sqlite_url, tmp_path) as world:
            await world.subscriber(ADA)

    asyncio.run(begin())
    return Terminal(sqlite_url, tmp_path, more=settings(tmp_path, keys))


@pytest.mark.req("G-61", "G-72")
def test_every_line_of_the_page_does_what_it_says(terminal: Terminal, keys: Keys) -> None:
    page = [block for block in blocks(ROOT / "docs/operate/backup.md") if block.language == "sh"]
    lines = [line for block in page for line in block.text.strip().splitlines()]
    places = {
        "backup.key": str(keys.file(terminal.folder)),
        "restored": str(terminal.folder / "restored"),
        "tombstones.jsonl": str(terminal.folder / "tombstones.jsonl"),
    }
    (terminal.folder / "tombstones.jsonl").write_text("")
    (terminal.folder / ".env").write_text("A=1\n")
    terminal.more["BACKUP_CONFIG_PATHS"] = str(terminal.folder / ".env")
    terminal.clock = SystemClock()  # what is kept aside is named by the second
    for line in lines:
        words = [places.get(word, word) for word in shlex.split(line)]
        said = terminal.run(*words[1:])
        assert (words[0], said.code) == ("watchword", 0), (line, said.err)
    assert len(lines) == 10
    assert len(list(terminal.folder.glob("watchword.db.before-*"))) == 2
    [configuration] = (terminal.folder / "restored").rglob(".env")
    assert configuration.read_text() == "A=1\n"


@pytest.mark.req("N-104")
def test_restore_without_a_date_says_how_and_which_there_are(terminal: Terminal) -> None:
    said = terminal.run("backup", "restore")
    assert said.code == 1
    assert "Usage: watchword backup restore DATE" in said.err
    made = terminal.run("backup", "create", "--json").json
    assert made["name"] in terminal.run("backup", "restore").err


@pytest.mark.req("G-61", "G-72")
def test_the_key_may_come_by_standard_input(terminal: Terminal, keys: Keys) -> None:
    assert terminal.run("backup", "create").code == 0
    restore = ("backup", "restore", "latest", "--identity", "-", "--force", "--yes")
    said = terminal.run(*restore, typed=keys.file(terminal.folder).read_text())
    assert said.code == 0, said.err
    assert terminal.run(*restore, typed="AGE-SECRET-KEY-OF-NOBODY").code != 0


def test_without_a_recipient_nothing_is_made(terminal: Terminal) -> None:
    terminal.more["BACKUP_RECIPIENT"] = ""
    said = terminal.run("backup", "create")
    assert (said.code, "BACKUP_RECIPIENT" in said.err) == (1, True)
    assert not (terminal.folder / "backups").exists()


@pytest.mark.req("N-105")
def test_verify_ends_with_one_where_something_was_changed(terminal: Terminal, keys: Keys) -> None:
    made = terminal.run("backup", "create", "--json").json
    verify = ("backup", "verify", made["name"], "--json", "-i", str(keys.file(terminal.folder)))
    good = terminal.run(*verify)
    assert (good.code, good.json["whole"], good.json["faults"]) == (0, True, [])
    harmed = terminal.folder / "backups" / made["name"] / made["parts"][0]
    harmed.chmod(0o600)
    harmed.write_bytes(harmed.read_bytes()[:-1])
    bad = terminal.run(*verify)
    assert (bad.code, bad.json["whole"]) == (1, False)
    assert made["parts"][0] in bad.json["faults"][0]
    (terminal.folder / "backups" / made["name"] / "manifest.json").chmod(0o600)
    (terminal.folder / "backups" / made["name"] / "manifest.json").write_text("{}")
    listed = terminal.run("backup", "list", "--json")
    assert listed.code == 1
    assert terminal.run(*verify).code == 1


def test_a_wrong_key_and_no_key_are_told_apart(terminal: Terminal) -> None:
    terminal.run("backup", "create")
    assert terminal.run("backup", "verify").code == 2
    other = Keys().file(terminal.folder)
    said = terminal.run("backup", "verify", "-i", str(other))
    assert (said.code, "opens nothing here" in said.err) == (1, True)
    other.write_text("no key at all")
    assert "AGE-SECRET-KEY-" in terminal.run("backup", "verify", "-i", str(other)).err
    assert terminal.run("backup", "verify", "-i", str(terminal.folder / "none")).code == 2


def test_over_accounts_nothing_is_restored_without_force(terminal: Terminal, keys: Keys) -> None:
    terminal.run("backup", "create")
    restore = ("backup", "restore", "latest", "-i", str(keys.file(terminal.folder)))
    said = terminal.run(*restore)
    assert (said.code, "--force" in said.err) == (1, True)
    assert terminal.run(*restore, "--force").code == 2
    assert terminal.run(*restore, "--force", "--yes").code == 0


@pytest.mark.req("G-59")
def test_prune_says_what_it_would_do_and_does_it(terminal: Terminal) -> None:
    terminal.run("backup", "create")
    clock = StoppedClock(START)
    terminal.clock = clock
    names = []
    for days in (1, 20):
        clock._now = START.replace(month=4, day=days)
        names.append(terminal.run("backup", "create", "--json").json["name"])
    listed = [each["name"] for each in terminal.run("backup", "list", "--json").json]
    assert listed == names[1:]
    assert terminal.run("backup", "prune", "--dry-run", "--json").json == {"would_prune": []}


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Run S3 as moto has it, with a bucket; yield its address."""
    with moto.aws() as url:
        moto.client("s3", url).create_bucket(Bucket="kept")
        yield url


@pytest.mark.req("N-103", "N-105", "R-66", "K-49")
def test_to_a_bucket_and_back_leaving_nothing_here(terminal: Terminal, keys: Keys, s3: str) -> None:
    terminal.more |= {
        "AWS_S3_BUCKET": "kept",
        "BACKUP_S3_URL": s3,
        **moto.KEY,
    }
    made = terminal.run("backup", "create", "--json")
    assert made.code == 0, made.err
    name = made.json["name"]
    assert list((terminal.folder / "backups").iterdir()) == []
    client = moto.client("s3", s3)
    found = {each["Key"] for each in client.list_objects_v2(Bucket="kept")["Contents"]}
    parts = {f"backups/{name}/{part}" for part in made.json["parts"]}
    assert found == {f"backups/{name}/manifest.json", "backups/latest", *parts}
    key = str(keys.file(terminal.folder))
    verified = terminal.run("backup", "verify", "latest", "-i", key, "--json")
    assert (verified.code, verified.json["faults"]) == (0, [])
    restored = terminal.run("backup", "restore", name, "-i", key, "--force", "--yes", "--json")
    assert restored.code == 0, restored.err
    [part] = [each for each in found if "auth_db" in each]
    client.put_object(Bucket="kept", Key=part, Body=b"something else")
    assert terminal.run("backup", "verify", "latest", "-i", key).code == 1


def test_what_commands_print_holds_no_secret(terminal: Terminal, keys: Keys) -> None:
    said = [
        terminal.run("backup", *words)
        for words in (
            ("create",),
            ("list",),
            ("verify", "-i", str(keys.file(terminal.folder))),
            ("restore", "latest", "--force", "--yes", "-i", str(keys.file(terminal.folder))),
        )
    ]
    told = "".join(each.out + each.err for each in said)
    secrets = [environment("")[name] for name in SECRETS]
    assert [each for each in [*secrets, str(keys.pair)] if each in told] == []
    assert re.search(r"auth_db_\d{8}_\d{6}\.sqlite\.age", told)
    assert json.dumps(ADA) not in told
