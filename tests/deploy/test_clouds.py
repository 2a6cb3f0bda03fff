"""Files for ECS, Cloud Run and Azure Container Instances: taken by the cloud, and enough for the service."""

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.deploy.kubernetes.custom import NAME, PORT, TEXT, closed, each, one_of
from tests.support.aws_commands import commands, validated
from tests.support.cluster import ROOT, Cluster
from tests.support.environments import fresh_secrets
from tests.support.fake_commands import Fakes
from tests.support.kustomize import settings
from watchword.app.settings import catalogue, read
from watchword.plumbing.settings import ServerSettings

DEPLOY = ROOT.parent
DIGEST = "cd" * 32
IMAGE = f"registry.example.org/auth@sha256:{DIGEST}"
ENTRIES = catalogue.entries(catalogue.sections())
GIVEN = {
    **{
        name: "kept-elsewhere" for entry in ENTRIES.values() if entry.secret for name in entry.names
    },
    **fresh_secrets(),
    "DATABASE_URL": "postgresql://auth:kept@db.internal/auth",
    "REDIS_URL": "rediss://redis.internal/0",
}
# The pair of keys is a mount of Kubernetes; clouds sign with JWT_SECRET.
ELSEWHERE = {
    "JWT_PRIVATE_KEY_PATH",
    "JWT_PUBLIC_KEY_PATH",
    "JWT_ALGORITHM",
    "TRUSTED_PROXIES",
    "HOST",
    "PORT",
}


def suffices(system: str, told: dict[str, str], secrets: set[str], folder: Path) -> None:
    """Hold a cloud against the overlay of the same system: alike, whole, and accepted."""
    overlay = settings(ROOT / "base/cluster.env") | settings(
        ROOT / "overlays" / system / "settings.env"
    )
    assert {name: told.get(name) for name in overlay.keys() - ELSEWHERE} == {
        name: value for name, value in overlay.items() if name not in ELSEWHERE
    }
    made = Cluster.of(system).environ("Deployment", GIVEN)
    assert secrets == {name for name in made if name in GIVEN}
    assert secrets >= {*catalogue.secret_names()}
    found = read({**told, **{name: GIVEN[name] for name in secrets}}, cwd=folder)
    assert found.section(ServerSettings).environment == "production"
    assert found.section(ServerSettings).https
    assert not [warning for warning in found.warnings if "TRUSTED_PROXIES" in warning]


@pytest.mark.req("R-30", "G-41", "D-44", "K-40")
@pytest.mark.parametrize(
    ("system", "family", "cpu", "memory", "port", "timeout", "prefix"),
    [
        ("romapi", "romapi-auth", "512", "1024", 3001, 5, "romapi/"),
        ("generic", "auth-api", "2048", "4096", 3000, 10, "auth/"),
    ],
)
def test_ecs_takes_the_task_and_the_task_has_all_it_needs(
    system: str,
    family: str,
    cpu: str,
    memory: str,
    port: int,
    timeout: int,
    prefix: str,
    tmp_path: Path,
) -> None:
    task = json.loads((DEPLOY / f"ecs/{system}.json").read_text())
    validated("ecs", "RegisterTaskDefinition", task)
    assert (task["family"], task["cpu"], task["memory"]) == (family, cpu, memory)
    assert (task["networkMode"], task["requiresCompatibilities"]) == ("awsvpc", ["FARGATE"])
    container = task["containerDefinitions"][1]
    assert container["portMappings"][0]["containerPort"] == port
    health = container["healthCheck"]
    assert health["command"] == ["CMD", "watchword", "health", "--live"]
    times = (health["interval"], health["timeout"], health["retries"], health["startPeriod"])
    assert times == (30, timeout, 3, 60)
    assert container["logConfiguration"]["options"] == {
        "awslogs-group": f"/ecs/{family}",
        "awslogs-region": "us-east-1",
        "awslogs-stream-prefix": "ecs",
    }
    assert (container["user"], container["readonlyRootFilesystem"]) == ("1001:1001", True)
    writable = [each["containerPath"] for each in container["mountPoints"]]
    (backups,) = [x["value"] for x in container["environment"] if x["name"] == "BACKUP_DIR"]
    assert any(backups.startswith(f"{each}/") for each in writable)
    told = {each["name"]: each["value"] for each in container["environment"]}
    assert told["PORT"] == str(port)
    places = {each["name"]: each["valueFrom"] for each in container["secrets"]}
    assert places["JWT_SECRET"].endswith(f":secret:{prefix}jwt-secret")
    assert places["DATABASE_URL"].endswith(f":secret:{prefix}database-url")
    suffices(system, told, {*places}, tmp_path)


@pytest.mark.req("G-42", "D-46")
def test_the_database_is_encrypted_kept_twice_and_its_password_typed_by_nobody(
    tmp_path: Path,
) -> None:
    fakes = Fakes.of(tmp_path / "fakes", "aws")
    ended = fakes.run(DEPLOY / "ecs/rds.sh", "sg-12345678", "auth-subnet-group")
    assert ended.returncode == 0, ended.stderr
    told = commands(fakes.words)
    assert told["ModifyDBParameterGroup"]["Parameters"][0] == {
        "ParameterName": "rds.force_ssl",
        "ParameterValue": "1",
        "ApplyMethod": "immediate",
    }
    database = told["CreateDBInstance"]
    expected = {
        "DBInstanceIdentifier": "auth-db",
        "DBInstanceClass": "db.t3.medium",
        "Engine": "postgres",
        "AllocatedStorage": 100,
        "StorageType": "gp3",
        "StorageEncrypted": True,
        "MultiAZ": True,
        "BackupRetentionPeriod": 7,
        "AutoMinorVersionUpgrade": True,
        "DeletionProtection": True,
        "PubliclyAccessible": False,
        "ManageMasterUserPassword": True,
    }
    assert expected.items() <= database.items()
    assert "MasterUserPassword" not in database
    assert "." not in database["EngineVersion"]


@pytest.mark.req("G-43", "D-46", "D-18")
def test_redis_has_a_replica_tls_and_a_password_that_no_command_line_shows(tmp_path: Path) -> None:
    fakes = Fakes.of(tmp_path / "fakes", "aws")
    fakes.answers["aws secretsmanager *"] = "a password of Redis"
    ended = fakes.run(DEPLOY / "ecs/elasticache.sh", "sg-12345678", "auth-cache-subnet-group")
    assert ended.returncode == 0, ended.stderr
    told = commands(fakes.words)
    (policy, _) = told["ModifyCacheParameterGroup"]["ParameterNameValues"]
    assert policy == {"ParameterName": "maxmemory-policy", "ParameterValue": "noeviction"}
    redis = told["CreateReplicationGroup"]
    expected = {
        "ReplicationGroupId": "auth-redis",
        "NumCacheClusters": 2,
        "AutomaticFailoverEnabled": True,
        "TransitEncryptionEnabled": True,
        "AtRestEncryptionEnabled": True,
    }
    assert expected.items() <= redis.items()
    assert "a password of Redis" not in "".join(fakes.calls)
    assert fakes.rendered == "a password of Redis"
    assert not Path(redis["AuthToken"].removeprefix("file://")).exists()
    fakes.answers["aws secretsmanager *"] = ""
    assert fakes.run(DEPLOY / "ecs/elasticache.sh", "sg-1", "subnets").returncode == 1
    assert "CreateReplicationGroup" not in commands(fakes.words)


ECS = {
    "CLUSTER": "auth",
    "SERVICE": "auth",
    "ACCOUNT": "000000000000",
    "SUBNETS": "subnet-1,subnet-2",
    "SECURITY_GROUPS": "sg-1",
}


@pytest.fixture
def aws(tmp_path: Path) -> Fakes:
    made = Fakes.of(tmp_path / "fakes", "aws")
    made.answers.update(
        {
            "aws ecs register-task-definition *": "task:7",
            "aws ecs run-task *": "run-1",
            "aws ecs describe-tasks *": "0",
            "aws ecs describe-services *": "task:7",
        }
    )
    return made


@pytest.mark.req("R-30", "G-41", "D-49")
@pytest.mark.parametrize("system", ["romapi", "generic"])
def test_a_version_comes_to_ecs_after_its_migrations(aws: Fakes, system: str) -> None:
    ended = aws.run(DEPLOY / "ecs/deploy-ecs.sh", system, IMAGE, **ECS)
    assert ended.returncode == 0, ended.stderr
    steps = aws.order(
        "aws ecs register-task-definition *",
        'aws ecs run-task *"migrate","up","--half","before"*',
        "aws ecs wait tasks-stopped *",
        "aws ecs update-service *rollback=true*",
        "aws ecs wait services-stable *",
    )
    assert steps == sorted(steps)
    commands(aws.words)
    task = json.loads(aws.rendered)
    validated("ecs", "RegisterTaskDefinition", task)
    assert {each["image"] for each in task["containerDefinitions"]} == {IMAGE}
    assert "ACCOUNT" not in aws.rendered


@pytest.mark.req("D-49")
@pytest.mark.parametrize(
    ("call", "answer"),
    [("aws ecs describe-tasks *", "1"), ("aws ecs describe-services *", "task:6")],
)
def test_a_version_that_does_not_become_well_on_ecs_is_no_success(
    aws: Fakes, call: str, answer: str
) -> None:
    aws.answers[call] = answer
    ended = aws.run(DEPLOY / "ecs/deploy-ecs.sh", "romapi", IMAGE, **ECS)
    assert ended.returncode == 1
    updated = [said for said in aws.calls if "update-service" in said]
    assert bool(updated) == ("services" in call)


_PROBE = closed(
    "httpGet periodSeconds",
    httpGet=closed("path port", path=TEXT, port=PORT),
    initialDelaySeconds={"type": "integer"},
    periodSeconds={"type": "integer"},
    failureThreshold={"type": "integer"},
)
_KNATIVE = closed(
    "apiVersion kind metadata spec",
    apiVersion=one_of("serving.knative.dev/v1"),
    kind=one_of("Service"),
    metadata=closed("name annotations", name=NAME, annotations={"type": "object"}),
    spec=closed(
        "template",
        template=closed(
            "metadata spec",
            metadata=closed("annotations", annotations={"type": "object"}),
            spec=closed(
                "serviceAccountName containerConcurrency timeoutSeconds containers",
                serviceAccountName=TEXT,
                containerConcurrency={"type": "integer"},
                timeoutSeconds={"type": "integer"},
                containers=each(
                    closed(
                        "name image args ports resources startupProbe livenessProbe env",
                        name=NAME,
                        image=TEXT,
                        args=each(TEXT),
                        ports=each(
                            closed(
                                "name containerPort",
                                name=one_of("http1", "h2c"),
                                containerPort=PORT,
                            )
                        ),
                        resources=closed(
                            "limits", limits=closed("memory cpu", memory=TEXT, cpu=TEXT)
                        ),
                        startupProbe=_PROBE,
                        livenessProbe=_PROBE,
                        env=each({"type": "object", "required": ["name"]}),
                    )
                ),
            ),
        ),
    ),
)


@pytest.mark.req("R-31", "D-45")
def test_cloud_run_serves_romapi_behind_its_load_balancer_alone(tmp_path: Path) -> None:
    service = yaml.safe_load((DEPLOY / "cloudrun/romapi.yaml").read_text())
    jsonschema.validate(service, _KNATIVE)
    assert service["metadata"]["name"] == "romapi-auth"
    ingress = service["metadata"]["annotations"]["run.googleapis.com/ingress"]
    assert ingress == "internal-and-cloud-load-balancing"
    told = service["spec"]["template"]["metadata"]["annotations"]
    assert told == {
        "autoscaling.knative.dev/minScale": "1",
        "autoscaling.knative.dev/maxScale": "10",
        "run.googleapis.com/cpu-throttling": "false",
        "run.googleapis.com/execution-environment": "gen2",
    }
    (container,) = service["spec"]["template"]["spec"]["containers"]
    assert container["resources"]["limits"] == {"memory": "1Gi", "cpu": "1000m"}
    startup, liveness = container["startupProbe"], container["livenessProbe"]
    assert (liveness["initialDelaySeconds"], liveness["periodSeconds"]) == (30, 10)
    assert startup["initialDelaySeconds"] == 10
    assert (startup["periodSeconds"], startup["failureThreshold"]) == (5, 10)
    assert container["image"].startswith("us-central1-docker.pkg.dev/")
    environ = {each["name"]: each.get("value") for each in container["env"]}
    assert "PORT" not in environ  # the platform says it, and refuses one of ours
    values = {name: value for name, value in environ.items() if value is not None}
    suffices("romapi", values, environ.keys() - values.keys(), tmp_path)


@pytest.mark.req("G-44", "D-45", "D-49")
def test_cloud_build_builds_migrates_and_deploys_with_one_list_of_secrets(tmp_path: Path) -> None:
    file = DEPLOY / "cloudrun/cloudbuild.yaml"
    checked = Path(sys.executable).with_name("check-jsonschema")
    ended = subprocess.run(
        [checked, "--builtin-schema", "vendor.cloudbuild", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    build = yaml.safe_load(file.read_text())
    steps = {step["id"]: step["args"] for step in build["steps"]}
    assert [*steps] == ["build", "push", "migration", "deploy"]
    assert steps["push"] == ["push", "$_IMAGE:$COMMIT_SHA"]
    assert build["substitutions"]["_IMAGE"].startswith("us-central1-docker.pkg.dev/$PROJECT_ID/")
    assert build["substitutions"]["_REGION"] == "us-central1"
    for step in ("migration", "deploy"):
        lists = [word for word in steps[step] if word.startswith("--set-secrets")]
        assert lists == ["--set-secrets=$_SECRETS"]
    assert steps["deploy"][:3] == ["run", "deploy", "auth-api"]
    assert "--allow-unauthenticated" not in steps["deploy"]
    pairs = dict(pair.split("=") for pair in build["substitutions"]["_SECRETS"].split(","))
    assert pairs["DATABASE_URL"] == "database-url:latest"
    assert pairs["JWT_SECRET"] == "jwt-secret:latest"
    told = yaml.safe_load((DEPLOY / "cloudrun/generic.env.yaml").read_text())
    assert all(isinstance(value, str) for value in told.values())
    suffices("generic", told, {*pairs}, tmp_path)


@pytest.fixture
def az(tmp_path: Path) -> Fakes:
    return Fakes.of(tmp_path / "fakes", "az")


@pytest.mark.req("R-32", "G-45", "D-44", "D-45")
@pytest.mark.parametrize(
    ("system", "name", "cpu", "memory"),
    [("romapi", "romapi-auth", 0.5, 1), ("generic", "auth-api", 2, 4)],
)
def test_azure_gets_a_group_whose_only_way_in_is_tls(
    az: Fakes, system: str, name: str, cpu: float, memory: float, tmp_path: Path
) -> None:
    odd = 'it\'s "odd" \\ & #: {x}'
    given = {**GIVEN, "SMTP_PASS": odd, "SMTP_PASSWORD": odd}
    group_of = f"{system}.yaml"
    environ = {
        **{each: value for each, value in given.items() if each != "PATH"},
        "IMAGE": IMAGE,
        "CADDY_IMAGE": IMAGE,
        "ADDRESS": {"romapi": "api.romapi.com", "generic": "api.yourdomain.com"}[system],
    }
    ended = az.run(DEPLOY / "aci/create.sh", group_of, "auth", **environ)
    assert ended.returncode == 0, ended.stderr
    (words,) = az.words
    assert words[:-1] == ["az", "container", "create", "--resource-group", "auth", "--file"]
    assert not Path(words[-1]).exists()
    group = yaml.safe_load(az.rendered)
    assert (group["name"], group["location"]) == (name, "eastus")
    told = group["properties"]
    assert (told["osType"], told["restartPolicy"]) == ("Linux", "Always")
    assert told["ipAddress"]["dnsNameLabel"] == name
    assert [port["port"] for port in told["ipAddress"]["ports"]] == [80, 443]
    caddy, service = (each["properties"] for each in told["containers"])
    assert {port["port"] for port in caddy["ports"]} == {80, 443}
    assert "ports" not in service
    assert service["resources"]["requests"] == {"cpu": cpu, "memoryInGB": memory}
    probe = service["livenessProbe"]
    assert (probe["initialDelaySeconds"], probe["periodSeconds"]) == (30, 10)
    variables = service["environmentVariables"]
    values = {each["name"]: each["value"] for each in variables if "value" in each}
    secure = {each["name"]: each["secureValue"] for each in variables if "secureValue" in each}
    assert secure == {each: given[each] for each in secure}
    assert f"localhost:{values['PORT']}" in caddy["command"]
    suffices(system, values, {*secure}, tmp_path)
    tags = {"environment": "production", "application": "auth-api"}
    assert group.get("tags") == (tags if system == "generic" else None)


@pytest.mark.req("D-44")
def test_a_group_of_azure_is_not_made_with_anything_missing(az: Fakes) -> None:
    ended = az.run(
        DEPLOY / "aci/create.sh", "romapi.yaml", "auth", IMAGE=IMAGE, ADDRESS="auth.example.com"
    )
    assert ended.returncode == 1
    missing = {*ended.stderr.partition(":")[2].split()}
    assert missing >= {*catalogue.secret_names(), "DATABASE_URL", "REDIS_URL", "CADDY_IMAGE"}
    assert az.calls == []
