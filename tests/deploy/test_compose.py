"""The Compose files: what they mean, and whether the service starts with what they say."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
import yaml

from tests.support.deploy_files import (
    DEPLOY,
    DIGEST,
    NotFilledIn,
    compose,
    environment,
    mounts,
    settings_known,
    variables,
)
from tests.support.environments import fresh_secrets
from tests.support.program import watchword
from tests.support.services.promtool import Promtool

HERE = DEPLOY / "compose"
SYSTEMS = ("nova", "ariya", "romapi", "molam", "generic")
OF_THE_DEPLOYMENT = {"instances.conf", "tls", "acme", "logs", "keys", "backups", "secrets", ".env"}
OF_COMPOSE = {
    "COMPOSE_FILE",
    "COMPOSE_PROJECT_NAME",
    "WATCHWORD_IMAGE",
    "SERVICE_ALIAS",
    "REPLICAS",
    "POSTGRES_DB",
    "SYSTEM_RULES",
}
FROM_ELSEWHERE = {
    "AWS_SECRET_ACCESS_KEY",
    "GITHUB_CLIENT_SECRET",
    "GOOGLE_CLIENT_SECRET",
    "LINKEDIN_CLIENT_SECRET",
    "MAILGUN_API_KEY",
    "REDIS_CACHE_URL",
    "SENDGRID_API_KEY",
    "TWILIO_TOKEN",
}
MOST_CONNECTIONS = 80
FIVE = 5  # instances, as the page on scaling says
BESIDE_THE_POOL = 1


def of_system(name: str, *more: Path) -> dict[str, Any]:
    """Return what Compose makes of a system's files, filled in by its own variables."""
    given = variables(HERE / f"systems/{name}.env")
    files = [HERE / file for file in given["COMPOSE_FILE"].split(":")]
    return compose(*files, *more, given=given)


def files() -> list[Path]:
    return [*HERE.glob("*.yaml"), *HERE.glob("systems/*.yaml")]


@pytest.fixture(params=SYSTEMS)
def whole(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A system with all that watches it."""
    return of_system(request.param, HERE / "monitoring.yaml")


@pytest.mark.req("D-06", "R-12", "G-27")
def test_each_file_is_what_the_specification_of_compose_says() -> None:
    ended = subprocess.run(
        [
            Path(sys.executable).parent / "check-jsonschema",
            *("--builtin-schema", "vendor.compose-spec"),
            *files(),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    assert all("version" not in yaml.safe_load(file.read_text()) for file in files())


@pytest.mark.req("D-07", "G-29", "M-44")
def test_only_the_proxy_is_reached_from_elsewhere(whole: dict[str, Any]) -> None:
    for name, service in whole["services"].items():
        assert "container_name" not in service
        elsewhere = [port for port in service.get("ports", ()) if not port.startswith("127.0.0.1:")]
        assert bool(elsewhere) == (name == "proxy"), name
    assert whole["networks"]["data"]["internal"]
    for store in ("postgres", "redis", "redis-cache"):
        assert set(whole["services"][store]["networks"]) == {"data"}


@pytest.mark.req("D-10")
def test_every_image_but_our_own_is_named_by_its_digest() -> None:
    for name in SYSTEMS:
        for service in of_system(name, HERE / "monitoring.yaml")["services"].values():
            assert DIGEST.match(service["image"]) or service["image"].endswith(":local")
    for service in compose(HERE / "development.yaml")["services"].values():
        assert DIGEST.match(service["image"])


@pytest.mark.req("N-83")
def test_everything_is_bounded_and_has_no_more_rights_than_it_needs(whole: dict[str, Any]) -> None:
    for name, service in whole["services"].items():
        assert service["deploy"]["resources"]["limits"]["memory"], name
        assert service["read_only"], name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert not service.get("privileged"), name
        assert not any("docker.sock" in source for source in mounts(service)), name


@pytest.mark.req("R-06", "R-14", "G-26")
def test_what_is_mounted_is_there(whole: dict[str, Any]) -> None:
    for service in whole["services"].values():
        for source in mounts(service):
            if source == "/dev/null" or source.removeprefix("./") in OF_THE_DEPLOYMENT:
                continue
            assert (HERE / source).exists(), source
    for service in whole["services"].values():
        for each in service.get("secrets", ()):
            assert (each if isinstance(each, str) else each["source"]) in whole["secrets"]
    ours = whole["services"]["app"]
    assert "./logs:/app/logs" in ours["volumes"]
    assert "./keys:/app/keys:ro" in ours["volumes"]


@pytest.mark.req("G-27", "G-37", "R-67")
def test_the_settings_are_judged_and_backed_up_where_their_files_are_and_a_bucket_is_reached(
    whole: dict[str, Any],
) -> None:
    app, migrate = whole["services"]["app"], whole["services"]["migrate"]
    files = {each for each in app["volumes"] if each.endswith((":/app/keys:ro", ":/app/ssl:ro"))}
    assert files | {"redis_sockets:/run/redis"} <= {*migrate["volumes"]}
    assert any(not whole["networks"][name].get("internal") for name in migrate["networks"])


@pytest.mark.req("R-06")
def test_every_variable_is_a_setting(whole: dict[str, Any]) -> None:
    for name in ("app", "migrate"):
        assert {*environment(whole["services"][name])} <= settings_known()


@pytest.mark.parametrize("name", SYSTEMS)
def test_what_the_variables_of_a_system_say_is_read_by_somebody(name: str) -> None:
    told = variables(HERE / f"systems/{name}.env")
    assert {*told} <= settings_known() | OF_COMPOSE
    assert not {*told} & {*of_system(name)["secrets"]}


@pytest.mark.req("R-12", "R-13", "N-106")
def test_nobody_starts_before_what_it_stands_on(whole: dict[str, Any]) -> None:
    services = whole["services"]
    for name in {"app", "auth-2"} & {*services}:
        awaited = services[name]["depends_on"]
        assert awaited["postgres"] == {"condition": "service_healthy"}
        assert awaited["redis"] == {"condition": "service_healthy"}
        assert awaited["grants"] == {"condition": "service_completed_successfully"}
    assert services["grants"]["depends_on"]["migrate"] == {
        "condition": "service_completed_successfully"
    }
    assert services["migrate"]["command"] == ["migrate", "up", "--half", "before"]
    assert services["proxy"]["depends_on"]["app"] == {"condition": "service_healthy"}
    for name in ("app", "postgres", "redis", "redis-cache", "proxy"):
        health = services[name]["healthcheck"]
        assert (health["interval"], health["timeout"], health["retries"]) == ("30s", "10s", 3)


@pytest.mark.req("R-12")
def test_romapi_keeps_its_names() -> None:
    made = of_system("romapi")
    assert made["networks"]["web"] == {
        **made["networks"]["web"],
        "driver": "bridge",
        "name": "romapi-network",
    }
    names = {
        alias
        for service in made["services"].values()
        if isinstance(service["networks"], dict)
        for network in service["networks"].values()
        for alias in (network or {}).get("aliases", ())
    }
    assert {"romapi-postgres", "romapi-redis", "romapi-auth", "romapi-nginx"} <= names
    assert {"postgres_data", "redis_data"} <= {*made["volumes"]}
    assert made["services"]["postgres"]["environment"]["POSTGRES_DB"] == "romapi"
    assert environment(made["services"]["app"])["DB_USER"] == "romapi"
    assert {
        made["services"][name]["restart"] for name in ("app", "postgres", "redis", "proxy")
    } == {"unless-stopped"}


@pytest.mark.req("G-27", "G-28", "G-29")
def test_the_generic_deployment_has_its_sizes() -> None:
    made = of_system("generic")["services"]
    app, postgres, redis = made["app"], made["postgres"], made["redis"]
    assert app["deploy"]["replicas"] == "3"
    assert app["deploy"]["restart_policy"] == {
        "condition": "on-failure",
        "delay": "5s",
        "max_attempts": 3,
    }
    sizes = {"limits": {"cpus": "2", "memory": "4G"}, "reservations": {"cpus": "1", "memory": "2G"}}
    assert app["deploy"]["resources"] == sizes
    assert postgres["deploy"]["resources"] == sizes
    assert redis["deploy"]["resources"] == {
        "limits": {"cpus": "1", "memory": "2G"},
        "reservations": {"cpus": "0.5", "memory": "1G"},
    }
    assert {"path": ".env.production", "required": False} in app["env_file"]
    assert postgres["environment"]["POSTGRES_PASSWORD_FILE"] == "/run/secrets/postgres_password"
    secrets = of_system("generic")["secrets"]
    assert secrets["postgres_password"] == {"file": "secrets/db_password.txt"}


@pytest.mark.req("N-106")
def test_two_instances_have_names_of_their_own_and_are_one_to_the_proxy() -> None:
    made = of_system("nova")["services"]
    first, second = made["app"], made["auth-2"]
    assert environment(first)["NODE_ID"] == "auth-1"
    assert environment(second)["NODE_ID"] == "auth-2"
    assert "app" in second["networks"]["web"]["aliases"]
    assert made["postgres"]["environment"]["POSTGRES_DB"] == "nova_rdv"


@pytest.mark.req("G-73")
def test_connections_suffice_while_all_instances_are_exchanged_at_once(
    whole: dict[str, Any],
) -> None:
    services = whole["services"]
    processes = int(services["app"]["deploy"]["resources"]["limits"]["cpus"])
    most = int(environment(services["app"])["DB_POOL_MAX"])
    assert 2 * FIVE * processes * (most + BESIDE_THE_POOL) <= MOST_CONNECTIONS


def test_an_address_that_is_not_given_is_asked_for() -> None:
    with pytest.raises(NotFilledIn, match="PUBLIC_BASE_URL"):
        compose(HERE / "compose.yaml")


@pytest.mark.req("R-12", "G-27", "M-28", "N-106")
@pytest.mark.parametrize("name", SYSTEMS)
def test_production_starts_with_what_a_system_is_told(name: str, tmp_path: Path) -> None:
    made = of_system(name)
    folder = tmp_path / "secrets"
    folder.mkdir()
    for each in made["services"]["app"]["secrets"]:
        source, target = (each, each) if isinstance(each, str) else (each["source"], each["target"])
        file = folder / target
        text = "" if source in FROM_ELSEWHERE else token_hex(32)
        if source == "BACKUP_DATABASE_URL":
            text = f"postgresql://watchword_backup:{text}@:5432/auth?host=/var/run/postgresql"
        file.write_text(fresh_secrets().get(source, text))
        file.chmod(0o600)
    told = {
        **{k: v for k, v in variables(HERE / f"systems/{name}.env").items() if k not in OF_COMPOSE},
        **environment(made["services"]["app"]),
        "SECRETS_DIR": str(folder),
    }
    said = watchword("env", "validate", cwd=tmp_path, environ=told)
    assert said.returncode == 0, said.stderr
    shown = watchword("config", "show", "--json", "APP_PROFILE", "PORT", cwd=tmp_path, environ=told)
    values = {line["name"]: line["value"] for line in json.loads(shown.stdout)}
    assert values["APP_PROFILE"] == name
    shipped = {"romapi": "3001", "molam": "8085"}
    assert values["PORT"] == shipped.get(name, "3000")


@pytest.mark.parametrize("name", SYSTEMS)
def test_prometheus_takes_what_it_is_given(name: str, promtool: Promtool, tmp_path: Path) -> None:
    prometheus = of_system(name, HERE / "monitoring.yaml")["services"]["prometheus"]
    for mount in prometheus["volumes"]:
        source, target, *_ = mount.split(":")
        if target.startswith("/etc/prometheus/"):
            text = "" if source == "/dev/null" else (HERE / source).read_text()
            (tmp_path / Path(target).name).write_text(text)
    system = yaml.safe_load((tmp_path / "system.yml").read_text())["scrape_configs"]
    whole = yaml.safe_load((tmp_path / "prometheus.yml").read_text())
    assert whole.pop("scrape_config_files") == [
        "system.yml"
    ]  # Debian's promtool is older than that
    whole["scrape_configs"] += system
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(whole))
    judged = promtool.judge("check", "config", str(tmp_path / "prometheus.yml"))
    assert judged.code == 0, judged.said
    alias = variables(HERE / f"systems/{name}.env")["SERVICE_ALIAS"]
    assert system[0]["job_name"] == alias
    assert {name for job in system for name in job["dns_sd_configs"][0]["names"]} == {alias}


@pytest.mark.req("G-55")
def test_each_store_has_somebody_who_counts_for_prometheus(whole: dict[str, Any]) -> None:
    asked = yaml.safe_load((HERE / "monitoring/prometheus.yml").read_text())["scrape_configs"]
    targets = {job["job_name"]: job["static_configs"][0]["targets"] for job in asked}
    assert targets["postgres"] == ["postgres-exporter:9187"]
    assert targets["redis"] == ["redis-exporter:9121", "redis-cache-exporter:9121"]
    services = whole["services"]
    of_stores = {"postgres-exporter": "postgres", "redis-exporter": "redis"}
    of_stores["redis-cache-exporter"] = "redis-cache"
    for name, store in of_stores.items():
        exporter = services[name]
        assert set(exporter["networks"]) == {"metrics"} <= set(services["prometheus"]["networks"])
        assert set(exporter["depends_on"]) == {store}
        assert "ports" not in exporter
    for name, store in (("redis-exporter", "redis"), ("redis-cache-exporter", "redis-cache")):
        told = environment(services[name])
        socket = told["REDIS_ADDR"].removeprefix("unix://")
        assert socket in services[store]["command"]
        assert told["REDIS_USER"] == "monitor"
        assert "redis_monitor_password" in services[name]["secrets"]
        assert "redis_monitor_password" in services[store]["secrets"]


@pytest.mark.req("G-55")
def test_the_generic_service_is_asked_every_five_seconds() -> None:
    [job] = yaml.safe_load((HERE / "monitoring/generic.yml").read_text())["scrape_configs"]
    assert (job["job_name"], job["scrape_interval"]) == ("auth-api", "5s")
    assert job["dns_sd_configs"][0]["port"] == 9090


def test_the_store_of_copies_has_users_and_a_password_of_its_own(whole: dict[str, Any]) -> None:
    state, cache = whole["services"]["redis"], whole["services"]["redis-cache"]
    assert "redis_password" in state["secrets"]
    assert {"source": "redis_cache_password", "target": "redis_password"} in cache["secrets"]
    assert environment(cache)["REDIS_USERS"] == "cache.acl"
    data = [each for each in cache["volumes"] if str(each).startswith("redis_data")]
    assert data == []


@pytest.mark.req("R-12", "N-106")
@pytest.mark.parametrize("user", ["watchword_app", "romapi"])
def test_the_first_start_makes_the_database_and_a_role_of_the_name_that_is_told(
    tmp_path: Path, user: str
) -> None:
    psql = tmp_path / "psql"
    psql.write_text('#!/bin/sh\necho "$@"\n')
    psql.chmod(0o755)
    told = {"PATH": f"{tmp_path}:/usr/bin:/bin", "POSTGRES_DB": "romapi", "APP_LOGIN": user}
    ended = subprocess.run(
        ["sh", HERE / "init-database.sh"], env=told, capture_output=True, text=True, check=True
    )
    assert "ON_ERROR_STOP=1" in ended.stdout
    assert "database=romapi" in ended.stdout
    assert ("app_login=romapi" in ended.stdout) == (user == "romapi")


def test_what_the_first_start_runs_can_be_run() -> None:
    script = HERE / "init-database.sh"
    assert script.stat().st_mode & 0o111  # the image would read it into its own shell otherwise
    assert script.read_text().startswith("#!/bin/sh\n")


def test_a_file_of_nginx_that_is_another_now_is_what_the_proxy_reads(tmp_path: Path) -> None:
    proxy = of_system("nova")["services"]["proxy"]
    assert [each for each in proxy["volumes"] if str(each).startswith("../nginx")] == [
        "../nginx:/etc/nginx/shipped:ro"
    ]
    shutil.copytree(DEPLOY / "nginx", tmp_path / "shipped")
    (begun,) = proxy["command"]
    for _ in range(2):  # a container that is started again has its links
        here = begun.replace("/etc/nginx", str(tmp_path)).replace("exec nginx", "exec true")
        subprocess.run([*proxy["entrypoint"], here], check=True)
    for name, place in (("nginx.conf", "nginx.conf"), ("profile.conf", "profiles/nova.conf")):
        another = tmp_path / "another"
        another.write_text("# another one")
        another.replace(tmp_path / "shipped" / place)
        assert (tmp_path / name).read_text() == "# another one"
