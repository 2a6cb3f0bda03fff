"""The doctor's round, on real services."""

import asyncio
import io
import re
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest

from tests.operations.mail.test_commands import beside, by_sendgrid, by_smtp
from tests.operations.sms.test_commands import by_twilio
from tests.support.environments import production
from tests.support.ports import free_port
from tests.support.services.postgres import Postgres
from tests.support.services.smtp import SmtpSink
from tests.support.stub import answer
from tests.support.terminal import Said, Terminal
from watchword.adapters.providers import Reply
from watchword.app.building import open_house
from watchword.app.settings import read
from watchword.kernel.clock import SystemClock
from watchword.operations.doctor.jobs import watch_isolation
from watchword.operations.doctor.rules import Server, describe
from watchword.plumbing.logs import logger


def healthy(url: str, folder: Path, **more: str) -> Terminal:
    """Return a terminal whose clock goes right and whose port is free."""
    settings = {"PORT": str(free_port()), "PUBLIC_BASE_URL": "http://localhost:8000", **more}
    return Terminal(url, folder, SystemClock(), settings)


def checks(said: Said) -> dict[str, Any]:
    """Return what was found, by check."""
    return {check["check"]: check for check in said.json["checks"]}


def test_all_is_well_in_a_healthy_place(database_url: str, tmp_path: Path) -> None:
    said = healthy(database_url, tmp_path).run("doctor", "--json")
    outcomes = {name: check["outcome"] for name, check in checks(said).items()}
    assert set(outcomes.values()) == {"ok"}, said.out
    assert len(outcomes) == 18
    assert said.code == 0


def test_all_is_well_where_one_tries_it_out(sqlite_url: str, tmp_path: Path) -> None:
    said = healthy(sqlite_url, tmp_path, APP_ENV="development").run("doctor")
    assert (said.code, "Everything is well." in said.err) == (0, True), said


def test_a_person_reads_numbered_lines(sqlite_url: str, tmp_path: Path) -> None:
    said = healthy(sqlite_url, tmp_path).run("doctor")
    lines = said.out.splitlines()
    assert lines[0].startswith("[ 1/18] python")
    assert lines[-1].startswith("[18/18] port")
    assert "well" in said.err


@pytest.mark.req("R-70", "D-52")
def test_settings_are_told_as_set_or_unset_never_by_value(sqlite_url: str, tmp_path: Path) -> None:
    terminal = healthy(sqlite_url, tmp_path)
    said = terminal.run("doctor", "--json")
    detail = checks(said)["settings"]["detail"]
    assert "PEPPER" in detail.partition("unset:")[0]
    assert "REDIS_URL" in detail.partition("unset:")[2]
    assert "f3a9c1d2" not in said.out


@pytest.mark.req("R-70")
def test_refused_settings_are_named_and_the_rest_is_skipped(
    sqlite_url: str, tmp_path: Path
) -> None:
    said = healthy(sqlite_url, tmp_path, PORT="none").run("doctor", "--json")
    found = checks(said)
    assert said.code == 1
    assert found["settings"]["outcome"] == "failed"
    assert "PORT" in found["settings"]["detail"]
    assert found["settings"]["fix"] == "watchword env validate"
    assert found["database"]["outcome"] == "skipped"


@pytest.mark.parametrize("only", ["--email", "--dns", "--db", "--redis", "--time"])
def test_what_nobody_could_look_at_is_never_well(
    sqlite_url: str, tmp_path: Path, only: str
) -> None:
    said = healthy(sqlite_url, tmp_path, SMTP_PORT="none").run("doctor", only)
    assert said.code == 1
    assert "well" not in said.err
    assert "the settings come first: SMTP_PORT" in said.out
    assert "to mend: watchword env validate" in said.out


@pytest.mark.req("R-70", "M-50")
@pytest.mark.needs("postgres")
def test_a_database_that_is_away_is_one_failure_and_three_skips(tmp_path: Path) -> None:
    url = f"postgresql://somebody:secretword@127.0.0.1:{free_port()}/nothing"
    said = healthy(url, tmp_path).run("doctor", "--db", "--time", "--json")
    outcomes = {name: check["outcome"] for name, check in checks(said).items()}
    assert outcomes == {
        "database": "failed",
        "migrations": "skipped",
        "isolation": "skipped",
        "clock": "skipped",
    }
    assert "secretword" not in said.out + said.err
    assert said.code == 1


@pytest.mark.req("G-66")
@pytest.mark.needs("postgres")
def test_postgres_tells_its_version_its_lag_and_what_it_does(
    postgres_url: str, tmp_path: Path
) -> None:
    said = healthy(postgres_url, tmp_path).run("doctor", "--db")
    told = re.search(
        r"PostgreSQL (\d+)\S*; primary, 0\.0 s behind; (\d+) of (\d+) connections"
        r" \((\d+) active, (\d+) idle.*\); 0 waiting for a lock",
        said.out,
    )
    assert told, said.out
    version, in_use, most, active, idle = map(int, told.groups())
    assert version >= 15
    assert most >= in_use >= active + idle >= 5
    assert active >= 1


def test_a_standby_says_how_far_it_is_behind() -> None:
    standby = Server(
        name="PostgreSQL",
        version="17.2",
        most=100,
        standby=True,
        lag=timedelta(seconds=2.5),
        activity={"idle": 3, "active": 1},
        locked=1,
    )
    assert describe(standby) == (
        "PostgreSQL 17.2; standby, 2.5 s behind; 4 of 100 connections (1 active, 3 idle);"
        " 1 waiting for a lock"
    )


@pytest.mark.needs("postgres")
def test_an_empty_database_wants_its_migrations(postgres_database: str, tmp_path: Path) -> None:
    found = checks(healthy(postgres_database, tmp_path).run("doctor", "--db", "--json"))
    assert found["migrations"]["outcome"] == "failed"
    assert found["migrations"]["fix"] == "watchword migrate up"


@pytest.mark.needs("postgres")
def test_a_superuser_is_not_bound_by_row_level_security(
    postgres_url: str, postgres_server: Postgres, tmp_path: Path
) -> None:
    admin = urlsplit(postgres_server.admin_url)
    url = urlunsplit(admin._replace(path=urlsplit(postgres_url).path))
    found = checks(healthy(url, tmp_path).run("doctor", "--db", "--json"))
    assert found["isolation"]["outcome"] == "failed"
    assert "superuser" in found["isolation"]["detail"]


@pytest.mark.needs("postgres")
def test_production_says_at_its_start_that_a_superuser_serves_and_what_mends_it(
    postgres_url: str, postgres_server: Postgres, tmp_path: Path
) -> None:
    admin = urlsplit(postgres_server.admin_url)
    as_admin = urlunsplit(admin._replace(path=urlsplit(postgres_url).path))

    async def told(url: str) -> str:
        settings = read(
            production(DATABASE_URL=url, DB_SSL="false", REDIS_URL="", REDIS_REQUIRED="false"),
            cwd=tmp_path,
        )
        lines = io.StringIO()
        logger.configure("info", stream=lines)
        async with open_house(settings) as house:
            await watch_isolation(house)
        return lines.getvalue()

    assert asyncio.run(told(postgres_url)) == ""
    line = asyncio.run(told(as_admin))
    assert '"level":"error"' in line.replace(": ", ":")
    assert "superuser" in line
    assert "NOSUPERUSER NOBYPASSRLS" in line


@pytest.mark.req("N-78")
@pytest.mark.needs("postgres")
def test_a_clock_that_goes_wrong_is_told(postgres_url: str, tmp_path: Path) -> None:
    terminal = Terminal(postgres_url, tmp_path)
    found = checks(terminal.run("doctor", "--time", "--json"))
    assert found["clock"]["outcome"] == "failed"
    assert "timedatectl" in found["clock"]["fix"]


@pytest.mark.req("A-53")
def test_a_mail_server_is_tried_step_by_step(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink
) -> None:
    more = {"SMTP_HOST": smtp_sink.host, "SMTP_PORT": str(smtp_sink.port)}
    found = checks(healthy(sqlite_url, tmp_path, **more).run("doctor", "--email", "--json"))
    assert found["mail"]["outcome"] == "ok"
    assert found["mail"]["detail"] == "DNS 127.0.0.1, TCP ok, EHLO ok"
    assert not smtp_sink.letters


@pytest.mark.req("A-53")
def test_a_mail_server_that_is_away_fails_at_its_step(sqlite_url: str, tmp_path: Path) -> None:
    more = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(free_port())}
    said = healthy(sqlite_url, tmp_path, **more).run("doctor", "--email", "--json")
    detail = checks(said)["mail"]["detail"]
    assert said.code == 1
    assert "TCP SMTPConnectError" in detail
    assert "EHLO" not in detail


@pytest.mark.req("A-53")
def test_a_mail_server_without_encryption_gets_no_password(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink
) -> None:
    more = {"SMTP_HOST": smtp_sink.host, "SMTP_PORT": str(smtp_sink.port)}
    more |= {"SMTP_USER": "relay", "SMTP_PASSWORD": "letmethrough"}
    said = healthy(sqlite_url, tmp_path, **more).run("doctor", "--email", "--json")
    assert said.code == 1
    assert "AUTH" in checks(said)["mail"]["detail"]
    assert "letmethrough" not in said.out + said.err


BAD_KEY = answer(401, {"errors": [{"message": "SG.kept-elsewhere"}]})
MAY_READ = answer(200, {"scopes": ["mail.batch.read", "user.profile.read"]})
MAY_SEND = answer(200, {"scopes": ["mail.send", "user.profile.read"]})


@pytest.mark.req("A-53")
@pytest.mark.parametrize(
    ("provider", "told"),
    [
        (BAD_KEY, "unavailable (401)"),
        (MAY_READ, "unavailable (the key may not send"),
        (MAY_SEND, ""),
    ],
)
def test_a_provider_that_refuses_our_key_is_a_failure_though_another_carrier_is_well(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink, provider: Reply, told: str
) -> None:
    with beside(provider) as sendgrid:
        more = by_sendgrid(sendgrid) | by_smtp(smtp_sink)
        said = healthy(sqlite_url, tmp_path, **more).run("doctor", "--email", "--json")
    mail = checks(said)["mail"]
    assert mail["detail"].startswith(f"sendgrid {told or 'available'}"), mail
    assert "smtp TCP ok, smtp EHLO ok" in mail["detail"]
    assert (said.code, mail["outcome"]) == ((1, "failed") if told else (0, "ok"))
    assert mail["fix"] == (f"watchword config show {SENDGRID}" if told else "")
    assert "kept-elsewhere" not in said.out + said.err


SENDGRID = "SENDGRID_API_KEY SENDGRID_API_URL"


@pytest.mark.parametrize(("answered", "code"), [(answer(401), 1), (answer(200, {}), 0)])
def test_an_account_for_texts_that_is_refused_is_a_failure(
    sqlite_url: str, tmp_path: Path, answered: Reply, code: int
) -> None:
    with beside(answered) as twilio:
        said = healthy(sqlite_url, tmp_path, **by_twilio(twilio)).run("doctor", "--email", "--json")
    texts = checks(said)["texts"]
    assert said.code == code
    assert texts["detail"] == ("twilio unavailable (401)" if code else "twilio available")
    assert ("TWILIO_TOKEN" in texts["fix"]) is bool(code)


@pytest.mark.req("A-54", "G-67")
@pytest.mark.needs("valkey")
def test_redis_tells_ping_address_and_memory(
    sqlite_url: str, tmp_path: Path, valkey_url: str
) -> None:
    said = healthy(sqlite_url, tmp_path, REDIS_URL=valkey_url).run("doctor", "--redis", "--json")
    detail = checks(said)["redis"]["detail"]
    for word in ("PING answers in", "address 127.0.0.1", "memory"):
        assert word in detail


@pytest.mark.req("A-54")
def test_redis_that_is_away_is_told(sqlite_url: str, tmp_path: Path) -> None:
    url = f"redis://:secretword@127.0.0.1:{free_port()}/0"
    said = healthy(sqlite_url, tmp_path, REDIS_URL=url).run("doctor", "--redis", "--json")
    assert checks(said)["redis"]["outcome"] == "failed"
    assert "secretword" not in said.out + said.err


def test_a_secret_that_others_may_read_is_told(sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    path = folder / "CSRF_SECRET"
    path.write_text("x")
    path.chmod(0o644)
    terminal = healthy(sqlite_url, tmp_path, SECRETS_DIR=str(folder))
    found = checks(terminal.run("doctor", "--json"))["secrets"]
    assert (found["outcome"], found["fix"]) == ("failed", f"chmod 600 {path}")
    path.chmod(0o600)
    assert checks(terminal.run("doctor", "--json"))["secrets"]["outcome"] == "ok"


def test_a_port_that_somebody_else_has_is_told(
    sqlite_url: str, tmp_path: Path, smtp_sink: SmtpSink
) -> None:
    terminal = healthy(sqlite_url, tmp_path, PORT=str(smtp_sink.port))
    found = checks(terminal.run("doctor", "--json"))["port"]
    assert found["outcome"] == "failed"
    assert found["fix"] == f"PORT={smtp_sink.port + 1} watchword serve"
