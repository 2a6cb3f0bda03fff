"""What each overlay tells the service: known, whole, and enough; and the service that is started with it."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.support.cluster import ROOT, SYSTEMS, Cluster
from tests.support.environments import fresh_secrets
from tests.support.kustomize import settings
from tests.support.ports import free_port
from tests.support.program import watchword
from tests.support.running import ask, started, wait_until_alive, wait_until_ready
from watchword.app.settings import catalogue, read
from watchword.plumbing.settings import DatabaseSettings, ServerSettings

ENTRIES = catalogue.entries(catalogue.sections())
# PostgreSQL as it is shipped takes a hundred; a fifth is left to its operators, and to backups.
CONNECTIONS = 100
GIVEN = {
    **{
        each: "kept-elsewhere" for entry in ENTRIES.values() if entry.secret for each in entry.names
    },
    **fresh_secrets(),
    "NEXTAUTH_SECRET": fresh_secrets()["SESSION_SECRET"],
    "DATABASE_URL": "postgresql://auth:kept@db.internal/auth",
    "REDIS_URL": "rediss://redis.internal/0",
}


def environ(system: str, kind: str, keys: Path) -> dict[str, str]:
    """Return what a container is started with; the pair of keys is where we may put it."""
    told = Cluster.of(system).environ(kind, GIVEN)
    return {name: value.replace("/app/keys", str(keys)) for name, value in told.items()}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a pair of keys, as the secret `jwt-keys` is mounted."""
    folder = tmp_path_factory.mktemp("keys")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    public = key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo)
    for name, content in (("private.key", private), ("public.key", public)):
        (folder / name).write_bytes(content)
        (folder / name).chmod(0o440)
    return folder


@pytest.mark.req("R-17", "R-18", "R-21", "G-36", "D-44", "D-50", "K-42")
@pytest.mark.parametrize("system", SYSTEMS)
def test_all_that_an_overlay_tells_is_known_reaches_the_service_and_suffices(
    system: str, keys: Path
) -> None:
    made = Cluster.of(system)
    told = environ(system, "Deployment", keys)
    assert environ(system, "Job", keys) == told
    known = catalogue.known_names(ENTRIES)
    assert told.keys() <= known
    configured = {name for each in made.all("ConfigMap").values() for name in each["data"]}
    assert configured <= told.keys()
    keyed = {key.upper().replace("-", "_") for key in set.union(*secret_keys(made))}
    assert keyed <= told.keys()
    by_alias = {name: each for each in ENTRIES.values() for name in each.names}
    assert {name for name in told if by_alias[name].secret} == keyed
    assert {by_alias[name].name for name in keyed} >= {*catalogue.secret_names()}
    found = read(told, cwd=keys)
    assert found.section(ServerSettings).environment == "production"
    assert found.section(ServerSettings).profile == system
    assert not [each for each in found.warnings if "TRUSTED_PROXIES" in each or "METRICS" in each]


def secret_keys(made: Cluster) -> Iterator[set[str]]:
    for name, found in made.secrets.items():
        if name != "jwt-keys":  # files, which settings name by their paths
            yield found


@pytest.mark.req("R-17")
def test_romapi_is_told_what_its_guide_says() -> None:
    assert {
        "NODE_ENV": "production",
        "PORT": "3001",
        "LOG_LEVEL": "info",
        "RATE_LIMIT_MAX_REQUESTS": "100",
        "BCRYPT_SALT_ROUNDS": "12",
        "ENABLE_AUDIT_LOGS": "true",
        "METRICS_ENABLED": "true",
        "FRONTEND_URL": "https://app.romapi.com",
        "CORS_ORIGIN": "https://app.romapi.com,https://admin.romapi.com",
    }.items() <= settings(ROOT / "overlays/romapi/settings.env").items()


@pytest.mark.req("G-36")
def test_the_settings_of_generic_arrive_in_its_units(keys: Path) -> None:
    found = read(environ("generic", "Deployment", keys), cwd=keys)
    arrived = {name: found.texts[name] for name in ("RATE_LIMIT_WINDOW_MS", "API_PREFIX")}
    assert arrived == {"RATE_LIMIT_WINDOW_MS": "900000", "API_PREFIX": "/api/v1"}
    assert found.texts["RATE_LIMIT_MAX_REQUESTS"] == "100"
    assert found.texts["BCRYPT_SALT_ROUNDS"] == "12"


@pytest.mark.req("K-47", "G-73")
@pytest.mark.parametrize("system", SYSTEMS)
def test_the_database_has_connections_for_all_pods_and_as_many_of_a_next_version(
    system: str, keys: Path
) -> None:
    found = read(environ(system, "Deployment", keys), cwd=keys)
    most = Cluster.of(system).one("HorizontalPodAutoscaler")["spec"]["maxReplicas"]
    workers = found.section(ServerSettings).web_concurrency
    assert workers >= 1
    pool = found.section(DatabaseSettings).pool_maximum
    assert 2 * most * workers * (pool + 1) <= 0.8 * CONNECTIONS
    assert most >= 5


@pytest.mark.req("K-40")
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_pod_has_time_to_leave(system: str, keys: Path) -> None:
    server = read(environ(system, "Deployment", keys), cwd=keys).section(ServerSettings)
    pod = Cluster.of(system).one("Deployment")["spec"]["template"]["spec"]
    needed = server.drain_delay + server.shutdown_timeout
    assert needed.total_seconds() < pod["terminationGracePeriodSeconds"]
    assert (
        server.drain_delay.total_seconds()
        >= pod["containers"][0]["readinessProbe"]["periodSeconds"]
    )


@pytest.mark.req("G-37", "R-23", "D-24", "G-38", "M-30")
@pytest.mark.needs("postgres", "valkey")
def test_every_system_starts_as_its_overlay_says_and_answers_its_probes(
    postgres_url: str, valkey_url: str, keys: Path, tmp_path: Path
) -> None:
    bases: dict[str, str] = {}
    with ExitStack() as stack:
        for system in SYSTEMS:
            made = Cluster.of(system)
            container, told = made.container("Deployment"), environ(system, "Deployment", keys)
            ports = {each["name"]: str(each["containerPort"]) for each in container["ports"]}
            assert (told["PORT"], told["METRICS_PORT"]) == (ports["http"], ports["metrics"])
            address = {name: str(free_port()) for name in ("PORT", "METRICS_PORT")}
            here = {
                "HOST": "127.0.0.1",
                "DATABASE_URL": postgres_url,
                "DB_SSL": "false",
                "WEB_CONCURRENCY": "1",
                "DRAIN_DELAY": "0",
            }
            found = urlsplit(valkey_url)
            if "REDIS_HOST" in told:
                for name in ("REDIS_HOST", "REDIS_PORT", "REDIS_PASSWORD"):
                    del told[name]
                here["REDIS_TLS"] = "false"
            told |= {**here, **address, "REDIS_URL": found.geturl()}
            folder = tmp_path / system
            folder.mkdir()
            if not bases:  # the migrations are everybody's
                ended = watchword(*made.container("Job")["args"], cwd=folder, environ=told)
                assert ended.returncode == 0, ended.stderr
            stack.enter_context(started(folder, *container["args"], **told))
            bases[system] = f"http://127.0.0.1:{told['PORT']}"
        for system, base in bases.items():
            container = Cluster.of(system).container("Deployment")
            wait_until_alive(base)
            wait_until_ready(base)
            probes = ("startupProbe", "livenessProbe", "readinessProbe")
            for probe in (container[name]["httpGet"] for name in probes):
                assert probe["port"] == "http"
                assert ask(base + probe["path"])[0] == 200, (system, probe)
            route = Cluster.of(system).all("HTTPRoute")["auth"]["spec"]["rules"][0]["matches"]
            if system == "romapi":
                assert [each["path"]["value"] for each in route] == ["/auth", "/.well-known"]
                assert ask(f"{base}/auth/health")[0] == 200
