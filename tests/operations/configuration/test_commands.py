"""`watchword env`, `config` and `secrets`, as an operator runs them."""

import json
import stat
from pathlib import Path

import pytest

from tests.operations.configuration.conftest import Run
from tests.support.environments import CLINIC, SECRETS, production
from tests.support.program import watchword
from watchword.kernel.chance import SystemChance
from watchword.operations.configuration.rules import fresh_secret
from watchword.operations.configuration.service import fill


@pytest.mark.req("N-19")
def test_validate_names_all_that_is_missing_in_one_run(tmp_path: Path) -> None:
    complete = production(APP_PROFILE="nova", **CLINIC)
    lacking = {**complete, "JWT_SECRET": "", "CLINIC_EMAIL": ""}

    refused = watchword("env", "validate", cwd=tmp_path, environ=lacking)
    accepted = watchword("env", "validate", cwd=tmp_path, environ=complete)

    assert refused.returncode == 1
    assert "JWT_SECRET" in refused.stderr
    assert "CLINIC_EMAIL" in refused.stderr
    assert "CLINIC_NAME" not in refused.stderr
    assert accepted.returncode == 0
    assert accepted.stdout.strip()


@pytest.mark.req("N-03")
def test_validate_refuses_a_secret_of_31_bytes_by_its_name(run: Run) -> None:
    short = production(APP_PROFILE="nova", JWT_SECRET="Zq3vR8tLw2Nc7Kd5Xf9Bh1Mj6Ps4Gy0", **CLINIC)

    answer = run("env", "validate", "--json", environ=short)

    assert answer.exit_code == 1
    told = json.loads(answer.stdout)
    assert [fault["name"] for fault in told["faults"]] == ["JWT_SECRET"]


@pytest.mark.req("A-25")
def test_the_service_does_not_start_with_short_or_equal_secrets(tmp_path: Path) -> None:
    short = production(APP_PROFILE="ariya", JWT_REFRESH_SECRET="Zq3vR8tLw2Nc7Kd5Xf9Bh1Mj6Ps4Gy0")
    equal = production(APP_PROFILE="ariya")
    equal["JWT_REFRESH_SECRET"] = equal["JWT_SECRET"]

    for environ in (short, equal):
        answer = watchword("serve", cwd=tmp_path, environ=environ)
        assert answer.returncode == 1
        assert "JWT_REFRESH_SECRET" in answer.stderr


@pytest.mark.req("A-23")
def test_redis_is_required_in_production_and_not_in_development(tmp_path: Path) -> None:
    without = production(APP_PROFILE="ariya", REDIS_URL="")
    development = {"APP_ENV": "development", "JWT_SECRET": without["JWT_SECRET"]}

    refused = watchword("serve", cwd=tmp_path, environ=without)
    accepted = watchword("env", "validate", cwd=tmp_path, environ=development)

    assert refused.returncode == 1
    assert "REDIS_URL" in refused.stderr
    assert accepted.returncode == 0
    assert "memory" in accepted.stderr


@pytest.mark.req("M-04")
@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "PEPPER", "JWT_RESET_SECRET"])
def test_what_the_wallet_cannot_do_without_is_named_at_the_start(tmp_path: Path, name: str) -> None:
    lacking = production(APP_PROFILE="molam", **{name: ""})
    answer = watchword("serve", cwd=tmp_path, environ=lacking)

    assert answer.returncode == 1
    assert name in answer.stderr
    for other in {"DATABASE_URL", "REDIS_URL", "PEPPER", "JWT_RESET_SECRET"} - {name}:
        assert other not in answer.stderr


def test_an_email_provider_that_is_missing_is_told(run: Run) -> None:
    without = production(SMTP_HOST="", SMTP_USER="", SMTP_PASSWORD="")

    answer = run("env", "validate", environ=without)

    assert answer.exit_code == 1
    assert "e-mail provider is missing" in answer.stderr


@pytest.mark.req("G-36")
def test_show_tells_what_arrived_and_from_where(run: Run) -> None:
    config_map = {
        "NODE_ENV": "production",
        "PORT": "3000",
        "API_PREFIX": "/api/v2",
        "LOG_LEVEL": "warn",
        "BCRYPT_SALT_ROUNDS": "11",
        "RATE_LIMIT_WINDOW": "15",
        "RATE_LIMIT_MAX": "70",
    }
    environ = production(**config_map)
    del environ["APP_ENV"]

    answer = run("config", "show", "--json", environ=environ)

    told = {line["name"]: (line["value"], line["source"]) for line in json.loads(answer.stdout)}
    assert told["APP_ENV"] == ("production", "NODE_ENV in the environment")
    assert told["PORT"] == ("3000", "PORT in the environment")
    assert told["API_PREFIX"] == ("/api/v2", "API_PREFIX in the environment")
    assert told["LOG_LEVEL"] == ("warn", "LOG_LEVEL in the environment")
    assert told["BCRYPT_SALT_ROUNDS"] == ("11", "BCRYPT_SALT_ROUNDS in the environment")
    assert told["RATE_LIMIT_WINDOW_MS"] == ("900000", "RATE_LIMIT_WINDOW in the environment")
    assert told["RATE_LIMIT_MAX_REQUESTS"] == ("70", "RATE_LIMIT_MAX in the environment")


def test_show_prints_no_secret(run: Run) -> None:
    environ = production()

    answer = run("config", "show", environ=environ)

    told = dict(line.split("\t")[:2] for line in answer.stdout.splitlines())
    assert told["JWT_SECRET"] == "[set]"
    assert told["DATABASE_URL"] == "postgresql://auth:[set]@db.example.org/auth_db"
    assert told["REDIS_URL"] == "rediss://redis.example.org:6379/0"
    assert not any(environ[name] in answer.stdout for name in (*SECRETS, "SMTP_PASSWORD"))


@pytest.mark.parametrize(
    ("other", "name"), [("NODE_ENV", "APP_ENV"), ("RATE_LIMIT_MAX", "RATE_LIMIT_MAX_REQUESTS")]
)
def test_show_knows_a_setting_by_its_other_name(run: Run, other: str, name: str) -> None:
    [line] = json.loads(run("config", "show", other, "--json", environ=production()).stdout)
    assert line["name"] == name


def test_show_knows_its_names(run: Run) -> None:
    good = run("config", "show", "PORT", "--json", environ=production())
    bad = run("config", "show", "PROT", environ=production())

    assert [line["name"] for line in json.loads(good.stdout)] == ["PORT"]
    assert (bad.exit_code, bad.stdout) == (2, "")
    assert "did you mean PORT?" in bad.stderr


@pytest.mark.req("D-34")
def test_generated_secrets_are_what_production_starts_with(tmp_path: Path) -> None:
    made = watchword("secrets", "generate", "--dir", "var/secrets", cwd=tmp_path)
    environ = {name: text for name, text in production().items() if name not in SECRETS}

    answer = watchword(
        "env", "validate", cwd=tmp_path, environ={**environ, "SECRETS_DIR": "var/secrets"}
    )

    assert (made.returncode, made.stdout) == (0, "")
    assert (answer.returncode, answer.stderr) == (0, "")


def test_generated_secrets_may_be_read_as_dotenv(tmp_path: Path) -> None:
    made = watchword("secrets", "generate", cwd=tmp_path)
    (tmp_path / ".env").write_text(f"APP_ENV=development\n{made.stdout}")

    answer = watchword("config", "show", "PEPPER", "--json", cwd=tmp_path)

    assert json.loads(answer.stdout)[0]["source"] == "PEPPER in .env"


def test_secrets_are_files_for_their_owner_alone_and_never_written_over(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "secrets"

    assert fill(folder, ["PEPPER", "JWT_SECRET"], SystemChance()) == (["PEPPER", "JWT_SECRET"], [])
    first = (folder / "PEPPER").read_text()
    assert fill(folder, ["PEPPER", "CSRF_SECRET"], SystemChance()) == (["CSRF_SECRET"], ["PEPPER"])

    assert (folder / "PEPPER").read_text() == first
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert {path.name for path in folder.iterdir()} == {"PEPPER", "JWT_SECRET", "CSRF_SECRET"}
    fill(folder, ["PEPPER"], SystemChance(), force=True)
    assert (folder / "PEPPER").read_text() != first


@pytest.mark.req("K-11")
def test_a_fresh_secret_holds_64_bytes_and_needs_no_quotes() -> None:
    secret = fresh_secret(SystemChance())

    assert len(secret) == 86
    assert secret.replace("-", "").replace("_", "").isalnum()


@pytest.mark.req("M-46")
def test_show_tells_every_limit(run: Run) -> None:
    limits = ("AUTH", "OTP", "API", "UPLOAD", "PAGE", "WEBHOOK", "LETTERS")
    names = {f"RATE_LIMIT_{each}" for each in (*limits, "MAX_REQUESTS", "WINDOW_MS")}
    environ = production(RATE_LIMIT_OTP="9/1000")

    told = {
        line["name"]: line["value"]
        for line in json.loads(run("config", "show", "--json", environ=environ).stdout)
    }

    given = {name for name in told if name.startswith("RATE_LIMIT_")}
    assert given == names | {"RATE_LIMIT_LEGACY_HEADERS"}
    assert told["RATE_LIMIT_OTP"] == "9/1000"
    assert told["RATE_LIMIT_AUTH"] == "5/900000"


@pytest.mark.req("A-22")
def test_a_mail_server_is_required_in_production_and_not_in_development(run: Run) -> None:
    names = ("SMTP_HOST", "SMTP_PORT", "SMTP_USER", "SMTP_PASSWORD", "SMTP_FROM")
    guide = ("smtp.gmail.com", "587", "ariya", "kept-elsewhere", "noreply@ariya.com")
    without = production(APP_PROFILE="ariya", EMAIL_FROM="", **dict.fromkeys(names[:4], ""))
    complete = without | dict(zip(names, guide, strict=True))
    development = {"APP_ENV": "development", "JWT_SECRET": without["JWT_SECRET"]}

    answers = {
        name: run("env", "validate", "--json", environ=environ)
        for name, environ in (("none", without), ("all", complete), ("here", development))
    }

    assert [answers[name].exit_code for name in ("none", "all", "here")] == [1, 0, 0]
    told = {fault["name"] for fault in json.loads(answers["none"].stdout)["faults"]}
    assert told == {"EMAIL_SERVICE", "EMAIL_FROM"}


def test_the_reference_is_there_for_programs(run: Run) -> None:
    told = json.loads(run("config", "reference", "--json", environ={}).stdout)

    [port] = [each for each in told if each["name"] == "PORT"]
    assert port["default"] == "3000"
    assert port["meaning"]
