"""Signing keys from the console."""

import stat
from pathlib import Path

import pytest

from tests.support.terminal import Terminal
from tests.support.world import World


@pytest.fixture
def terminal(sqlite_url: str, tmp_path: Path) -> Terminal:
    """A terminal on a database of its own."""
    return Terminal(sqlite_url, tmp_path)


@pytest.mark.req("R-60")
async def test_after_a_rotation_old_tokens_verify_and_new_ones_carry_the_new_kid(
    world: World, tmp_path: Path
) -> None:
    await world.subscriber()
    async with world.client() as before, world.client() as after:
        await world.sign_in(before)
        old = {key["kid"] for key in (await before.get("/.well-known/jwks.json")).json()["keys"]}
        new = await _rotate(world)
        await world.sign_in(after)
        published = (await after.get("/.well-known/jwks.json")).json()["keys"]
        assert {key["kid"] for key in published} == old | {new}
        for client in (before, after):
            assert (await client.get(world.path("/auth/me"))).status_code == 200


async def _rotate(world: World) -> str:
    """Rotate, and let this process hear of it as its job does."""
    from watchword.operations.keys.service import Keys
    from watchword.records.signing_keys.service import SigningKeys

    kid = await world.part(Keys).rotate()
    await world.part(SigningKeys).load()
    return kid


@pytest.mark.req("R-60")
def test_the_list_shows_which_key_signs(terminal: Terminal) -> None:
    first = terminal.run("keys", "list", "--json").json
    assert [key["state"] for key in first] == ["active"]
    kid = terminal.run("keys", "rotate", "--yes").out.strip()
    states = {key["kid"]: key["state"] for key in terminal.run("keys", "list", "--json").json}
    assert states == {first[0]["kid"]: "retired", kid: "active"}


def test_a_key_that_comes_from_the_settings_is_not_rotated_here(terminal: Terminal) -> None:
    terminal.more = {"JWT_ALGORITHM": "HS256"}
    for word in ("--yes", "--dry-run"):
        refused = terminal.run("keys", "rotate", word)
        assert (refused.code, refused.out) == (1, "")


def test_no_key_is_retired_unasked(terminal: Terminal) -> None:
    [active] = terminal.run("keys", "list", "--json").json
    asked = terminal.run("keys", "rotate")
    assert (asked.code, asked.out, "--yes" in asked.err) == (2, "", True)
    dry = terminal.run("keys", "rotate", "--dry-run", "--json")
    assert dry.json == {"would_retire": active["kid"]}
    assert terminal.run("keys", "list", "--json").json == [active]


@pytest.mark.req("G-15")
def test_key_files_are_for_their_owner_alone_and_never_written_over(
    terminal: Terminal, tmp_path: Path
) -> None:
    folder = tmp_path / "keys"
    made = terminal.run("keys", "generate", str(folder), "--bits", "2048", "--json").json
    private = Path(made["JWT_PRIVATE_KEY_PATH"])
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    before = private.read_bytes()
    assert terminal.run("keys", "generate", str(folder), "--bits", "2048").code == 1
    assert private.read_bytes() == before
    terminal.more = made
    assert terminal.run("keys", "list", "--json").json[0]["algorithm"] == "RS256"
