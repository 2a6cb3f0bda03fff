"""Backups are encrypted to a public key, and to nothing else."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.app.settings.conftest import Faults, Read
from tests.support.backups import Keys
from tests.support.environments import development, production
from watchword.records.backups.rules import BackupSettings

KEYS = Keys()
SSH = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN"


@pytest.mark.req("K-48", "K-49")
def test_the_settings_of_before_are_read_by_their_names(read: Read) -> None:
    given = {
        "AWS_S3_BUCKET": "auth-backups",
        "RETENTION_DAYS": "30",
        "BACKUP_SCHEDULE": "0 3 * * *",
    }
    found = read(production(BACKUP_AGE_RECIPIENTS=f"{KEYS.recipient},{SSH}", **given)).section(
        BackupSettings
    )
    assert found.recipients == (KEYS.recipient, SSH)
    assert (found.bucket, found.stays) == ("s3://auth-backups/backups", timedelta(days=30))
    assert found.times.text == "0 3 * * *"
    bare = read(production()).section(BackupSettings)
    assert (bare.recipients, bare.folder, bare.stays) == ((), "/backups", timedelta(days=7))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BACKUP_RECIPIENT", str(KEYS.pair)),
        ("BACKUP_RECIPIENT", KEYS.recipient[:-1] + ("q" if KEYS.recipient[-1] != "q" else "p")),
        ("BACKUP_RECIPIENT", "somebody@example.org"),
        ("BACKUP_S3_URI", "https://s3.example.org/bucket"),
        ("BACKUP_RETENTION_DAYS", "0"),
        ("BACKUP_CRON", "daily"),
        ("BACKUP_IDENTITY", KEYS.recipient),
        ("BACKUP_SCRATCH_URL", "mysql://nobody@127.0.0.1/scratch"),
    ],
    ids=["a secret key", "a slip", "an address", "s3", "days", "cron", "a public key", "scratch"],
)
def test_what_makes_no_sense_is_refused_by_name_and_never_told(
    faults: Faults, name: str, value: str
) -> None:
    found = faults(development(**{name: value}))
    assert list(found) == [name]
    assert str(KEYS.pair) not in found[name]


def test_an_identity_on_a_machine_that_serves_is_worth_a_word(read: Read) -> None:
    given = {"BACKUP_RECIPIENT": KEYS.recipient, "BACKUP_IDENTITY": str(KEYS.pair)}
    settings = read(production(**given))
    [warning] = [each for each in settings.warnings if each.startswith("BACKUP_IDENTITY")]
    assert str(KEYS.pair) not in warning


def test_without_the_extra_it_says_which_and_how(tmp_path: Path) -> None:
    script = "import sys; sys.modules['pyrage'] = None; from watchword.app.main import main; main()"
    environ = {"PATH": os.environ["PATH"], **development(BACKUP_RECIPIENT=KEYS.recipient)}
    ended = subprocess.run(
        [sys.executable, "-c", script, "env", "validate"],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    assert "pip install 'watchword[backup]'" in ended.stdout + ended.stderr
