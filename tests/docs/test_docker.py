"""What the page on Docker tells people to type works as printed, with a fake docker, from a clone on."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.docker_host import DockerHost
from tests.support.markdown import ROOT, blocks

PAGE = ROOT / "docs/operate/docker.md"
OURS = "auth.example.org"


@pytest.fixture
def clone(tmp_path: Path) -> DockerHost:
    """A clone on a machine with a certificate, a key for backups, and nothing else."""
    host = DockerHost.laid_out(tmp_path)
    host.change(replicas=None)
    (host.home / ".env").unlink()
    shutil.rmtree(host.home / "tls")
    shutil.copy(ROOT / "Makefile", host.folder)
    for name in ("fullchain.pem", "privkey.pem"):
        (host.folder / name).write_text("PEM")
    (host.folder / "webhook").write_text("https://hooks.example.org/secret")
    (host.folder / "backup.key").write_text("AGE-SECRET-KEY-1")
    for name, does in {
        "git": "echo 1234567",
        "curl": 'printf \'{"status":"healthy"}\\n200\'',
    }.items():
        (host.folder / "bin" / name).write_text(f"#!/bin/sh\n{does}\n")
        (host.folder / "bin" / name).chmod(0o755)
    return host


def recipe(target: str, number: str) -> list[str]:
    """Return what make does for a target."""
    text = (ROOT / "Makefile").read_text()
    compose = re.findall(r"^COMPOSE = (.*)$", text, re.MULTILINE)[0]
    (lines,) = re.findall(rf"^{target}:\n((?:\t.*\n)+)", text, re.MULTILINE)
    filled = lines.replace("$(COMPOSE)", compose).replace("$(N)", number)
    return [f"({line.strip()})" for line in filled.splitlines()]


def typed(line: str, host: DockerHost) -> list[str]:
    """Return what is run for a line: other folders of the machine are ours, and make is read by us."""
    if line.startswith("make "):
        _, target, *told = line.split()
        return recipe(target, told[0].partition("=")[2] if told else "")
    for theirs in (f"/etc/letsencrypt/live/{OURS}/", "/etc/watchword/", "/media/key/"):
        line = line.replace(theirs, f"{host.folder}/")
    return [line]


@pytest.mark.req("G-33", "G-73")
def test_every_command_of_the_page_works_in_its_order(clone: DockerHost) -> None:
    where = clone.folder
    for block in blocks(PAGE):
        lines = [each for line in block.text.splitlines() for each in typed(line, clone)]
        if lines[0].startswith("sed"):
            where = clone.home
        if lines[0].startswith(("ALERT", "(", "git", "deploy")):
            where = clone.folder
        if lines[0].startswith(
            "git"
        ):  # `make down` came before, and the checkout is another one now
            started = clone.run("deploy-docker.sh")
            assert started.returncode == 0, started.stderr
            clone.change(next=f"sha256:{'b' * 64}")
        ended = subprocess.run(
            ["sh", "-euc", "\n".join(lines)],
            cwd=where,
            env={**clone.environment, "MONITOR_STATE": str(clone.folder / "state")},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, (block.text, ended.stderr)
    assert clone.state["faults"] == []
    assert clone.told("COMPOSE_FILE").endswith(":monitoring.yaml")
    assert any("--scale app=6" in line for line in clone.state["diary"])
    assert clone.told("REPLICAS") == "3"


@pytest.mark.req("G-33")
def test_make_has_a_word_for_each_verb_of_compose() -> None:
    for target in ("build", "up", "scale", "logs", "down"):
        assert recipe(target, "3")
