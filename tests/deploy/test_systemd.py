"""The shipped unit of systemd."""

import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "deploy/systemd/watchword.service"
PROGRAM = "/opt/watchword/.venv/bin/watchword"


@pytest.mark.req("G-08")
def test_systemd_takes_the_unit_and_finds_it_safe(systemd_analyze: str, tmp_path: Path) -> None:
    shipped = UNIT.read_text()
    assert shipped.count(PROGRAM) == 2
    assert "TimeoutStartSec=1h" in shipped
    assert "StateDirectory=watchword watchword/backups\n" in shipped
    assert " BACKUP_DIR=/var/lib/watchword/backups\n" in shipped
    unit = tmp_path / UNIT.name
    unit.write_text(shipped.replace(PROGRAM, "/bin/true"))
    verified = subprocess.run(
        [systemd_analyze, "verify", unit], capture_output=True, text=True, check=False
    )
    assert (verified.returncode, verified.stderr) == (0, "")
    judged = subprocess.run(
        [systemd_analyze, "security", "--offline=true", "--threshold=20", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout
