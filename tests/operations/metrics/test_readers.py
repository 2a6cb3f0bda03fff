"""Who may read metrics, and where."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.exposed import read, scrape
from tests.support.world import START
from tests.support.worlds import Opener
from watchword.kernel.chance import SystemChance
from watchword.operations.certs.service import make_self_signed
from watchword.operations.metrics.service import Gauges


@pytest.mark.req("D-26")
async def test_with_a_token_metrics_are_told_to_who_sends_it_and_to_nobody_else(
    small_worlds: Opener,
) -> None:
    told = [
        ({}, 401),
        ({"Authorization": "Bearer guessed"}, 401),
        ({"Authorization": "Basic only-prometheus"}, 401),
        ({"Authorization": "Bearer only-prometheus"}, 200),
    ]
    async with small_worlds(METRICS_TOKEN="only-prometheus") as world, world.client() as anyone:
        for headers, status in told:
            answer = await anyone.get("/metrics", headers=headers)
            assert answer.status_code == status
            assert ("app_info" in answer.text) == (status == 200)


@pytest.mark.req("R-42", "G-23")
@pytest.mark.parametrize(
    "told", [{"METRICS_ENABLED": "false"}, {"ENABLE_METRICS": "false"}, {"METRICS_PORT": "9090"}]
)
async def test_metrics_are_not_served_where_they_are_off_or_have_a_port_of_their_own(
    small_worlds: Opener, told: dict[str, str]
) -> None:
    async with small_worlds(**told) as world, world.client() as anyone:
        assert (await anyone.get("/metrics")).status_code == 404


@pytest.mark.req("K-36", "N-73")
async def test_the_job_of_letters_is_down_while_no_carrier_takes_any(small_worlds: Opener) -> None:
    async with small_worlds(METRICS_TOKEN="only-prometheus") as world, world.client() as anyone:
        path, proof = "/metrics/email-provider", {"Authorization": "Bearer only-prometheus"}
        assert (await anyone.get(path)).status_code == 401
        await world.house.part(Gauges).look_at_carriers()
        up = await anyone.get(path, headers=proof)
        world.mailbox.well = False
        world.clock.advance(timedelta(minutes=1))
        down = await anyone.get(path, headers=proof)
    assert (up.status_code, down.status_code) == (200, 503)
    names = set(read(up.text).families)
    assert "email_provider_up" in names
    assert all(name.startswith(("email_", "emails_")) for name in names), names


async def test_files_tell_when_they_end_and_how_old_they_are(
    small_worlds: Opener, tmp_path: Path
) -> None:
    files = make_self_signed(tmp_path / "tls", ["localhost"], 30, START, SystemChance())
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "PEPPER").write_text("k2J8sQ0xVn4Zp7Lr1Tc5Wb9Yd3Mf6HgQe8Us2Ao")
    os.utime(secrets / "PEPPER", (1000, 1000))
    ours = {"SSL_CERT_PATH": str(files.certificate), "SSL_KEY_PATH": str(files.key)}
    async with small_worlds(SECRETS_DIR=str(secrets), PEPPER="", **ours) as world:
        await world.house.part(Gauges).look_at_files()
        told = await scrape(world)
    ends = START + timedelta(days=30)
    assert told.value("certificate_expires_timestamp_seconds") == ends.timestamp()
    assert told.value("secret_written_timestamp_seconds", secret="PEPPER") == 1000


async def test_no_certificate_and_no_folder_are_not_told_of(small_worlds: Opener) -> None:
    async with small_worlds() as world:
        await world.house.part(Gauges).look_at_files()
        told = await scrape(world)
    assert not told.shows("certificate_expires_timestamp_seconds")
    assert not told.shows("secret_written_timestamp_seconds")
