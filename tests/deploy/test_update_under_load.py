"""update.sh and rollback.sh with real instances behind a real nginx, while people ask again and again."""

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

import tests.support.fake_docker as fake
from tests.support.docker_host import DockerHost
from tests.support.ports import free_port
from tests.support.program import COMMAND
from tests.support.proxied import Proxied, an_account, certify, load
from tests.support.rolling import lost
from tests.support.services.nginx import Nginx, Proxy
from tests.support.world import environment

OLD, NEW = "example/watchword@sha256:1", "example/watchword@sha256:2"
PROCESSES = Path(fake.__file__).with_name("docker_of_processes.py")


@pytest.fixture
def site(nginx: Nginx, postgres_url: str, tmp_path: Path) -> Iterator[tuple[DockerHost, Proxied]]:
    """A deployment of one instance, and its proxy: while it is exchanged there is another."""
    proxy = Proxy.laid_out(nginx, tmp_path / "nginx", "ariya")
    trust = certify(proxy.folder / "tls")
    environ = environment(
        postgres_url,
        APP_PROFILE="ariya",
        WEB_CONCURRENCY="1",
        TRUSTED_PROXIES="127.0.0.1",
        PUBLIC_BASE_URL=f"https://localhost:{proxy.tls_port}",
        HTTPS="true",
        METRICS_PORT="",
        DB_CONNECT_TIMEOUT_MS="20000",
    )
    made = Proxied(proxy=proxy, trust=trust, environ=environ, folder=tmp_path)
    host = DockerHost.laid_out(tmp_path / "host", "ariya", docker=PROCESSES)
    port = str(free_port())
    env = host.home / ".env"
    env.write_text(env.read_text().replace("PORT=3000", f"PORT={port}"))
    host.change(
        replicas=1,
        registry={"example/watchword:1": OLD, "example/watchword:2": NEW},
        real={
            "command": [str(COMMAND), "serve"],
            "environ": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **environ},
            "folder": str(tmp_path),
            "port": port,
            "nginx": {"command": nginx.command(proxy.folder), "folder": str(proxy.folder)},
        },
    )
    running = proxy.start()
    assert host.run("secrets.sh").returncode == 0
    try:
        deployed = host.run("deploy-docker.sh", "example/watchword:1", LOOK_EVERY="1")
        assert deployed.returncode == 0, deployed.stderr
        told = ["docker", "compose", "exec", "-T", "proxy", "nginx", "nginx.conf", "-t"]
        subprocess.run(told, cwd=host.home, env=host.environment, check=True)
        proxy.reload()
        yield host, made
    finally:
        running.stop()
        for each in host.state["containers"]:
            if "pid" in each and each["status"] == "running":
                os.kill(each["pid"], signal.SIGKILL)


@pytest.mark.req("R-67", "G-71", "G-03", "D-49")
async def test_while_a_deployment_is_updated_and_taken_back_nobody_is_refused(
    site: tuple[DockerHost, Proxied], postgres_url: str, tmp_path: Path
) -> None:
    host, made = site
    await an_account(postgres_url, tmp_path)
    with load(made) as people:
        updated = host.run("update.sh", "example/watchword:2", LOOK_EVERY="1")
        assert updated.returncode == 0, updated.stderr
        assert host.images() == [NEW]
        back = host.run("rollback.sh", LOOK_EVERY="1")
        assert back.returncode == 0, back.stderr
        assert host.images() == [OLD]
    assert not people.failed, people.answers
    assert people.answers.total() > 100
    assert await lost(people, postgres_url) == set()
    assert host.state["faults"] == []
