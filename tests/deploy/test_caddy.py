"""The shipped Caddyfile."""

import os
import subprocess
from pathlib import Path

import pytest

CADDYFILE = Path(__file__).parents[2] / "deploy/caddy/Caddyfile"


@pytest.mark.req("M-44")
def test_caddy_takes_the_file_with_several_instances(caddy: str, tmp_path: Path) -> None:
    given = {
        "WATCHWORD_HOST": "auth.example.org",
        "WATCHWORD_INSTANCES": "10.0.0.11:3000 10.0.0.12:3000",
        "HOME": str(tmp_path),
    }
    ended = subprocess.run(
        [caddy, "adapt", "--validate", "--config", CADDYFILE, "--adapter", "caddyfile"],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    for said in ("auth.example.org", "10.0.0.11:3000", "10.0.0.12:3000", "/metrics"):
        assert said in ended.stdout
