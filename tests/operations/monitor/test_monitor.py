"""The monitor: what it runs when a service is down, whom it tells, and how often."""

import asyncio
import shlex
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support.ports import free_port
from tests.support.program import watchword
from tests.support.services.smtp import SmtpSink
from tests.support.stub import answer, stub
from tests.support.world import environment
from watchword.operations.monitor.rules import Outage, runs_command
from watchword.operations.monitor.service import Watched, look, post, remember, remembered

AT_ONCE = timedelta(0)


class Told:
    """Keeps what people were told."""

    def __init__(self, *taken: bool) -> None:
        self.words: list[str] = []
        self._taken = list(taken)

    async def __call__(self, words: str) -> bool:
        """Keep it, and take it unless it was said otherwise."""
        self.words.append(words)
        return self._taken.pop(0) if self._taken else True


def counting(path: Path) -> str:
    """Return a command that notes each of its runs."""
    return f"echo ran >> {shlex.quote(str(path))}"


@pytest.mark.req("R-68")
async def test_a_service_that_is_well_is_left_alone(tmp_path: Path) -> None:
    told = Told()
    async with stub(answer(200, {})) as service:
        watched = Watched(
            service="auth", base=service.url, on_fail=counting(tmp_path / "ran"), recheck=AT_ONCE
        )
        assert await look(watched, Outage(), told) == Outage()
    assert [each.path for each in service.asked] == ["/health"]
    assert (told.words, (tmp_path / "ran").exists()) == ([], False)


@pytest.mark.req("R-68")
async def test_one_that_a_restart_mends_is_no_news(tmp_path: Path) -> None:
    told = Told()
    async with stub(answer(200, {}), answer(503, {})) as service:
        watched = Watched(
            service="auth", base=service.url, on_fail=counting(tmp_path / "ran"), recheck=AT_ONCE
        )
        assert await look(watched, Outage(), told) == Outage()
    assert (tmp_path / "ran").read_text() == "ran\n"
    assert (len(service.asked), told.words) == (2, [])


@pytest.mark.req("R-68", "R-69", "D-51")
async def test_an_outage_is_told_once_and_its_end_once(tmp_path: Path) -> None:
    told, outage = Told(), Outage()
    async with stub(answer(503, {})) as service:
        watched = Watched(
            service="auth", base=service.url, on_fail=counting(tmp_path / "ran"), recheck=AT_ONCE
        )
        for _ in range(5):
            outage = await look(watched, outage, told)
        service.usual = answer(200, {})
        outage = await look(watched, outage, told)
    assert told.words == [
        f"auth is down: {service.url} (it answers 503)",
        f"auth is well again: {service.url}",
    ]
    assert outage == Outage()
    assert (tmp_path / "ran").read_text().count("ran") == 3, "in the rounds 1, 2 and 4"


def test_a_command_is_run_more_and_more_seldom() -> None:
    assert [n for n in range(20) if runs_command(Outage(rounds=n))] == [1, 2, 4, 8, 16]


async def test_an_alert_that_nobody_takes_stops_nothing_and_is_known_as_untold() -> None:
    assert not await post(f"http://127.0.0.1:{free_port()}", "auth is down")
    async with stub(answer(200, {}), answer(404, {})) as hook:
        assert [await post(hook.url, "auth is down") for _ in range(2)] == [False, True]


@pytest.mark.req("R-69")
async def test_what_nobody_took_is_told_again_in_the_next_round() -> None:
    told, outage = Told(False, False, True, False, True), Outage()
    async with stub(answer(503, {})) as service:
        watched = Watched(service="auth", base=service.url, recheck=AT_ONCE)
        for _ in range(4):
            outage = await look(watched, outage, told)
        service.usual = answer(200, {})
        for _ in range(3):
            outage = await look(watched, outage, told)
    down, well = (
        f"auth is down: {service.url} (it answers 503)",
        f"auth is well again: {service.url}",
    )
    assert told.words == [down, down, down, well, well]
    assert outage == Outage()


@pytest.mark.req("R-68")
async def test_a_command_that_hangs_is_ended_with_what_it_started_and_people_are_told() -> None:
    told = Told()
    async with stub(answer(503, {})) as service:
        watched = Watched(
            service="auth",
            base=service.url,
            on_fail="sleep 600 & sleep 600",
            recheck=AT_ONCE,
            at_most=timedelta(milliseconds=50),
        )
        await look(watched, Outage(), told)
    assert len(told.words) == 1


@pytest.mark.req("R-69")
async def test_by_hand_an_alert_stays_untold_until_the_webhook_takes_it(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with stub(answer(200, {}), answer(500, {})) as hook:
        settings = environment(sqlite_url, ALERT_WEBHOOK_URL=hook.url)
        words = [
            *("health", "monitor", "--once", "--recheck", "0"),
            *("--base", f"http://localhost:{free_port()}", "--state", str(tmp_path / "state")),
        ]
        known = []
        for _ in range(2):
            await asyncio.to_thread(watchword, *words, cwd=tmp_path, environ=settings)
            known.append(remembered(tmp_path / "state").told)
    assert known == [False, True]


def test_what_was_told_is_kept_between_rounds(tmp_path: Path) -> None:
    path = tmp_path / "state"
    assert remembered(path) == Outage()
    remember(path, Outage(rounds=3, told=True))
    assert remembered(path) == Outage(rounds=3, told=True)
    path.write_text("{")
    assert remembered(path) == Outage()


@pytest.mark.req("R-68", "R-69")
async def test_by_hand_it_runs_the_command_posts_once_and_writes_a_letter(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink
) -> None:
    async with stub(answer(200, {})) as hook:
        settings = environment(
            sqlite_url,
            ALERT_WEBHOOK_URL=f"{hook.url}/services/T0/B0/hook",
            ALERT_EMAIL="operators@example.org",
            EMAIL_SERVICE="smtp",
            SMTP_HOST=smtp_sink.host,
            SMTP_PORT=str(smtp_sink.port),
        )
        words = [
            *("health", "monitor", "--once", "--recheck", "0"),
            *("--base", f"http://localhost:{free_port()}", "--state", str(tmp_path / "state")),
            *("--on-fail", f'{sys.executable} -c \'open("ran", "a").write("x")\''),
        ]
        ended = [
            await asyncio.to_thread(watchword, *words, cwd=tmp_path, environ=settings)
            for _ in range(2)
        ]
    assert [each.returncode for each in ended] == [1, 1], ended
    assert (tmp_path / "ran").read_text() == "xx"
    [posted] = hook.asked
    assert "is down" in posted.json["text"]
    [letter] = smtp_sink.letters
    assert "is down" in str(letter.message["Subject"])
    assert letter.message.get_content_type() == "text/plain", "an empty part of HTML would be shown"
    assert "is down" in letter.message.get_content()
