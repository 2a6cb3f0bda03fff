"""Real services as pytest fixtures, one server each for the whole run.

    postgres_server     the server: make databases in it
    postgres_database   the URL of a fresh, empty database owned by the application's role
    postgres_programs   Debian's PostgreSQL, which speaks TLS, for the files of deploy/postgres
    pgbouncer           the program, to be started before one of those
    valkey_url          the URL of an empty Valkey database, one number per worker
    rabbitmq_url        the URL of the run's RabbitMQ: use exchanges and queues of your own
    chromium            the path of a browser
    promtool            Prometheus's judge of rules and configurations
    redis_programs      Redis's programs, for the files of deploy/redis
    nginx               the program, to be laid out with the files of deploy/nginx
    caddy               the path of Caddy
    age                 the path of the tool age
    systemd_analyze     the path of what judges units
    oidc_provider       a way to start a certified OpenID provider, for one address to come back to
    smtp_sink           a listening mail server that keeps what it gets

A test that asks for a service inside itself, or through an indirect parameter, says
so with @pytest.mark.needs("postgres").  A missing service fails its tests and names
the command that mends it; --no-services deselects them and says so.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.support.services import chromium as chromium_service
from tests.support.services import nginx as nginx_service
from tests.support.services import oidc_provider as oidc_service
from tests.support.services import operated as operated_service
from tests.support.services import pgbouncer as pgbouncer_service
from tests.support.services import promtool as promtool_service
from tests.support.services import redis as redis_service
from tests.support.services.debian import program
from tests.support.services.desk import Asker, Desk, NotServed
from tests.support.services.nginx import Nginx
from tests.support.services.oidc_provider import OidcProvider
from tests.support.services.operated import Programs
from tests.support.services.pgbouncer import PgBouncer
from tests.support.services.postgres import Postgres
from tests.support.services.promtool import Promtool
from tests.support.services.rabbitmq import Rabbit
from tests.support.services.redis import Redis
from tests.support.services.smtp import SmtpSink
from tests.support.services.valkey import Valkey

SERVICE_OF = {
    "postgres_server": "postgres",
    "postgres_programs": "postgres_by_tls",
    "pgbouncer": "pgbouncer",
    "valkey_server": "valkey",
    "rabbitmq_url": "rabbitmq",
    "chromium": "chromium",
    "promtool": "promtool",
    "redis_programs": "redis",
    "nginx": "nginx",
    "caddy": "caddy",
    "age": "age",
    "systemd_analyze": "systemd",
    "oidc_home": "oidc_provider",
}
CACHE = Path(__file__).parents[3] / ".cache"
Served = tuple[dict[str, Any], Callable[[], None]]

asker_key = pytest.StashKey[Asker | None]()
desk_key = pytest.StashKey[Desk]()
said_key = pytest.StashKey[list[str]]()
dropped_key = pytest.StashKey[int]()


def start_postgres() -> Served:
    """Start or join PostgreSQL."""
    given = os.environ.get("TEST_POSTGRES_URL")
    server = Postgres.at(given) if given else Postgres.start(fsync=False)
    facts = {
        "origin": server.origin,
        "admin_url": server.admin_url,
        "app_role": server.app_role,
        "app_password": server.app_password,
    }
    return facts, server.stop


def find_postgres_by_tls() -> Served:
    """Find or fetch a PostgreSQL that speaks TLS."""
    found = operated_service.find()
    return {"origin": found.folder, **asdict(found)}, lambda: None


def find_pgbouncer() -> Served:
    """Find or fetch PgBouncer."""
    found = pgbouncer_service.find()
    return {"origin": found.path, **asdict(found)}, lambda: None


def start_valkey() -> Served:
    """Start or join Valkey."""
    given = os.environ.get("TEST_REDIS_URL")
    server = Valkey.at(given) if given else Valkey.start()
    return {"origin": server.origin, "base_url": server.base_url}, server.stop


def start_rabbitmq() -> Served:
    """Start or join RabbitMQ."""
    given = os.environ.get("TEST_AMQP_URL")
    server = Rabbit.at(given) if given else Rabbit.start()
    return {"origin": server.origin, "url": server.url}, server.stop


def start_chromium() -> Served:
    """Find or fetch a browser."""
    browser = chromium_service.find()
    return {"origin": browser.origin, "path": browser.path}, lambda: None


def start_promtool() -> Served:
    """Find or fetch promtool."""
    tool = promtool_service.find()
    return {"origin": tool.origin, "path": tool.path}, lambda: None


def find_redis() -> Served:
    """Find or fetch Redis."""
    found = redis_service.find()
    return {"origin": found.server, **asdict(found)}, lambda: None


def start_nginx() -> Served:
    """Find or fetch nginx."""
    path = nginx_service.find().path
    return {"origin": path, "path": path}, lambda: None


def start_caddy() -> Served:
    """Find or fetch Caddy."""
    path = program("caddy", "caddy", CACHE / "caddy")
    return {"origin": path, "path": path}, lambda: None


def start_age() -> Served:
    """Find or fetch age."""
    path = program("age", "age", CACHE / "age")
    return {"origin": path, "path": path}, lambda: None


def start_systemd() -> Served:
    """Find or fetch what judges units of systemd."""
    path = program("systemd-analyze", "systemd", CACHE / "systemd")
    return {"origin": path, "path": path}, lambda: None


def find_oidc_provider() -> Served:
    """Find or fetch the package of an OpenID provider."""
    home, origin = oidc_service.find()
    return {"origin": origin, "home": str(home)}, lambda: None


STARTERS = {
    "postgres": start_postgres,
    "postgres_by_tls": find_postgres_by_tls,
    "pgbouncer": find_pgbouncer,
    "valkey": start_valkey,
    "rabbitmq": start_rabbitmq,
    "chromium": start_chromium,
    "promtool": start_promtool,
    "redis": find_redis,
    "nginx": start_nginx,
    "caddy": start_caddy,
    "age": start_age,
    "systemd": start_systemd,
    "oidc_provider": find_oidc_provider,
}


ALL = ", ".join(STARTERS)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer the one explicit way to go without."""
    parser.addoption(
        "--no-services",
        action="store_true",
        help=f"leave out the tests that need {ALL}",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Open the desk in the ruling process; let a worker know where it is."""
    config.addinivalue_line("markers", f"needs(*services): asks for {ALL}")
    config.stash[dropped_key] = 0
    config.stash[said_key] = []
    if config.getoption("--no-services"):
        config.stash[asker_key] = None
        return
    worker = getattr(config, "workerinput", None)
    if worker is not None:
        config.stash[asker_key] = Asker(Path(worker["services"]))
        return
    folder = Path(tempfile.mkdtemp(prefix="watchword-desk-"))
    desk = Desk(folder, dict(STARTERS), config.stash[said_key].append)
    desk.open()
    config.stash[desk_key] = desk
    config.stash[asker_key] = Asker(folder)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a new worker where the desk is."""
    asker = node.config.stash[asker_key]
    node.workerinput["services"] = str(asker.folder) if asker else ""


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what was started."""
    desk = config.stash.get(desk_key, None)
    if desk is not None:
        desk.close()
        shutil.rmtree(desk.folder, ignore_errors=True)


def wanted_by(item: pytest.Item) -> set[str]:
    """Return the services one test needs, by its fixtures and its marks."""
    fixtures = getattr(item, "fixturenames", ())
    named = {SERVICE_OF[name] for name in fixtures if name in SERVICE_OF}
    return named.union(*(mark.args for mark in item.iter_markers("needs")))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order early what will be needed, or leave those tests out if we were told to."""
    asker = config.stash[asker_key]
    if asker is not None:
        for service in set().union(*map(wanted_by, items)):
            asker.ask(service)
        return
    without = [item for item in items if wanted_by(item)]
    if without:
        config.hook.pytest_deselected(items=without)
        items[:] = [item for item in items if not wanted_by(item)]
    config.stash[dropped_key] = len(without)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say once which services were used, which were missing, and what was left out."""
    desk = config.stash.get(desk_key, None)
    if config.getoption("--no-services"):
        terminalreporter.section("services")
        terminalreporter.line("--no-services: the tests that need a service were left out")
    elif desk is not None and (config.stash[said_key] or desk.troubles):
        terminalreporter.section("services")
        for line in [*config.stash[said_key], *desk.troubles]:
            terminalreporter.line(line)


def served(request: pytest.FixtureRequest, service: str) -> dict[str, Any]:
    """Return the facts about a service, or fail the test with the reason."""
    asker = request.config.stash[asker_key]
    if asker is None:
        pytest.fail(f'needs {service}: mark it @pytest.mark.needs("{service}")', pytrace=False)
    try:
        return asker.get(service)
    except NotServed as reason:
        pytest.fail(str(reason), pytrace=False)


def worker_number(request: pytest.FixtureRequest) -> int:
    """Return 0 for the first worker, 1 for the second; 0 without xdist."""
    worker = getattr(request.config, "workerinput", {"workerid": "gw0"})["workerid"]
    return int(re.sub(r"\D", "", worker))


@pytest.fixture(scope="session")
def postgres_server(request: pytest.FixtureRequest) -> Postgres:
    """Return the run's PostgreSQL; databases you make, you drop."""
    return Postgres(**served(request, "postgres"))


@pytest.fixture(scope="session")
def postgres_names(request: pytest.FixtureRequest) -> Iterator[str]:
    """Yield database names that no other worker or run uses."""
    run = f"watchword_{os.getpid()}_{worker_number(request)}"
    return (f"{run}_{number}" for number in count())


@pytest.fixture
def postgres_database(postgres_server: Postgres, postgres_names: Iterator[str]) -> Iterator[str]:
    """Yield the URL of a fresh, empty database owned by the application's role."""
    name = next(postgres_names)
    yield postgres_server.create_database(name)
    postgres_server.drop_database(name)


@pytest.fixture(scope="session")
def postgres_programs(request: pytest.FixtureRequest) -> Programs:
    """Return Debian's PostgreSQL."""
    facts = served(request, "postgres_by_tls")
    return Programs(folder=facts["folder"], libraries=facts["libraries"])


@pytest.fixture(scope="session")
def pgbouncer(request: pytest.FixtureRequest) -> PgBouncer:
    """Return the run's PgBouncer."""
    facts = served(request, "pgbouncer")
    return PgBouncer(path=facts["path"], libraries=facts["libraries"])


@pytest.fixture(scope="session")
def valkey_server(request: pytest.FixtureRequest) -> Valkey:
    """Return the run's Valkey."""
    return Valkey(**served(request, "valkey"))


@pytest.fixture
def valkey_url(valkey_server: Valkey, request: pytest.FixtureRequest) -> str:
    """Return the URL of this worker's own database number, emptied."""
    index = worker_number(request)
    valkey_server.empty(index)
    return valkey_server.url(index)


@pytest.fixture(scope="session")
def rabbitmq_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of the run's RabbitMQ."""
    url: str = served(request, "rabbitmq")["url"]
    return url


@pytest.fixture(scope="session")
def chromium(request: pytest.FixtureRequest) -> str:
    """Return the path of a browser that runs (see services.chromium for its flags)."""
    path: str = served(request, "chromium")["path"]
    return path


@pytest.fixture(scope="session")
def promtool(request: pytest.FixtureRequest) -> Promtool:
    """Return the run's promtool."""
    return Promtool(**served(request, "promtool"))


@pytest.fixture(scope="session")
def redis_programs(request: pytest.FixtureRequest) -> Redis:
    """Return the run's Redis."""
    facts = served(request, "redis")
    return Redis(**{name: facts[name] for name in ("server", "client", "libraries")})


@pytest.fixture(scope="session")
def nginx(request: pytest.FixtureRequest) -> Nginx:
    """Return the run's nginx."""
    return Nginx(path=served(request, "nginx")["path"])


@pytest.fixture(scope="session")
def caddy(request: pytest.FixtureRequest) -> str:
    """Return the path of Caddy."""
    path: str = served(request, "caddy")["path"]
    return path


@pytest.fixture(scope="session")
def age(request: pytest.FixtureRequest) -> str:
    """Return the path of age; age-keygen lies beside it."""
    path: str = served(request, "age")["path"]
    return path


@pytest.fixture(scope="session")
def systemd_analyze(request: pytest.FixtureRequest) -> str:
    """Return the path of what judges units."""
    path: str = served(request, "systemd")["path"]
    return path


@pytest.fixture(scope="session")
def oidc_home(request: pytest.FixtureRequest) -> Path:
    """Return the folder of the package of a certified OpenID provider."""
    return Path(served(request, "oidc_provider")["home"])


@pytest.fixture
def oidc_provider(
    oidc_home: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., OidcProvider]]:
    """Return a way to start an OpenID provider; those started end with the test."""
    started: list[OidcProvider] = []

    def start(callback: str, port: int | None = None) -> OidcProvider:
        folder = tmp_path_factory.mktemp("oidc-provider")
        started.append(OidcProvider.start(oidc_home, folder, callback, port))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture(scope="session")
def listening_sink() -> Iterator[SmtpSink]:
    """Yield one sink per worker."""
    sink = SmtpSink.start()
    yield sink
    sink.stop()


@pytest.fixture
def smtp_sink(listening_sink: SmtpSink) -> SmtpSink:
    """Return an empty, listening mail server."""
    listening_sink.forget()
    return listening_sink
