"""A profile, and nothing else told, is enough to listen where that system's own guide says."""

import shutil
import urllib.request
from pathlib import Path

import pytest

from tests.support.ports import free_port, own_address
from tests.support.program import serving


@pytest.fixture
def folder(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """Return a folder with a migrated database where development looks for it."""
    (tmp_path / "var").mkdir()
    shutil.copy(migrated_sqlite, tmp_path / "var" / "watchword.db")
    return tmp_path


def get(address: str) -> tuple[int, str]:
    with urllib.request.urlopen(address) as answer:
        return answer.status, answer.read().decode()


@pytest.mark.req("M-07", "M-08", "K-01")
def test_the_wallet_listens_on_8085_and_has_health_and_metrics_there(folder: Path) -> None:
    host = own_address()
    environ = {
        "APP_ENV": "development",
        "APP_PROFILE": "molam",
        "JWT_SECRET": "weak",
        "HOST": host,
        "WEB_CONCURRENCY": "1",
    }
    with serving(f"http://{host}:8085", cwd=folder, environ=environ):
        assert get(f"http://{host}:8085/health")[0] == 200
        status, metrics = get(f"http://{host}:8085/metrics")
    assert status == 200
    assert 'profile="molam"' in metrics


@pytest.mark.req("R-05", "K-01")
def test_the_platform_reads_the_dotenv_of_its_environment_and_listens_on_3001(
    folder: Path,
) -> None:
    host = own_address()
    lines = [
        "NODE_ENV=development",
        f"DATABASE_URL=sqlite:///{folder}/var/watchword.db",
        f"REDIS_URL=redis://127.0.0.1:{free_port()}",
        "JWT_SECRET=k8Jw0-s2Vd7Qy4Tn1Zc9Lx6Rb3Mf5Hg7Pa2Ue8Io",
        "JWT_REFRESH_SECRET=Pa2Ue8Io-k8Jw0-s2Vd7Qy4Tn1Zc9Lx6Rb3Mf5Hg7",
        "LOG_LEVEL=debug",
        "FRONTEND_URL=http://localhost:3000",
        f"HOST={host}",
        "WEB_CONCURRENCY=1",
    ]
    (folder / ".env.development").write_text("\n".join(lines))
    (folder / ".env.test").write_text("PORT=3009\n")
    environ = {"APP_ENV": "development", "APP_PROFILE": "romapi"}
    with serving(f"http://{host}:3001", cwd=folder, environ=environ):
        status, health = get(f"http://{host}:3001/health")
    assert status == 200
    assert '"redis":"degraded"' in health
