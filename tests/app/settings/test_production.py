"""What production refuses, each with the name to mend; development only says so, or does not mind."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.app.settings.conftest import Faults, Read
from tests.support.environments import SECRETS, development, fresh_secrets, production
from watchword.app.settings import SettingsRefused, read
from watchword.app.settings.checks.secrecy import DEVELOPMENT_MARK
from watchword.plumbing.settings import SecretSettings

SAMPLES = [
    "your-256-bit-secret-key-here",
    "your-super-secret-jwt-key-at-least-32-characters-long",
    "dev-jwt-secret-key-not-for-production-use-256-bits",
    "your-production-jwt-secret-64-characters-minimum",
    "<base64-encoded-jwt-secret>-and-more-and-more-and-more",
    "${JWT_SECRET}-${JWT_SECRET}-${JWT_SECRET}-${JWT_SECRET}",
]


def test_a_complete_environment_is_accepted_without_a_word(read: Read) -> None:
    assert read(production()).warnings == ()


@pytest.mark.req("K-12")
@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_that_is_missing_is_named(faults: Faults, name: str) -> None:
    assert set(faults(production(**{name: ""}))) == {name}


def test_all_that_is_missing_is_named_at_once(faults: Faults) -> None:
    assert set(faults({})) == {
        *SECRETS,
        "DATABASE_URL",
        "EMAIL_FROM",
        "EMAIL_SERVICE",
        "PUBLIC_BASE_URL",
        "REDIS_URL",
    }


@pytest.mark.req("K-11")
@pytest.mark.parametrize("name", ["JWT_SECRET", "JWT_REFRESH_SECRET"])
@pytest.mark.parametrize("profile", ["ariya", "romapi", "molam"])
def test_a_secret_of_31_characters_is_refused(faults: Faults, name: str, profile: str) -> None:
    short = "Zq3vR8tLw2Nc7Kd5Xf9Bh1Mj6Ps4Gy0"
    assert len(short) == 31

    assert set(faults(production(APP_PROFILE=profile, **{name: short}))) == {name}
    assert faults(production(APP_PROFILE=profile, **{name: short + "a"})) == {}


@pytest.mark.req("G-13", "K-11")
@pytest.mark.parametrize("name", ["JWT_SECRET", "JWT_REFRESH_SECRET"])
def test_the_generic_profile_refuses_63_characters(faults: Faults, name: str) -> None:
    long = fresh_secrets()[name]

    assert set(faults(production(**{name: long[:63]}))) == {name}
    assert faults(production(**{name: long[:64]})) == {}


@pytest.mark.req("K-11", "D-34")
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_of_some_guide_is_refused(faults: Faults, sample: str) -> None:
    padded = sample + "-k8Jw0s2Vd7Qy4Tn1Zc9Lx6Rb3Mf5Hg7Pa2Ue8Io"

    told = faults(production(JWT_SECRET=padded))

    assert "sample" in told["JWT_SECRET"]


@pytest.mark.req("D-34")
@pytest.mark.parametrize(
    "weak", ["a" * 64, "0123456789abcdef" * 4, "abcd" * 16, "1" * 63 + "2", "qwertyuiop" * 7]
)
def test_a_secret_with_too_little_in_it_is_refused(faults: Faults, weak: str) -> None:
    assert "guessed" in faults(production(PEPPER=weak))["PEPPER"]


@pytest.mark.req("K-12")
def test_equal_secrets_are_refused_and_both_named(faults: Faults) -> None:
    given = production()
    given["SESSION_SECRET"] = given["JWT_SECRET"]

    told = faults(given)

    assert set(told) == {"SESSION_SECRET"}
    assert "JWT_SECRET" in told["SESSION_SECRET"]


def test_no_key_of_ours_is_somebodys_password_as_well(faults: Faults) -> None:
    given = production()
    given["METRICS_TOKEN"] = given["PEPPER"]

    told = faults(given)

    assert set(told) == {"METRICS_TOKEN"}
    assert "PEPPER" in told["METRICS_TOKEN"]


def test_development_only_says_that_a_secret_is_weak(read: Read) -> None:
    settings = read(development(JWT_SECRET="weak"))

    assert any("JWT_SECRET" in warning for warning in settings.warnings)


@pytest.mark.parametrize("name", ["CLINIC_NAME", "ORG_NAME", "CLINIC_ADDRESS"])
@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200b", "\x1b"])
def test_a_name_of_ours_holds_no_sign_that_nobody_sees(
    faults: Faults, name: str, sign: str
) -> None:
    assert set(faults(development(**{name: f"Clinic {sign}NOVA"}))) == {name}
    assert faults(development(**{name: "Clinique de l'Été – العيادة"})) == {}


@pytest.mark.req("K-45")
@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"PUBLIC_BASE_URL": "http://auth.example.org"}, "PUBLIC_BASE_URL"),
        ({"PUBLIC_BASE_URL": "https://example.org/auth"}, "PUBLIC_BASE_URL"),
        ({"JWT_ISSUER": "http://auth.example.org"}, "JWT_ISSUER"),
        ({"FRONTEND_URL": "http://app.example.org"}, "FRONTEND_URL"),
        ({"CORS_ORIGIN": "http://app.example.org"}, "CORS_ORIGIN"),
        ({"CORS_ORIGIN": "*"}, "CORS_ORIGIN"),
        ({"CORS_ORIGIN": "https://app.example.org/path"}, "CORS_ORIGIN"),
        ({"DB_SSL": "false"}, "DB_SSL"),
        ({"REDIS_URL": "redis://redis.example.org:6379"}, "REDIS_URL"),
        ({"REDIS_URL": "rediss://redis.example.org/0?ssl_cert_reqs=none"}, "REDIS_URL"),
        ({"REDIS_URL": ""}, "REDIS_URL"),
        ({"EMAIL_SERVICE": "console"}, "EMAIL_SERVICE"),
        ({"EMAIL_SERVICE": "mailbox"}, "EMAIL_SERVICE"),
        ({"SMTP_HOST": "", "SMTP_USER": "", "SMTP_PASSWORD": ""}, "EMAIL_SERVICE"),
        ({"SMTP_PASSWORD": ""}, "SMTP_PASSWORD"),
        ({"SMTP_USER": "", "SMTP_PASSWORD": ""}, "SMTP_USER"),
        ({"SMTP_PASSWORD": "your-app-password"}, "SMTP_PASSWORD"),
        ({"EMAIL_FROM": ""}, "EMAIL_FROM"),
        (
            {"DATABASE_URL": "postgresql://auth:secure_password_here@db.example.org/auth"},
            "DATABASE_URL",
        ),
        ({"SSL_CERT_PATH": "/dev/null"}, "SSL_CERT_PATH"),
        ({"JWT_ALGORITHM": "RS256"}, "JWT_PRIVATE_KEY_PATH"),
        ({"METRICS_PORT": "3000"}, "METRICS_PORT"),
        ({"READY_CHECK_PATH": "/health"}, "READY_CHECK_PATH"),
        ({"DB_POOL_MIN": "30"}, "DB_POOL_MIN"),
        ({"PEPPER_PREVIOUS": "1:an-old-one"}, "PEPPER_VERSION"),
    ],
)
def test_production_refuses(faults: Faults, change: dict[str, str], name: str) -> None:
    assert name in faults(production(**change))


@pytest.mark.req("K-45", "G-12")
@pytest.mark.parametrize(
    "option",
    [
        *(f"ssl_cert_reqs={value}" for value in ("none", "None", "OPTIONAL", "optional&db=0")),
        *(f"ssl_check_hostname={value}" for value in ("false", "False", "0", "no", "N", "f")),
        "ssl_cert_reqs=required&ssl_cert_reqs=none",
        "SSL_Check_Hostname=false",
    ],
)
def test_no_option_of_redis_turns_off_the_check_of_its_certificate(
    faults: Faults, option: str
) -> None:
    told = faults(production(REDIS_URL=f"rediss://redis.example.org/0?{option}"))

    assert set(told) == {"REDIS_URL"}
    assert "certificate" in told["REDIS_URL"]


@pytest.mark.parametrize("option", ["ssl_cert_reqs=required", "ssl_check_hostname=True"])
def test_an_option_that_asks_redis_for_the_check_is_fine(faults: Faults, option: str) -> None:
    assert faults(production(REDIS_URL=f"rediss://redis.example.org/0?{option}")) == {}


@pytest.mark.req("G-24")
@pytest.mark.parametrize("name", ["HEALTH_CHECK_PATH", "READY_CHECK_PATH"])
@pytest.mark.parametrize(
    "path",
    [
        "/live",
        "/login",
        "/openapi.json",
        "/static/app.css",
        "/api/v1/auth/me",
        "/api/v1/admin/users/x",
        "/api/health/auth",
    ],
)
@pytest.mark.parametrize("given", [production, development])
def test_a_probe_does_not_stand_at_another_doors_path(
    faults: Faults, given: Callable[..., dict[str, str]], path: str, name: str
) -> None:
    assert set(faults(given(**{name: path}))) == {name}


def test_a_probe_may_stand_at_a_path_of_its_own(faults: Faults) -> None:
    assert faults(production(HEALTH_CHECK_PATH="/healthz", READY_CHECK_PATH="/api/v1/up")) == {}


def test_on_this_very_machine_plain_lines_are_fine(faults: Faults) -> None:
    given = production(
        PUBLIC_BASE_URL="http://localhost:3000",
        DATABASE_URL="postgresql://auth@127.0.0.1/auth",
        DB_SSL="false",
        REDIS_URL="redis://[::1]:6379",
        SMTP_HOST="localhost",
        SMTP_USER="",
        SMTP_PASSWORD="",
    )

    assert faults(given) == {}


def test_a_database_at_a_socket_needs_no_tls(faults: Faults) -> None:
    parts = {"DATABASE_URL": "", "DB_HOST": "/run/postgresql", "DB_NAME": "auth", "DB_SSL": "false"}

    assert faults(production(**parts)) == {}


def test_redis_may_be_done_without_where_that_is_said(read: Read) -> None:
    settings = read(production(REDIS_URL="", REDIS_REQUIRED="false"))

    assert any("REDIS_URL" in warning and "memory" in warning for warning in settings.warnings)


def test_a_key_that_everybody_can_read_is_refused(tmp_path: Path) -> None:
    key = tmp_path / "private.key"
    key.write_text("-----BEGIN PRIVATE KEY-----")
    key.chmod(0o644)
    given = production(JWT_PRIVATE_KEY_PATH="private.key")

    with pytest.raises(SettingsRefused) as refusal:
        read(given, cwd=tmp_path)

    ((name, sentence),) = refusal.value.faults
    assert name == "JWT_PRIVATE_KEY_PATH"
    assert "chmod 600" in sentence
    key.chmod(0o600)
    assert read(given, cwd=tmp_path).warnings == ()


def test_two_keys_that_are_no_pair_are_refused(tmp_path: Path) -> None:
    pem = serialization.Encoding.PEM
    pair, stranger = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    private = pair.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "private.key").touch(0o600)
    (tmp_path / "private.key").write_bytes(private)
    given = production(JWT_PRIVATE_KEY_PATH="private.key", JWT_PUBLIC_KEY_PATH="public.key")

    told = []
    for key in (pair, stranger, None):
        public = key.public_key() if key else None
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        text = public.public_bytes(pem, form) if public else b"no key"
        (tmp_path / "public.key").write_bytes(text)
        try:
            read(given, cwd=tmp_path)
            told.append([])
        except SettingsRefused as refusal:
            told.append([name for name, _ in refusal.faults])

    assert told == [[], ["JWT_PUBLIC_KEY_PATH"], ["JWT_PRIVATE_KEY_PATH"]]


@pytest.mark.parametrize("bits", [1024, 2047, 2048])
@pytest.mark.parametrize("given", [production, development])
def test_an_rsa_key_of_fewer_than_2048_bits_signs_nothing(
    tmp_path: Path, faults: Faults, given: Callable[..., dict[str, str]], bits: int
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "private.key").touch(0o600)
    (tmp_path / "private.key").write_bytes(pem)

    told = faults(given(JWT_PRIVATE_KEY_PATH="private.key"))

    assert [name for name, sentence in told.items() if f"{bits} bits" in sentence] == (
        ["JWT_PRIVATE_KEY_PATH"] if bits < 2048 else []
    )


def test_a_file_that_a_setting_names_must_be_there(faults: Faults) -> None:
    assert set(faults(production(DB_SSL_CA_PATH="/nowhere/ca.pem"))) == {"DB_SSL_CA_PATH"}


@pytest.mark.parametrize(
    ("place", "given"),
    [("pepper", {"PEPPER_FILE": "pepper"}), ("secrets/PEPPER", {"SECRETS_DIR": "secrets"})],
)
def test_a_secret_in_a_file_that_everybody_can_read_is_refused(
    tmp_path: Path, faults: Faults, place: str, given: dict[str, str]
) -> None:
    file = tmp_path / place
    file.parent.mkdir(exist_ok=True)
    file.write_text(fresh_secrets()["PEPPER"])
    environ = production(PEPPER="", **given)

    file.chmod(0o644)
    told = faults(environ)
    file.chmod(0o640)

    assert set(told) == {"PEPPER"}
    assert f"chmod 600 {file.relative_to(tmp_path)}" in told["PEPPER"].replace(f"{tmp_path}/", "")
    assert faults(environ) == {}


def test_of_a_secret_that_a_container_has_mounted_for_everybody_it_is_only_said(
    read: Read,
) -> None:
    with tempfile.NamedTemporaryFile("w", dir="/dev/shm") as mounted:  # memory, as secrets are
        mounted.write(fresh_secrets()["PEPPER"])
        mounted.flush()
        Path(mounted.name).chmod(0o444)
        settings = read(production(PEPPER="", PEPPER_FILE=mounted.name))

    assert any("PEPPER" in warning and "everybody" in warning for warning in settings.warnings)


def test_production_that_could_answer_nobody_says_so(read: Read) -> None:
    settings = read(production(TRUSTED_PROXIES=""))

    assert any("TRUSTED_PROXIES" in warning for warning in settings.warnings)


def test_staging_is_as_strict(faults: Faults) -> None:
    assert "JWT_SECRET" in faults(production(APP_ENV="staging", JWT_SECRET="short"))


def test_rotated_peppers_still_verify(read: Read) -> None:
    given = production(PEPPER_VERSION="3", PEPPER_PREVIOUS="1:first, 2:second:with:colons")

    peppers = read(given).section(SecretSettings).peppers()

    assert peppers.current == 3
    assert peppers.keys == {1: b"first", 2: b"second:with:colons", 3: given["PEPPER"].encode()}


def test_secrets_made_for_development_stay_there(faults: Faults) -> None:
    made = f"{DEVELOPMENT_MARK}{production()['JWT_SECRET']}"

    assert "JWT_SECRET" in faults(production(JWT_SECRET=made))


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "10.0.0.0/8,::/0"])
def test_not_everybody_is_a_proxy_of_ours(faults: Faults, everybody: str) -> None:
    assert "TRUSTED_PROXIES" in faults(production(TRUSTED_PROXIES=everybody))


def test_production_does_not_debug(faults: Faults) -> None:
    assert "LOG_LEVEL" in faults(production(LOG_LEVEL="debug"))


@pytest.mark.parametrize(
    ("secret", "taken"),
    [
        ("an example: make a random one of your own", False),
        ("kept by the gateway and by us alone", False),
        (32 * "a", False),
        ("gateway-7c41d9e07f52b8631d0ea94c7b25f8d6e3", True),
    ],
)
def test_a_gateway_proves_itself_by_no_secret_of_a_guide(
    faults: Faults, secret: str, *, taken: bool
) -> None:
    told = faults(production(USSD_GATEWAY_SECRET=secret))
    assert ("USSD_GATEWAY_SECRET" not in told) is taken
