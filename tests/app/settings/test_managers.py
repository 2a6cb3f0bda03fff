"""Settings that a manager of secrets keeps: asked once, after whatever stands nearer."""

import contextlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.support import moto
from tests.support.backups import Keys
from tests.support.environments import SECRETS, production
from tests.support.program import watchword
from tests.support.vault import Vault, vault
from watchword.app.settings import Settings, SettingsRefused, catalogue, read
from watchword.app.settings.catalogue import Entry
from watchword.app.settings.layers import Variables
from watchword.app.settings.lookup import Lookup
from watchword.app.settings.managed import sorted_out
from watchword.app.settings.values import Kind
from watchword.kernel.managers import VALUE, Kept, path_of
from watchword.kernel.secret import Secret
from watchword.plumbing.settings import DatabaseSettings, SecretSettings

URL = "postgresql://auth:kept-there@db.example.org/auth_db"


@pytest.fixture
def one_vault() -> Iterator[Vault]:
    with vault() as one:
        one.keep("auth/database", url=URL)
        for name in SECRETS:
            one.keep(f"auth/{path_of(name)}", value=production()[name])
        yield one


def bare(**more: str) -> dict[str, str]:
    """Return production's environment without a secret of its own."""
    return production(**{**dict.fromkeys(SECRETS, ""), "DATABASE_URL": "", **more})


def by_vault(one: Vault, **more: str) -> dict[str, str]:
    given = {"SECRETS_PROVIDER": "vault", "VAULT_ADDR": one.url, "VAULT_TOKEN": "token-of-ours"}
    return bare(**{**given, **more})


def refused(environ: dict[str, str], folder: Path) -> dict[str, str]:
    with pytest.raises(SettingsRefused) as told:
        read(environ, cwd=folder)
    return dict(told.value.faults)


def there(settings: Settings) -> tuple[str, str]:
    return settings.section(DatabaseSettings).url, settings.sources["DATABASE_URL"].label


@pytest.mark.req("M-45", "G-54")
def test_production_starts_with_what_vault_keeps_and_says_where_each_came_from(
    one_vault: Vault, tmp_path: Path
) -> None:
    settings = read(by_vault(one_vault), cwd=tmp_path)

    assert there(settings) == (URL, f"auth/database (url) of Vault at {one_vault.url}")
    assert settings.given("PEPPER")
    asked = len(one_vault.asked)
    read(by_vault(one_vault), cwd=tmp_path)
    assert len(one_vault.asked) == asked, "a process asks once"


@pytest.mark.req("M-45", "G-53")
def test_and_with_what_aws_keeps_under_the_names_of_its_system(tmp_path: Path) -> None:
    with moto.aws() as url:
        client = moto.client("secretsmanager", url)
        client.create_secret(Name="romapi/database-url", SecretString=URL)
        for name in SECRETS:
            text = production()[name]
            client.create_secret(Name=f"romapi/{path_of(name)}", SecretString=text)
        given = {"SECRETS_PROVIDER": "aws", "AWS_SECRETS_URL": url, "APP_PROFILE": "romapi"}
        settings = read(bare(**given, **moto.KEY), cwd=tmp_path)

    assert there(settings) == (URL, "romapi/database-url of AWS Secrets Manager in us-east-1")


def test_and_with_what_a_folder_holds(tmp_path: Path) -> None:
    folder = tmp_path / "mounted"
    folder.mkdir()
    (folder / "database-url").write_text(URL)
    for name in SECRETS:
        (folder / path_of(name)).write_text(production()[name])
    environ = bare(SECRETS_PROVIDER="files", SECRETS_PATH="mounted/")
    told = refused(environ, tmp_path)
    assert set(told) == {*SECRETS, "DATABASE_URL"}, "everybody can read them"
    assert "chmod 600" in told["PEPPER"]
    for file in folder.iterdir():
        file.chmod(0o600)

    settings = read(environ, cwd=tmp_path)

    assert there(settings) == (URL, "mounted/database-url of a folder")


def test_what_stands_nearer_wins(one_vault: Vault, tmp_path: Path) -> None:
    near = "postgresql://auth:near@db.example.org/near"
    (tmp_path / "secrets").mkdir(mode=0o700)
    pepper = tmp_path / "secrets" / "PEPPER"
    pepper.write_text(production()["PEPPER"])
    pepper.chmod(0o600)

    settings = read(by_vault(one_vault, DATABASE_URL=near, SECRETS_DIR="secrets"), cwd=tmp_path)

    assert settings.section(DatabaseSettings).url == near
    assert settings.section(SecretSettings).pepper.reveal() == pepper.read_text()


def test_a_name_that_is_nearly_ours_is_told_and_two_for_one_refuse(
    one_vault: Vault, tmp_path: Path
) -> None:
    one_vault.keep("auth/smtp-pasword", value="mistyped")
    one_vault.keep("auth/grocery-list", value="nobody's")
    one_vault.keep("auth/several", jwt_sercet="mistyped", other="nobody's")
    warnings = " ".join(read(by_vault(one_vault), cwd=tmp_path).warnings)
    assert "SMTP_PASWORD" in warnings
    assert "SMTP_PASSWORD" in warnings
    assert "JWT_SERCET" in warnings
    assert "did you mean JWT_SECRET?" in warnings
    assert "GROCERY" not in warnings

    one_vault.keep("auth/database-url", value=URL)
    again = tmp_path / "again"
    again.mkdir()
    told = refused(by_vault(one_vault), again)
    assert "auth/database (url) and auth/database-url" in told["DATABASE_URL"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"VAULT_ADDR": "http://127.0.0.1:9"}, "out of reach"),
        ({"VAULT_TOKEN": "of-another"}, "refuses us"),
        ({"VAULT_TOKEN": ""}, "wants a token or a role"),
        ({"VAULT_ADDR": ""}, "VAULT_ADDR is missing"),
        ({"VAULT_ADDR": "http://vault.example.org:8200"}, "plain http: use https"),
        (
            {"VAULT_TOKEN": "", "VAULT_ROLE": "pods", "VAULT_JWT_PATH": "none"},
            "none cannot be read",
        ),
        ({"VAULT_CACERT": "none.pem"}, "holds no certificates"),
        ({"SECRETS_PROVIDER": "aws", "AWS_EC2_METADATA_DISABLED": "true"}, "AWS_ACCESS_KEY_ID"),
        (
            {"SECRETS_PROVIDER": "aws", "AWS_WEB_IDENTITY_TOKEN_FILE": "none"},
            "none, which cannot be read",
        ),
    ],
)
def test_without_the_managers_answer_that_one_fault_is_told(
    one_vault: Vault, tmp_path: Path, more: dict[str, str], words: str
) -> None:
    told = refused(by_vault(one_vault, **more), tmp_path)

    assert list(told) == ["SECRETS_PROVIDER"]
    assert words in told["SECRETS_PROVIDER"]
    assert "token-of-ours" not in told["SECRETS_PROVIDER"]


def test_what_neither_the_environment_nor_the_manager_has_is_named(tmp_path: Path) -> None:
    with vault() as one:
        one.keep("auth/database", url=URL)
        told = refused(by_vault(one), tmp_path)

    assert set(SECRETS) <= set(told)
    assert f"here and in Vault at {one.url}" in told["PEPPER"]


def test_the_health_command_asks_no_manager(one_vault: Vault, tmp_path: Path) -> None:
    answer = watchword("health", cwd=tmp_path, environ=by_vault(one_vault, PORT="9"))

    assert (answer.returncode, one_vault.asked) == (69, [])


_PLAUSIBLE = (
    "gT5-kept-elsewhere-and-nowhere-else-0123456789-abcdefghijklmnopqrstuvwxyz",
    "postgresql://auth:kept@db.example.org/auth_db",
    "rediss://:kept@redis.example.org:6379/0",
    "amqps://auth:kept@broker.example.org/",
    "https://key@errors.example.org/1",
    "https://hooks.example.org/services/T0/B0/kept",
    "1:an-earlier-one-that-still-verifies-0123456789",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "staff=kept-elsewhere",
    "billing=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
)


@cache
def _key() -> str:
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return generate_private_key(65537, 2048).private_bytes(*form).decode()


def _acceptable(entry: Entry) -> str:
    """Return a text that a secret may have."""
    for text in (*_PLAUSIBLE, _key(), str(Keys().pair)):
        with contextlib.suppress(ValueError):
            entry.parse(text)
            return text
    raise AssertionError(entry.name)


@pytest.mark.req("M-45")
def test_every_secret_may_come_from_a_file_and_from_a_manager(tmp_path: Path) -> None:
    entries = catalogue.entries(catalogue.sections())
    secret = [entry for entry in entries.values() if entry.secret]
    assert len(secret) > 20
    file = tmp_path / "held"
    for entry in secret:
        text = _acceptable(entry)
        file.write_text(text + "\n")
        for name in entry.names:
            by_file = Variables({f"{name}_FILE": "held"}, tmp_path, Kind.ENVIRONMENT, "here")
            kept = Kept(path=path_of(name), field=VALUE, value=Secret(text))
            managed, _ = sorted_out([kept], catalogue.known_names(entries), "Vault", "auth/")
            for place in (by_file, managed):
                found = Lookup([place]).find(entry)
                assert found is not None, name
                assert found.source.given, name
