"""A provider fails, and letters still arrive: once, by the next one."""

import asyncio
import ssl
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from tests.support import exposed
from tests.support.carriers import CLOCK, LONG, provider, sendgrid
from tests.support.letter import LETTER
from tests.support.relay import certificate, relay
from tests.support.services import SmtpSink
from tests.support.stub import HANG_UP, answer, stub
from tests.support.world import BASE, environment
from watchword.adapters.mail.smtp import Relay, SmtpMailer
from watchword.app import asgi
from watchword.app.building import open_house
from watchword.app.settings import read
from watchword.kernel.chance import SystemChance
from watchword.kernel.secret import Secret
from watchword.plumbing.carriers.mailing import Mailing
from watchword.plumbing.db.ports import Database
from watchword.plumbing.metrics.counting import Metrics
from watchword.records.deliveries.rules import Letter
from watchword.records.deliveries.service import Deliveries

ALREADY = Letter(
    template="registration/already_registered",
    to="alice@example.org",
    language="fr",
    facts={"name": "Alice", "link": "https://x.test", "minutes": 60},
)


@pytest.fixture(scope="session")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Return a server's TLS and a client's that trusts it."""
    folder: Path = tmp_path_factory.mktemp("certificate")
    return certificate(folder)


@pytest.mark.req("N-09")
async def test_while_apis_fail_letters_leave_by_smtp_over_starttls(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    serving, trusting = contexts
    async with provider(answer(500)) as (api, _), relay(tls=serving, login=True) as server:
        given = {"user": "nova@gmail.com", "password": Secret("app password"), "tls": trusting}
        smtp = SmtpMailer(Relay(host="127.0.0.1", port=server.port, timeout=LONG, **given), CLOCK)  # type: ignore[arg-type]
        metrics = Metrics("0", "nova", "")
        carriers = Mailing([sendgrid(api), smtp], CLOCK, SystemChance(), metrics)
        handover = await carriers.send(LETTER)
        await carriers.close()

        assert handover.sent is not None
        assert handover.sent.carrier == "smtp"
        assert server.secured == [True]
        assert server.letters[0]["Message-ID"] == LETTER.id


@pytest.mark.req("N-28")
async def test_a_letter_goes_by_the_next_provider_and_each_is_counted(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink
) -> None:
    async with stub(answer(500)) as first:
        house = _settings(sqlite_url, first.url, smtp_sink)
        async with open_house(read(house, cwd=tmp_path)) as opened:
            await _carry(opened.part(Deliveries), opened.part(Database))
            told = exposed.read(opened.part(Metrics).exposition().decode())
    [letter] = await asyncio.to_thread(smtp_sink.wait_for, 1)

    assert letter.recipients == ("alice@example.org",)
    assert len(first.asked) == 1
    named = {"template": "already_registered"}
    counted = "emails_sent_total"
    assert told.value(counted, provider="sendgrid", result="failed", **named) == 1
    assert told.value(counted, provider="smtp", result="sent", **named) == 1
    for name in ("sendgrid", "smtp"):
        assert told.value("email_delivery_duration_seconds_count", provider=name) == 1


async def test_of_what_nobody_can_tell_the_next_provider_gets_no_copy(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink
) -> None:
    async with stub(answer(202), HANG_UP) as first:
        house = _settings(sqlite_url, first.url, smtp_sink)
        async with open_house(read(house, cwd=tmp_path)) as opened:
            deliveries = opened.part(Deliveries)
            await _carry(deliveries, opened.part(Database))
            async with asyncio.timeout(timedelta(minutes=1).total_seconds()):
                while len(first.asked) < 2:
                    await asyncio.sleep(0.1)
                    await deliveries.carry()
    ids = [asked.json["headers"]["Message-ID"] for asked in first.asked]

    assert ids[0] == ids[1]
    assert smtp_sink.letters == ()


@pytest.mark.req("N-67")
async def test_one_provider_of_two_that_is_away_is_named_and_letters_still_leave(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink
) -> None:
    async with stub(answer(401)) as first:
        house = _settings(sqlite_url, first.url, smtp_sink)
        async with open_house(read(house, cwd=tmp_path)) as opened:
            transport = httpx2.ASGITransport(app=asgi.build(opened))
            async with httpx2.AsyncClient(transport=transport, base_url=BASE) as client:
                told = [await client.get("/api/health/email") for _ in range(20)]

    assert {answered.status_code for answered in told} == {200}
    assert told[0].json()["checks"]["email_providers"] == {
        "sendgrid": {"available": False},
        "smtp": {"available": True},
    }
    assert len(first.asked) == 1, "whoever asks us does not ask them each time"


def _settings(database: str, sendgrid_url: str, sink: SmtpSink) -> dict[str, str]:
    return environment(
        database,
        SENDGRID_API_KEY="SG.kept-elsewhere",
        SENDGRID_API_URL=sendgrid_url,
        SMTP_HOST=sink.host,
        SMTP_PORT=str(sink.port),
    )


async def _carry(deliveries: Deliveries, database: Database) -> None:
    async with database.transaction() as tx:
        await deliveries.queue(tx, ALREADY, deliveries.clock.now())
    await deliveries.carry()
