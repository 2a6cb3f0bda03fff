"""A machine that a deployment by Compose runs on: a copy of deploy/, a fake docker on PATH, and what it kept.

host = DockerHost.laid_out(folder, "romapi")
host.run("deploy-docker.sh")      an exit code, and what was said
host.state, host.change(...)      images, containers, diary, faults (see `fake_docker`)
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import fake_docker
from tests.support.deploy_files import DEPLOY

FAKE = Path(fake_docker.__file__)
_COPIED = ("compose", "nginx", "scripts")
_FRESH: dict[str, Any] = {
    "images": {},
    "registry": {},
    "broken": [],
    "mute": [],
    "containers": [],
    "services": ["app", "postgres", "proxy", "redis", "redis-cache"],
    "replicas": 2,
    "loaded": [],
    "ports": [],
    "count": 0,
    "next": f"sha256:{'a' * 64}",
    "failing": [],
    "killing": [],
    "ending": [],
    "meanwhile": {},
    "said_meanwhile": [],
    "faults": [],
    "diary": [],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DockerHost:
    """The machine."""

    folder: Path

    @classmethod
    def laid_out(
        cls, folder: Path, system: str = "generic", *, docker: Path = FAKE
    ) -> "DockerHost":
        """Return one with the files of a system and a certificate, on which nothing runs."""
        for name in _COPIED:
            shutil.copytree(DEPLOY / name, folder / "deploy" / name)
        host = cls(folder=folder)
        shutil.copy(host.home / f"systems/{system}.env", host.home / ".env")
        (host.home / "tls").mkdir()
        for name in ("fullchain.pem", "privkey.pem"):
            (host.home / "tls" / name).write_text("PEM")
        tools = folder / "bin"
        tools.mkdir()
        command = tools / "docker"
        command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{docker}" "$@"\n')
        command.chmod(0o755)
        host.change(**_FRESH)
        return host

    @property
    def home(self) -> Path:
        """Return where Compose works."""
        return self.folder / "deploy/compose"

    @property
    def environment(self) -> dict[str, str]:
        """Return what whoever works here has in the environment."""
        return {
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            "FAKE_DOCKER": str(self.folder / "docker.json"),
            "LOOK_EVERY": "0",
            "HOME": str(self.folder),
        }

    @property
    def state(self) -> dict[str, Any]:
        """Return what docker keeps."""
        state: dict[str, Any] = json.loads((self.folder / "docker.json").read_text())
        return state

    def change(self, **more: Any) -> None:
        """Let docker keep something else."""
        file = self.folder / "docker.json"
        state = self.state if file.exists() else {}
        file.write_text(json.dumps({**state, **more}))

    def run(self, script: str, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run a script."""
        return subprocess.run(
            ["sh", self.folder / "deploy/scripts" / script, *words],
            env={**self.environment, **environ},
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # whoever is killed dies with what it began, and no more
        )

    def told(self, name: str) -> str:
        """Return what .env says."""
        lines = (self.home / ".env").read_text().splitlines()
        found = [line.partition("=")[2] for line in lines if line.startswith(f"{name}=")]
        return found[-1] if found else ""

    def images(self) -> list[str]:
        """Return the image of each instance that runs."""
        return [
            each["image"]
            for each in self.state["containers"]
            if each["status"] == "running" and fake_docker.OURS.match(each["service"])
        ]

    def asked(self, *patterns: str) -> list[int]:
        """Return where in the diary each pattern is first found."""
        diary = self.state["diary"]
        return [
            next(n for n, line in enumerate(diary) if re.search(pattern, line))
            for pattern in patterns
        ]

    def copied(self, folder: Path) -> "DockerHost":
        """Return another one, in the same state."""
        shutil.copytree(self.folder, folder)
        return DockerHost(folder=folder)
