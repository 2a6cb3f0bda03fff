"""The log tells what happened: a fact is a line once it is committed, and what was refused is none."""

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.support.canaries import metrics_of
from tests.support.tampering import close_journal, open_journal
from tests.support.terminal import Terminal
from tests.support.world import NEW_PASSWORD, PASSWORD, World, open_world
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.logs.logger import AccessLog
from watchword.records.subscribers.rules import EmailVerified, UserUpdated

ALICE = UUID("019a0000-0000-7000-8000-00000000000a")
EMAIL = {"email": "alice@example.org"}


def said(world: World) -> list[str]:
    """Return the facts that the log tells, in order."""
    world.part(AccessLog).flush()
    told = [json.loads(line) for line in world.log.getvalue().splitlines()]
    return [line["action"] for line in told if line["message"] == "AUDIT"]


def counted(world: World) -> list[str]:
    """Return what was counted of people's acts."""
    ours = ("auth_failures_total{", "login_attempts_total{", "otp_generated_total{", "gdpr_")
    told = metrics_of(world.house).splitlines()
    return [line for line in told if line.startswith(ours) and not line.endswith(" 0.0")]


async def test_facts_are_lines_after_the_commit_in_their_order(world: World) -> None:
    journal, now = world.part(Journal), world.clock.now()
    async with world.database.transaction() as tx:
        await journal.record(tx, UserUpdated(user_id=ALICE, fields="name"), now)
        await journal.record(tx, EmailVerified(user_id=ALICE), now)
        assert said(world) == []
    assert said(world) == [UserUpdated.type, EmailVerified.type]


async def test_what_was_rolled_back_is_no_line(world: World) -> None:
    class Regret(Exception): ...

    async def regret() -> None:
        async with world.database.transaction() as tx:
            await world.part(Journal).record(tx, EmailVerified(user_id=ALICE), world.clock.now())
            raise Regret

    with pytest.raises(Regret):
        await regret()
    assert said(world) == []


@pytest.mark.req("D-63", "N-95")
async def test_a_journal_that_takes_nothing_refuses_every_act_and_the_log_tells_of_none(
    world: World,
) -> None:
    alice = await world.subscriber()
    root = await world.subscriber("root@example.com", role="admin")
    async with world.client() as client, world.client() as admin:
        await world.sign_in(client)
        await world.sign_in(admin, root.email)
        before = said(world), counted(world)
        await close_journal(world)
        acts: list[tuple[Any, str, str, Any]] = [
            (client, "POST", "/auth/login", {**EMAIL, "password": PASSWORD}),
            (client, "POST", "/auth/login", {**EMAIL, "password": "not this one"}),
            (client, "PATCH", "/me", {"firstName": "Eve"}),
            (
                client,
                "POST",
                "/auth/change-password",
                {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD},
            ),
            (client, "POST", "/me/consents", {"purpose": "marketing"}),
            (client, "GET", "/me/export", None),
            (client, "DELETE", "/me", None),
            (client, "POST", "/auth/forgot-password", EMAIL),
            (client, "POST", "/auth/logout", None),
            (admin, "POST", f"/admin/users/{alice.id}/disable", None),
            (admin, "PUT", "/admin/log-level", {"level": "debug"}),
        ]
        for who, method, path, body in acts:
            answer = await who.request(method, world.path(path), json=body)
            assert (answer.status_code, answer.json()["code"]) == (503, "database_refuses"), path
        assert (said(world), counted(world)) == before
        await open_journal(world)
        assert (await client.get(world.path("/me"))).json()["first_name"] == "Alice"


COMMANDS = (
    ("users", "role", EMAIL["email"], "admin"),
    ("gdpr", "hold", EMAIL["email"], "--reason", "case 7"),
    ("gdpr", "erase", EMAIL["email"], "--yes"),
    ("gdpr", "export", EMAIL["email"], "--output", "ada.zip"),
    ("retention", "run"),
)


def test_a_command_that_cannot_write_it_down_says_so_in_a_line(
    database_url: str, tmp_path: Path
) -> None:
    async def closed() -> None:
        async with open_world(database_url, tmp_path) as world:
            await world.subscriber()
            await close_journal(world)

    asyncio.run(closed())
    terminal = Terminal(database_url, tmp_path)
    for words in COMMANDS:
        told = terminal.run(
            *(str(tmp_path / word) if word == "ada.zip" else word for word in words)
        )
        assert (told.code, told.out) == (69, ""), words
        [line] = told.err.splitlines()
        assert line.startswith("The database does not let us write this"), words
        assert "no audit" in line
    assert not (tmp_path / "ada.zip").exists()
