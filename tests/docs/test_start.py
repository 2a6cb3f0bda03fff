"""The settings that the page on starting calls the least there is: enough, and each of them needed."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.support.markdown import ROOT
from tests.support.started import COMMAND, environment
from watchword.app.settings import SettingsRefused, read

SAMPLES = {
    "PUBLIC_BASE_URL": "https://auth.example.org",
    "DATABASE_URL": "sqlite:///watchword.db",
    "REDIS_REQUIRED": "false",
    "SMTP_HOST": "smtp.example.org",
    "SMTP_USER": "watchword",
    "SMTP_PASSWORD": "jR7-vw20-Kq41",
    "EMAIL_FROM": "Watchword <noreply@example.org>",
    "SECRETS_DIR": "secrets",
    "TRUSTED_PROXIES": "10.0.0.0/8",
}
ONLY_WARNED = {"TRUSTED_PROXIES"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with fresh secrets, made as the page says."""
    path = tmp_path_factory.mktemp("production")
    command = [COMMAND, "secrets", "generate", "--dir", "secrets"]
    subprocess.run(command, cwd=path, env=environment(path), check=True, capture_output=True)
    return path


def told() -> set[str]:
    page = (ROOT / "docs/operate/start.md").read_text("utf-8")
    item = re.search(r"^2\. (.*?)^   Without a proxy", page, re.MULTILINE | re.DOTALL)
    assert item
    return {name.partition("=")[0] for name in re.findall(r"`([A-Z_]+(?:=\w+)?)`", item[1])}


def test_the_page_names_what_production_needs() -> None:
    assert told() == {*SAMPLES, "REDIS_URL"}


def test_it_is_enough(folder: Path) -> None:
    settings = read(SAMPLES, cwd=folder)
    assert settings.texts["PUBLIC_BASE_URL"] == SAMPLES["PUBLIC_BASE_URL"]


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - ONLY_WARNED))
def test_without_one_of_them_nothing_starts(folder: Path, name: str) -> None:
    with pytest.raises(SettingsRefused):
        read({key: value for key, value in SAMPLES.items() if key != name}, cwd=folder)
