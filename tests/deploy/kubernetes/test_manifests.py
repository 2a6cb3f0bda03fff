"""The objects of every overlay: valid, whole among themselves, with the names and numbers of each system."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest

from tests.deploy.kubernetes.custom import CUSTOM
from tests.support.cluster import COMPONENTS, OVERLAYS, ROOT, SYSTEMS, Cluster, names

# The oldest schema there is and the newest: nothing that we use came in between.
VERSIONS = ("1.25.0", "1.37.0")
PROBE = ("initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold")


def validated(cluster: Cluster) -> None:
    for each in cluster.objects:
        if each["kind"] in CUSTOM:
            jsonschema.validate(each, CUSTOM[each["kind"]])
            continue
        for version in VERSIONS:
            kubernetes_validate.validate(each, version, strict=True)


@pytest.mark.req("R-16", "M-29", "G-35", "D-48")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_of_an_overlay_is_one_that_a_cluster_takes(overlay: str) -> None:
    validated(Cluster.of(overlay))


@pytest.mark.parametrize("component", [each for each in COMPONENTS if each != "ingress"])
def test_every_component_fits_every_system(component: str, tmp_path: Path) -> None:
    for system in ("generic", "romapi"):  # keys that have to be named, and keys that have not
        made = Cluster.with_component(system, component, folder=tmp_path)
        for each in made.objects:  # what a component brings itself is put where its overlay is
            each["metadata"].setdefault("namespace", "here")
        for each in made.all("Namespace").values():
            del each["metadata"]["namespace"]
        validated(made)
        variables = [each["name"] for each in made.container("Deployment")["env"]]
        assert len(variables) == len(set(variables))


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_whoever_names_another_object_names_one_that_is_there(overlay: str) -> None:
    made = Cluster.of(overlay)
    for kind in ("Deployment", "Job"):
        pod = made.one(kind)["spec"]["template"]["spec"]
        assert pod["serviceAccountName"] in made.all("ServiceAccount")
        for source in made.container(kind)["envFrom"]:
            if "configMapRef" in source:
                assert source["configMapRef"]["name"] in made.all("ConfigMap")
            else:
                assert source["secretRef"]["name"] in made.secrets
        mounted = {each["name"] for each in made.container(kind)["volumeMounts"]}
        assert mounted == {each["name"] for each in pod["volumes"]}
        for volume in pod["volumes"]:
            if "secret" in volume:
                assert volume["secret"]["secretName"] in made.secrets
    target = made.one("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert target["name"] in made.all("Deployment")


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_way_in_leads_to_the_service_and_has_its_certificate(overlay: str) -> None:
    made = Cluster.of(overlay)
    services, certificate = made.all("Service"), made.one("Certificate")
    for gateway in made.all("Gateway").values():
        (https,) = [each for each in gateway["spec"]["listeners"] if "tls" in each]
        assert https["tls"]["certificateRefs"][0]["name"] == certificate["spec"]["secretName"]
    for route in made.all("HTTPRoute").values():
        assert route["spec"]["parentRefs"][0]["name"] in made.all("Gateway")
        for rule in route["spec"]["rules"]:
            for backend in rule.get("backendRefs", []):
                ports = {each["port"] for each in services[backend["name"]]["spec"]["ports"]}
                assert backend["port"] in ports
    for ingress in made.all("Ingress").values():
        for path in ingress["spec"]["rules"][0]["http"]["paths"]:
            assert path["backend"]["service"]["name"] in services
        assert ingress["spec"]["tls"][0]["secretName"] == certificate["spec"]["secretName"]


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_pods_are_chosen_by_labels_that_they_have_and_the_migration_has_not(overlay: str) -> None:
    made = Cluster.of(overlay)
    pods, job = (
        made.one(kind)["spec"]["template"]["metadata"]["labels"].items()
        for kind in ("Deployment", "Job")
    )
    serving = (
        made.one("Service")["spec"]["selector"],
        made.one("Deployment")["spec"]["selector"]["matchLabels"],
        made.one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
    )
    for chosen in serving:
        assert chosen.items() <= pods
        assert not chosen.items() <= job
    guarded = made.one("NetworkPolicy")["spec"]["podSelector"]["matchLabels"].items()
    assert guarded <= pods
    assert guarded <= job


@pytest.mark.req("K-42", "R-16", "R-19", "R-25", "M-29", "G-35", "G-37", "G-39")
@pytest.mark.parametrize(
    ("system", "namespace", "deployment", "service", "port", "secret"),
    [
        ("romapi", "romapi", "auth-service", "auth-service", 3001, "auth-secrets"),
        ("generic", "auth-system", "auth-api", "auth-api-service", 80, "auth-secrets"),
        ("molam", "molam", *("molam-id-password-reset",) * 2, 8085, "molam-secrets"),
        ("nova", "nova-rdv", *("nova-rdv-auth",) * 2, 3000, "auth-secrets"),
        ("ariya", "ariya", *("ariya-auth",) * 2, 3000, "auth-secrets"),
    ],
)
def test_names_are_those_of_each_system(
    system: str, namespace: str, deployment: str, service: str, port: int, secret: str
) -> None:
    made = Cluster.of(system)
    assert {*made.all("Namespace")} == {namespace}
    inside = [each for each in made.objects if each["kind"] != "Namespace"]
    assert {each["metadata"]["namespace"] for each in inside} == {namespace}
    found = made.one("Deployment")
    assert found["metadata"]["name"] == deployment
    assert found["spec"]["replicas"] == 3
    assert {*made.all("Service")} == {service}
    assert made.one("Service")["spec"]["ports"][0]["port"] == port
    assert secret in made.secrets


@pytest.mark.req("R-16", "R-19", "R-20", "R-22", "R-24", "R-25", "R-27", "D-48", "K-41")
def test_romapi_has_the_numbers_of_its_guide() -> None:
    made = Cluster.of("romapi")
    assert made.one("Namespace")["metadata"]["labels"]["name"] == "romapi"
    spec = made.one("Deployment")["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    labels = spec["template"]["metadata"]["labels"]
    assert (labels["app"], labels["version"]) == ("auth-service", "v1")
    pod, container = spec["template"]["spec"], made.container("Deployment")
    assert pod["serviceAccountName"] == "auth-service"
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["fsGroup"]) == (1001, 1001)
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"] == {
        "requests": {"memory": "256Mi", "cpu": "250m"},
        "limits": {"memory": "512Mi", "cpu": "500m"},
    }
    writable = {each["name"] for each in pod["volumes"] if "emptyDir" in each}
    mounts = {each["mountPath"] for each in container["volumeMounts"] if each["name"] in writable}
    assert mounts == {"/tmp", "/app/logs", "/backups"}  # noqa: S108 - a mount of the container
    assert pod["nodeSelector"] == {"kubernetes.io/os": "linux"}
    assert [each["tolerationSeconds"] for each in pod["tolerations"]] == [300, 300]
    (port,) = made.one("Service")["spec"]["ports"]
    assert (port["name"], port["port"]) == ("http", 3001)
    assert made.one("Service")["spec"]["type"] == "ClusterIP"
    scaling = made.all("HorizontalPodAutoscaler")["auth-service-hpa"]["spec"]
    assert (scaling["minReplicas"], scaling["maxReplicas"]) == (3, 10)
    utilization = {
        each["resource"]["name"]: each["resource"]["target"]["averageUtilization"]
        for each in scaling["metrics"]
    }
    assert utilization == {"cpu": 70, "memory": 80}
    down, up = scaling["behavior"]["scaleDown"], scaling["behavior"]["scaleUp"]
    assert (down["stabilizationWindowSeconds"], up["stabilizationWindowSeconds"]) == (300, 60)
    assert down["policies"] == [{"type": "Percent", "value": 10, "periodSeconds": 60}]
    assert up["policies"] == [{"type": "Percent", "value": 50, "periodSeconds": 60}]


@pytest.mark.req("K-40", "R-23", "M-30", "G-38", "D-24")
@pytest.mark.parametrize(
    ("system", "liveness", "readiness"),
    [
        ("romapi", (30, 10, 5, 3), (5, 5, 3, 3)),
        ("molam", (10, 30, 5, 3), (5, 10, 3, 3)),
        ("generic", (30, 10, 5, 3), (5, 5, 3, 3)),
    ],
)
def test_probes_keep_the_times_of_each_system(
    system: str, liveness: tuple[int, ...], readiness: tuple[int, ...]
) -> None:
    container = Cluster.of(system).container("Deployment")
    assert tuple(container["livenessProbe"][each] for each in PROBE) == liveness
    assert tuple(container["readinessProbe"][each] for each in PROBE) == readiness
    assert container["startupProbe"]["failureThreshold"] >= 10


@pytest.mark.req("G-37", "K-41")
def test_generic_is_larger_and_signs_with_the_mounted_pair_of_keys() -> None:
    made = Cluster.of("generic")
    container = made.container("Deployment")
    assert container["resources"] == {
        "requests": {"memory": "2Gi", "cpu": "1000m"},
        "limits": {"memory": "4Gi", "cpu": "2000m"},
    }
    (mount,) = [each for each in container["volumeMounts"] if each["name"] == "keys"]
    assert mount == {"name": "keys", "mountPath": "/app/keys", "readOnly": True}
    volumes = made.one("Deployment")["spec"]["template"]["spec"]["volumes"]
    (keys,) = [each["secret"] for each in volumes if each["name"] == "keys"]
    assert keys == {"secretName": "jwt-keys", "defaultMode": 0o440}
    assert made.secrets["jwt-keys"] == {"private.key", "public.key"}


@pytest.mark.req("R-26", "G-39", "D-01", "D-05")
@pytest.mark.parametrize(
    ("overlay", "name", "host", "paths", "certificate"),
    [
        ("romapi", "auth-ingress", "api.romapi.com", ["/auth", "/.well-known"], "auth-tls"),
        ("generic", "auth-api-ingress", "api.yourdomain.com", ["/"], "auth-api-tls"),
    ],
)
def test_people_come_by_a_gateway_or_where_that_is_wanted_by_an_ingress(
    overlay: str, name: str, host: str, paths: list[str], certificate: str
) -> None:
    new, old = Cluster.of(overlay), Cluster.of(f"{overlay}-ingress")
    assert not new.all("Ingress")
    assert not old.all("Gateway")
    assert not old.all("HTTPRoute")
    ingress = old.all("Ingress")[name]
    known = {"ssl-redirect": "true", "force-ssl-redirect": "true", "limit-rpm": "100"}
    told = {f"nginx.ingress.kubernetes.io/{key}": value for key, value in known.items()}
    assert ingress["metadata"]["annotations"] == told
    assert ingress["spec"]["ingressClassName"] == "nginx"
    assert ingress["spec"]["tls"] == [{"hosts": [host], "secretName": certificate}]
    (rule,) = ingress["spec"]["rules"]
    assert (rule["host"], [each["path"] for each in rule["http"]["paths"]]) == (host, paths)
    route = new.all("HTTPRoute")["auth"]["spec"]
    assert [each["path"]["value"] for each in route["rules"][0]["matches"]] == paths
    redirect = new.all("HTTPRoute")["plain"]["spec"]["rules"][0]["filters"][0]["requestRedirect"]
    assert redirect == {"scheme": "https", "statusCode": 301}
    issued = new.one("Certificate")["spec"]
    assert issued["issuerRef"] == {"kind": "ClusterIssuer", "name": "letsencrypt-prod"}
    listening = [each["hostname"] for each in new.one("Gateway")["spec"]["listeners"]]
    assert {host} == {*issued["dnsNames"], *route["hostnames"], *listening}


@pytest.mark.req("D-10")
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_scripts_are_told_the_names_that_the_overlay_has(overlay: str) -> None:
    made, told = Cluster.of(overlay), names(overlay)
    (service,) = made.all("Service").values()
    image, _, tag = made.container("Deployment")["image"].rpartition(":")
    settings = next(
        each["data"] for each in made.all("ConfigMap").values() if "APP_PROFILE" in each["data"]
    )
    below, smoke = told.pop("BELOW", ""), told.pop("SMOKE_OPTIONS", "")
    if "auth" in made.all("HTTPRoute"):
        matches = made.all("HTTPRoute")["auth"]["spec"]["rules"][0]["matches"]
        led = [each["path"]["value"] for each in matches]
    else:
        led = [each["path"] for each in made.one("Ingress")["spec"]["rules"][0]["http"]["paths"]]
    assert below == led[0].rstrip("/")
    assert re.findall(r"--only (\S+)", smoke) == (led if below else [])
    assert ("--health-path" in smoke) == bool(below)
    assert told == {
        "NAMESPACE": made.one("Namespace")["metadata"]["name"],
        "DEPLOYMENT": made.one("Deployment")["metadata"]["name"],
        "SERVICE": service["metadata"]["name"],
        "SERVICE_PORT": str(service["spec"]["ports"][0]["port"]),
        "AUTOSCALER": made.one("HorizontalPodAutoscaler")["metadata"]["name"],
        "SECRET": next(name for name in made.secrets if name.endswith("-secrets")),
        "ADDRESS": settings["PUBLIC_BASE_URL"]
        + ("/auth/health" if "romapi" in overlay else "/health"),
        "IMAGE": image,
    }
    assert tag not in {"", "latest"}
    assert made.container("Job")["image"] == f"{image}:{tag}"


@pytest.mark.req("M-44", "D-26", "D-48")
@pytest.mark.parametrize("system", SYSTEMS)
def test_only_the_gateway_comes_in_and_only_prometheus_reads_metrics(system: str) -> None:
    made = Cluster.of(system)
    policy: dict[str, Any] = made.one("NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    (_, elsewhere) = policy["egress"]
    vault = 8200
    assert vault in {each["port"] for each in elsewhere["ports"]}
    entrances = {rule["ports"][0]["port"]: rule["from"] for rule in policy["ingress"]}
    assert {*entrances} == {"http", "metrics"}
    assert all("namespaceSelector" in each for each in (*entrances["http"], *entrances["metrics"]))
    assert [each["name"] for each in made.one("Service")["spec"]["ports"]] == ["http"]


def test_no_value_of_a_secret_is_in_any_file() -> None:
    for overlay in OVERLAYS:
        assert not Cluster.of(overlay).all("Secret")
    shipped = ("base", "components", *(f"overlays/{overlay}" for overlay in OVERLAYS))
    files = [path for folder in shipped for path in (ROOT / folder).rglob("*")]
    assert not [path for path in files if "secretGenerator" in path.name]


@pytest.mark.req("G-02", "G-04")
@pytest.mark.parametrize("system", SYSTEMS)
def test_a_next_version_stands_beside_the_one_that_serves_and_gets_none_of_its_requests(
    system: str, tmp_path: Path
) -> None:
    stable, both = Cluster.of(system), Cluster.with_component(system, "next", folder=tmp_path)
    assert sorted(each["kind"] for each in both.objects) == [
        *("ConfigMap", "ConfigMap"),
        *("Deployment", "Service"),
    ]
    watched = Cluster.with_component(system, "monitor", "next", folder=tmp_path)
    assert not watched.all("PodMonitor"), "which would stay when the next version leaves"
    name = stable.one("Deployment")["metadata"]["name"]
    assert both.one("Deployment")["metadata"]["name"] == f"{name}-next"
    pods = both.one("Deployment")["spec"]["template"]
    labels = pods["metadata"]["labels"].items()
    assert both.one("Service")["spec"]["selector"].items() <= labels
    assert not stable.one("Service")["spec"]["selector"].items() <= labels
    assert not stable.one("Deployment")["spec"]["selector"]["matchLabels"].items() <= labels
    guards = stable.one("PodDisruptionBudget")["spec"]["selector"]["matchLabels"]
    assert guards.items() <= labels
    assert pods["spec"]["serviceAccountName"] in stable.all("ServiceAccount")
