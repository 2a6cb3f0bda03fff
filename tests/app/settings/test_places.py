"""Where a setting may be told, and which place wins."""

from pathlib import Path

import pytest

from tests.support.environments import development, production
from watchword.app.settings import Settings, SettingsRefused, read
from watchword.kernel.parts import section, setting
from watchword.plumbing.settings import SecretSettings, ServerSettings, SmtpSettings
from watchword.records.tickets.rules import TicketSettings


def port(settings: Settings) -> int:
    return settings.section(ServerSettings).port


def test_the_environment_wins_over_dotenv_and_dotenv_over_the_profile(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=4001\n")

    assert port(read(development(PORT="4000"), cwd=tmp_path)) == 4000
    assert port(read(development(), cwd=tmp_path)) == 4001
    (tmp_path / ".env").unlink()
    assert port(read(development(APP_PROFILE="molam"), cwd=tmp_path)) == 8085


@pytest.mark.req("R-05")
def test_the_dotenv_of_the_environment_is_picked_by_its_name_and_wins(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=4001\nHOST=127.0.0.2\n")
    (tmp_path / ".env.development").write_text("PORT=4002\n")
    (tmp_path / ".env.test").write_text("PORT=4003\n")

    settings = read(development(), cwd=tmp_path)

    assert port(settings) == 4002
    assert settings.section(ServerSettings).host == "127.0.0.2"
    assert settings.sources["PORT"].label == "PORT in .env.development"


def test_everything_may_come_from_dotenv_alone(tmp_path: Path) -> None:
    lines = [f"{name}={value}" for name, value in development(PORT="4001").items()]
    (tmp_path / ".env").write_text("\n".join(lines))

    assert port(read({}, cwd=tmp_path)) == 4001


def test_production_does_not_read_dotenv_and_says_so(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=4001\n")

    settings = read(production(), cwd=tmp_path)

    assert port(settings) == 3000
    assert any(".env is not read in production" in warning for warning in settings.warnings)


def test_a_file_may_hold_a_value_and_one_newline_at_its_end_is_not_part_of_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "pepper").write_text("mine and nobody's, with a space and 7 signs \n\n")

    settings = read(development(PEPPER_FILE="pepper"), cwd=tmp_path)

    secret = settings.section(SecretSettings).pepper.reveal()
    assert secret == "mine and nobody's, with a space and 7 signs \n"
    assert settings.sources["PEPPER"].label == "pepper (PEPPER_FILE)"


@pytest.mark.req("K-13")
def test_the_file_of_another_name_is_as_good(tmp_path: Path) -> None:
    (tmp_path / "pass").write_text("carried")

    given = development(SMTP_HOST="localhost", SMTP_USER="auth", SMTP_PASS_FILE="pass")
    settings = read(given, cwd=tmp_path)

    assert settings.section(SmtpSettings).password.reveal() == "carried"


def test_a_name_and_its_file_together_are_refused(tmp_path: Path) -> None:
    (tmp_path / "pepper").write_text("x")

    with pytest.raises(SettingsRefused) as refusal:
        read(development(PEPPER="x", PEPPER_FILE="pepper"), cwd=tmp_path)

    assert refusal.value.faults == [("PEPPER", "PEPPER and PEPPER_FILE are both given: keep one.")]


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read"), (b"\xff\xfe", "not UTF-8"), (b"x" * 70_000, "too long")],
)
def test_a_file_that_holds_no_text_is_refused_by_its_name(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "pepper").write_bytes(content)

    with pytest.raises(SettingsRefused) as refusal:
        read(development(PEPPER_FILE="pepper"), cwd=tmp_path)

    ((name, sentence),) = refusal.value.faults
    assert name == "PEPPER"
    assert said in sentence
    assert "pepper" in sentence


def test_a_folder_of_secrets_stands_below_the_environment_and_above_the_profile(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "PORT").write_text("4004\n")
    (folder / "HOST").write_text("127.0.0.3\n")

    settings = read(development(SECRETS_DIR="run", HOST="127.0.0.2"), cwd=tmp_path)

    assert port(settings) == 4004
    assert settings.section(ServerSettings).host == "127.0.0.2"


def test_development_looks_into_var_secrets_unasked(tmp_path: Path) -> None:
    folder = tmp_path / "var" / "secrets"
    folder.mkdir(parents=True)
    (folder / "JWT_SECRET").write_text("k8Jw0-s2Vd7Qy4Tn1Zc9Lx6Rb3Mf5Hg7Pa2Ue8Io")

    assert read({"APP_ENV": "development"}, cwd=tmp_path).sources["JWT_SECRET"].given


def test_a_folder_of_secrets_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused) as refusal:
        read(development(SECRETS_DIR="nowhere"), cwd=tmp_path)

    assert refusal.value.faults == [("SECRETS_DIR", "nowhere is not a folder.")]


def test_empty_text_says_nothing(tmp_path: Path) -> None:
    assert port(read(development(PORT="", APP_PROFILE="romapi"), cwd=tmp_path)) == 3001


@pytest.mark.req("K-16")
def test_an_alias_is_converted_into_the_unit_of_its_name(tmp_path: Path) -> None:
    tickets = read(development(OTP_EXPIRY_MINUTES="5"), cwd=tmp_path).section(TicketSettings)

    assert tickets.code_lifetime.total_seconds() == 300


def test_a_name_and_its_alias_may_say_the_same(tmp_path: Path) -> None:
    given = development(OTP_EXPIRY_MINUTES="5", OTP_TTL_SECONDS="300")

    assert read(given, cwd=tmp_path).texts["OTP_TTL_SECONDS"] == "300"


@pytest.mark.req("K-16")
def test_a_name_and_its_alias_that_differ_are_refused_and_both_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused) as refusal:
        read(development(OTP_EXPIRY_MINUTES="5", OTP_TTL_SECONDS="301"), cwd=tmp_path)

    ((name, sentence),) = refusal.value.faults
    assert name == "OTP_TTL_SECONDS"
    assert "OTP_TTL_SECONDS in the environment" in sentence
    assert "OTP_EXPIRY_MINUTES in the environment" in sentence


def test_an_alias_in_the_environment_wins_over_the_name_in_dotenv(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("OTP_TTL_SECONDS=120\n")

    settings = read(development(OTP_EXPIRY_MINUTES="5"), cwd=tmp_path)

    assert settings.texts["OTP_TTL_SECONDS"] == "300"


def test_every_fault_is_found_at_once_and_no_secret_is_repeated(tmp_path: Path) -> None:
    given = production(
        PORT="many", HTTPS="perhaps", PEPPER="", DATABASE_URL="mysql://u:hunter2@h/d"
    )

    with pytest.raises(SettingsRefused) as refusal:
        read(given, cwd=tmp_path)

    assert {name for name, _ in refusal.value.faults} == {"PORT", "HTTPS", "PEPPER", "DATABASE_URL"}
    assert "hunter2" not in str(refusal.value)


def test_a_parser_that_repeats_a_secret_is_not_repeated(tmp_path: Path) -> None:
    def fussy(text: str) -> str:
        raise ValueError(f"{text} is bad")

    @section
    class Fussy:
        """A section whose parser tells too much."""

        plain: str = setting("PLAIN", "Plain.", parse=fussy)
        hidden: str = setting("HIDDEN", "Hidden.", parse=fussy, secret=True)

    with pytest.raises(SettingsRefused) as refusal:
        read({"PLAIN": "word", "HIDDEN": "hunter2"}, cwd=tmp_path, sections=[Fussy])

    told = dict(refusal.value.faults)
    assert "word is bad" in told["PLAIN"]
    assert "hunter2" not in told["HIDDEN"]


def test_an_unknown_profile_or_environment_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused) as refusal:
        read(production(APP_PROFILE="nowa", APP_ENV="prod"), cwd=tmp_path)

    told = dict(refusal.value.faults)
    assert "nova" in told["APP_PROFILE"]
    assert "production" in told["APP_ENV"]


def test_a_line_of_dotenv_that_is_none_is_refused_by_its_number(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=4001\nhunter2\n")

    with pytest.raises(SettingsRefused) as refusal:
        read(development(), cwd=tmp_path)

    ((name, sentence),) = refusal.value.faults
    assert name == ".env"
    assert "line 2" in sentence
    assert "hunter2" not in sentence


def test_a_name_that_is_nearly_ours_is_told_with_the_nearest(tmp_path: Path) -> None:
    given = development(SMTP_PASWORD="x", RATE_LIMIT_OPT="3/60000", LOGNAME="me", HOME="/root")

    told = read(given, cwd=tmp_path).warnings

    assert any("SMTP_PASWORD" in each and "SMTP_PASSWORD?" in each for each in told)
    assert any("RATE_LIMIT_OPT" in each and "RATE_LIMIT_OTP?" in each for each in told)
    assert not any("LOGNAME" in each or "HOME" in each for each in told)


def test_settings_print_no_secret(tmp_path: Path) -> None:
    given = production()

    printed = repr(read(given, cwd=tmp_path))

    for name in ("JWT_SECRET", "PEPPER", "SMTP_PASSWORD"):
        assert given[name] not in printed
    assert "kept-elsewhere" not in printed


def test_where_nobody_says_the_environment_it_is_what_was_assumed(tmp_path: Path) -> None:
    given = {name: text for name, text in development().items() if name != "APP_ENV"}

    settings = read(given, cwd=tmp_path, assumed="development")

    assert settings.section(ServerSettings).development
    assert "assumed" in settings.sources["APP_ENV"].label


@pytest.mark.parametrize("told", ["production", "staging"])
def test_what_dotenv_says_of_the_environment_counts_and_nothing_else_of_it(
    tmp_path: Path, told: str
) -> None:
    given = {name: text for name, text in production().items() if name != "APP_ENV"}
    (tmp_path / ".env").write_text(f"NODE_ENV={told}\nPORT=4001\n")

    settings = read(given, cwd=tmp_path, assumed="development")

    assert settings.section(ServerSettings).environment == told
    assert settings.sources["APP_ENV"].label == "NODE_ENV in .env"
    assert port(settings) == 3000


@pytest.mark.req("K-32")
@pytest.mark.parametrize("told", ["", "0"])
def test_no_port_for_metrics_is_the_services_own_whatever_the_profile_says(
    tmp_path: Path, told: str
) -> None:
    def metrics_port(**given: str) -> int | None:
        settings = read(development(APP_PROFILE="generic", **given), cwd=tmp_path)
        return settings.section(ServerSettings).metrics_port

    assert metrics_port() == 9090
    assert metrics_port(METRICS_PORT=told) is None
    (tmp_path / "told").write_text(f"{told}\n")
    assert metrics_port(METRICS_PORT_FILE="told") is None
    (tmp_path / ".env").write_text(f"METRICS_PORT={told}\n")
    assert metrics_port() is None
    assert metrics_port(METRICS_PORT="9464") == 9464


def test_elsewhere_empty_says_nothing(tmp_path: Path) -> None:
    assert port(read(development(APP_PROFILE="molam", PORT=""), cwd=tmp_path)) == 8085
