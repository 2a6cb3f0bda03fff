"""`watchword secrets`: made, fetched, and told their age, as an operator runs it."""

import contextlib
import json
import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from tests.operations.configuration.conftest import Run
from tests.support import moto
from tests.support.aws_roles import AGENT, ARN, roles
from tests.support.environments import SECRETS, production
from tests.support.markdown import ROOT, blocks
from tests.support.program import watchword
from tests.support.terminal import Terminal
from tests.support.vault import Vault, vault
from watchword.app.settings import dotenv

DAY = 86_400
URL = "postgresql://username:password-of-theirs@host:5432/database"


@pytest.fixture
def one_vault() -> Iterator[Vault]:
    with vault() as one:
        yield one


def ours(one: Vault) -> dict[str, str]:
    return {"VAULT_ADDR": one.url, "VAULT_TOKEN": "token-of-ours"}


def good(answer: Result) -> str:
    """Return what a command printed that must have gone well."""
    assert answer.exit_code == 0, answer.stderr
    return answer.stdout + answer.stderr


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@pytest.mark.req("A-46", "G-54")
def test_what_vault_keeps_is_pulled_into_a_folder_for_its_owner_alone(
    one_vault: Vault, tmp_path: Path
) -> None:
    one_vault.keep("auth/database", url=URL)
    words = ("secrets", "pull", "--from", "vault", "--path", "auth/database")

    said = watchword(*words, cwd=tmp_path, environ=ours(one_vault))

    assert said.returncode == 0, said.stderr
    folder = tmp_path / "var" / "secrets"
    assert (folder / "DATABASE_URL").read_text() == URL + "\n"
    assert [path.name for path in folder.iterdir()] == ["DATABASE_URL"]
    assert (modes(folder), stat.S_IMODE(folder.stat().st_mode)) == ({0o600}, 0o700)
    assert "password-of-theirs" not in said.stdout + said.stderr


def test_what_is_for_no_setting_is_left_there(one_vault: Vault, tmp_path: Path, run: Run) -> None:
    one_vault.keep("auth/database", url=URL)
    one_vault.keep("auth/nothing-of-ours", value="left")
    one_vault.keep("auth/several", theirs="left", his="left")
    words = ("secrets", "pull", "--from", "vault", "--dir", str(tmp_path / "all"), "--json")

    answer = run(*words, environ=ours(one_vault))

    assert good(answer)
    left = ["nothing-of-ours", "several (theirs)", "several (his)"]
    told = {"written": ["DATABASE_URL"], "same": [], "left": left}
    assert json.loads(answer.stdout) == told


@pytest.mark.req("N-18", "G-53")
def test_what_aws_keeps_is_pulled_and_pulled_again(tmp_path: Path, run: Run) -> None:
    folder = tmp_path / "kept"
    words = ("secrets", "pull", "--from", "aws", "--dir", str(folder), "--json")
    with moto.aws() as url:
        client = moto.client("secretsmanager", url)
        client.create_secret(Name="auth/database-url", SecretString=URL)
        environ = {"AWS_SECRETS_URL": url, **moto.KEY}
        answers = [run(*words, environ=environ) for _ in range(2)]
        client.put_secret_value(SecretId="auth/database-url", SecretString=URL + "?again")
        answers.append(run(*words, environ=environ))

    told = [json.loads(each.stdout) for each in answers]
    assert [(each["written"], each["same"]) for each in told] == [
        (["DATABASE_URL"], []),
        ([], ["DATABASE_URL"]),
        (["DATABASE_URL"], []),
    ]
    assert (folder / "DATABASE_URL").read_text() == URL + "?again\n"


@pytest.mark.parametrize("way", ["pod", "task", "machine"])
def test_a_role_reads_what_aws_keeps_without_a_key(tmp_path: Path, run: Run, way: str) -> None:
    words = ("secrets", "pull", "--from", "aws", "--dir", str(tmp_path / "kept"), "--json")
    with moto.aws() as url, roles() as aws:
        moto.client("secretsmanager", url).create_secret(Name="auth/database-url", SecretString=URL)
        token = tmp_path / "token"
        token.write_text(aws.identity)
        told = {
            "pod": {
                "AWS_ROLE_ARN": ARN,
                "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
                "AWS_ENDPOINT_URL_STS": aws.url,
            },
            "task": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": aws.url + AGENT},
            "machine": {"AWS_EC2_METADATA_SERVICE_ENDPOINT": aws.url},
        }
        answer = run(*words, environ={"AWS_SECRETS_URL": url, **told[way]})
    assert good(answer)
    assert json.loads(answer.stdout)["written"] == ["DATABASE_URL"]


def test_a_manager_that_keeps_nothing_for_us_or_is_away_ends_the_command(
    one_vault: Vault, tmp_path: Path, run: Run
) -> None:
    words = ("secrets", "pull", "--dir", str(tmp_path / "kept"))
    nothing = run(*words, "--from", "vault", environ=ours(one_vault))
    away = {"VAULT_ADDR": "http://127.0.0.1:9", "VAULT_TOKEN": "token-of-ours"}
    gone = run(*words, "--from", "vault", environ=away)
    unknown = run(*words, "--from", "azure", environ={})
    none = run(*words, environ={})

    assert [each.exit_code for each in (nothing, gone, unknown, none)] == [1, 69, 2, 69]
    assert "keeps nothing for us at auth/" in nothing.stderr
    assert "out of reach" in gone.stderr
    assert "SECRETS_PROVIDER" in none.stderr
    assert not (tmp_path / "kept").exists()


def test_fresh_secrets_are_kept_by_a_manager_and_production_starts_with_them(
    one_vault: Vault, run: Run
) -> None:
    one_vault.keep("auth/pepper", value=production()["PEPPER"])

    made = run("secrets", "generate", "--to", "vault", "--json", environ=ours(one_vault))
    environ = {name: text for name, text in production().items() if name not in SECRETS}
    managed = {**environ, **ours(one_vault), "SECRETS_PROVIDER": "vault"}
    answer = run("env", "validate", environ=managed)

    told = {"written": sorted(set(SECRETS) - {"PEPPER"}), "kept": ["PEPPER"]}
    assert json.loads(made.stdout) == told
    assert good(answer)


def test_fresh_secrets_are_added_to_a_dotenv_whose_own_lines_stay(tmp_path: Path, run: Run) -> None:
    file = tmp_path / ".env"
    file.write_text("# ours\nPORT=4001\nPEPPER=kept\nJWT_SECRET=\n")
    words = ("secrets", "generate", "--env-file", str(file))

    good(run(*words, environ={}))
    values, faults = dotenv.parse(file.read_text())

    assert (faults, values["PORT"], values["PEPPER"]) == ([], "4001", "kept")
    assert all(len(values[name]) == 86 for name in set(SECRETS) - {"PEPPER"})
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    good(run(*words, "--force", environ={}))
    again, _ = dotenv.parse(file.read_text())
    assert len(again["PEPPER"]) == 86
    assert file.read_text().count("PEPPER=") == 1
    assert run(*words, "--dir", str(tmp_path), environ={}).exit_code == 2


@pytest.mark.req("N-18", "A-46")
def test_a_secret_older_than_ninety_days_is_flagged(sqlite_url: str, tmp_path: Path) -> None:
    folder, now = tmp_path / "secrets", time.time()
    folder.mkdir(mode=0o700)
    for name, days in (("PEPPER", 91), ("JWT_SECRET", 89)):
        (folder / name).write_text(production()[name])
        (folder / name).chmod(0o600)
        os.utime(folder / name, (now - days * DAY, now - days * DAY))
    blank = {"PEPPER": "", "JWT_SECRET": ""}
    terminal = Terminal(sqlite_url, tmp_path, more={**blank, "SECRETS_DIR": "secrets"})

    answer = terminal.run("secrets", "age", "--json")
    patient = terminal.run("secrets", "age", "--days", "100")

    states = {each["name"]: (each["days"], each["state"]) for each in answer.json}
    assert states["PEPPER"] == (91, "old")
    assert states["JWT_SECRET"] == (89, "ok")
    assert states["CSRF_SECRET"] == (None, "unknown")
    assert "PEPPER" in answer.err
    assert "JWT_SECRET" not in answer.err
    assert (answer.code, patient.code) == (1, 0)
    assert production()["PEPPER"] not in answer.out
    finding = next(
        each
        for each in terminal.run("doctor", "--json").json["checks"]
        if each["check"] == "secrets"
    )
    assert (finding["outcome"], finding["fix"]) == ("warning", "watchword secrets age")
    assert "PEPPER" in finding["detail"]


def test_a_manager_tells_since_when_it_keeps_a_secret(
    sqlite_url: str, one_vault: Vault, tmp_path: Path
) -> None:
    one_vault.keep("auth/pepper", value=production()["PEPPER"])
    more = {**ours(one_vault), "SECRETS_PROVIDER": "vault", "PEPPER": ""}

    told = Terminal(sqlite_url, tmp_path, more=more).run("secrets", "age", "--json").json

    [pepper] = [each for each in told if each["name"] == "PEPPER"]
    assert pepper["source"] == f"auth/pepper of Vault at {one_vault.url}"
    assert pepper["days"] is not None
    assert pepper["state"] == "old", "kept since February"


def test_the_lines_of_the_page_on_secrets_do_what_they_say(
    one_vault: Vault, tmp_path: Path, run: Run
) -> None:
    one_vault.keep("auth/database", url=URL)
    lines = [
        line
        for block in blocks(ROOT / "docs/operate/secrets.md")
        if block.language == "sh"
        for line in block.text.strip().splitlines()
    ]
    assert len(lines) > 6
    with moto.aws() as url, contextlib.chdir(tmp_path):
        moto.client("secretsmanager", url).create_secret(Name="auth/database-url", SecretString=URL)
        environ = production(**ours(one_vault), **moto.KEY, AWS_SECRETS_URL=url)
        for line in lines:
            answer = run(*line.split()[1:], environ=environ)
            assert answer.exit_code == 0, (line, answer.stderr)
    kept = {path.name for path in (tmp_path / "secrets").iterdir()}
    assert kept == {*SECRETS, "USSD_GATEWAY_SECRET", "METRICS_TOKEN", "DATABASE_URL"}


def test_a_name_that_is_no_secret_is_not_made(run: Run) -> None:
    answer = run("secrets", "generate", "PORT", environ={})

    assert (answer.exit_code, answer.stdout) == (2, "")
