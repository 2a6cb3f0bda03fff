"""Which environment it is where nobody says it: development only where one was begun, and stays at home."""

import contextlib
from pathlib import Path

import pytest

from tests.support.program import watchword
from tests.support.running import ask, ports, started
from watchword.app.reading import read_settings
from watchword.app.settings import SettingsRefused

LEADING = [
    {"PUBLIC_BASE_URL": "https://auth.example.org"},
    {"FRONTEND_URL": "https://www.example.org"},
    {"DATABASE_URL": "postgresql://watchword@127.0.0.1/watchword"},
    {"DB_HOST": "127.0.0.1", "DB_NAME": "watchword"},
    {"REDIS_URL": "redis://127.0.0.1:6379/0"},
    {"HTTPS": "true"},
    {"TRUSTED_PROXIES": "10.0.0.0/8"},
    {"SMTP_HOST": "smtp.example.org", "SMTP_USER": "auth", "SMTP_PASSWORD": "kept-elsewhere"},
    {"SMTP_HOST": "127.0.0.1"},
    {"SENDGRID_API_KEY": "SG.kept-elsewhere"},
    {"TWILIO_SID": "AC1", "TWILIO_TOKEN": "kept", "TWILIO_PHONE": "+213555000000"},
]


def environment(folder: Path, **environ: str) -> tuple[str, str]:
    """Return which environment it is there, and why."""
    with contextlib.chdir(folder):
        try:
            settings = read_settings(environ)
        except SettingsRefused as refusal:
            return "refused", "\n".join(": ".join(fault) for fault in refusal.faults)
    return settings.texts["APP_ENV"], settings.sources["APP_ENV"].label


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    """Return a folder in which a development was begun, and ended."""
    with started(tmp_path, "serve", "--dev", **ports()) as service:
        service.wait_for("Listening on")
        service.stop()
    return tmp_path


def test_secrets_in_var_do_not_make_a_development(tmp_path: Path) -> None:
    made = watchword("secrets", "generate", "--dir", "var/secrets", cwd=tmp_path)
    answer = watchword("serve", cwd=tmp_path, environ=ports())

    assert (made.returncode, answer.returncode) == (0, 1)
    assert "PUBLIC_BASE_URL: is missing" in answer.stderr


def test_what_was_begun_goes_on_and_says_what_it_is(begun: Path) -> None:
    chosen = ports()
    with started(begun, "serve", WEB_CONCURRENCY="1", **chosen) as service:
        service.wait_for("Taken as development")
        service.wait_for("APP_ENV=production")
        assert service.process.poll() is None
    said = watchword("config", "show", "APP_ENV", cwd=begun)
    assert ("development" in said.stdout, "assumed" in said.stdout) == (True, True)


def test_a_begun_development_is_none_as_soon_as_a_setting_leads_beyond_this_machine(
    begun: Path,
) -> None:
    kind, why = environment(begun)
    assert kind == "development"
    assert "assumed" in why

    for leading in LEADING:
        kind, why = environment(begun, **leading)
        assert kind != "development", leading
        [told] = [line for line in why.splitlines() if "APP_ENV" in line]
        assert "APP_ENV=development" in told


def test_whoever_says_development_gets_it_whatever_is_set(begun: Path) -> None:
    for leading in LEADING:
        assert environment(begun, APP_ENV="development", **leading)[0] == "development"


def test_development_is_asked_for_by_its_option_wherever_secrets_came_from(tmp_path: Path) -> None:
    watchword("secrets", "generate", "--dir", "var/secrets", cwd=tmp_path)
    with started(tmp_path, "serve", "--dev", **ports()) as service:
        base = service.wait_for(r"Listening on (http://localhost:\d+)")[1]
        assert ask(f"{base}/live")[0] == 200
        assert "Taken as development" not in service.said
