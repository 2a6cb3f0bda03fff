"""The scripts of a roll-out: what they say to a cluster, in which order, and whom people meet in the end."""

import fcntl
import json
import os
import re
import shutil
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
import yaml

from tests.support.cluster import OVERLAYS, ROOT, Cluster
from tests.support.fake_commands import Fakes

SCRIPTS = ROOT.parent / "scripts"
DIGEST = "ab" * 32
IMAGE = f"registry.example.org/romapi/auth-service@sha256:{DIGEST}"
HEALTHY = '{"status":"healthy"}'
NEXT = "kubectl --namespace romapi get deployment auth-service-next *"
GROUND, MIGRATION, SERVER, ACCESS = (
    f"kubectl apply --filename * --selector part={part}"
    for part in ("ground", "migration", "server", "access")
)
MIGRATED = "kubectl --namespace romapi get job migration *"
ROLLED_OUT = "kubectl --namespace romapi rollout status deployment/auth-service --timeout=*"
NEXT_OUT = "kubectl --namespace romapi rollout status deployment/auth-service-next *"
UNDONE = "kubectl --namespace romapi rollout undo deployment/auth-service"
TRIED = "kubectl --namespace romapi exec deployment/auth-service-next *"
SWITCHED = "kubectl --namespace romapi patch service auth-service *next*"
SHARED = "kubectl --namespace romapi patch httproute auth *"
REMOVED = "kubectl --namespace romapi delete deployment,service,configmap *track=next*"
ASKED = "curl * https://api.romapi.com/auth/health"


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    """Return a cluster in which romapi serves, with seven pods."""
    made = Fakes.of(tmp_path / "fakes", "kubectl", "curl")
    made.answers.update(
        {
            NEXT: "",
            "kubectl * get deployment auth-service *name": "deployment.apps/auth-service",
            "kubectl * get deployment auth-service *replicas}": "7",
            "kubectl * get httproute *": "httproute/auth",
            "kubectl * get deployment auth-service *revision}": "4",
            "kubectl * get hpa *maxReplicas}": "10",
            MIGRATED: "SuccessCriteriaMet Complete",
            "curl *": HEALTHY,
        }
    )
    return made


def whom_people_meet(calls: list[str], failing: str = "") -> str:
    """Return the version that has all requests in the end: read from what was said to the cluster."""
    pods, service, share = "old", "stable", 0
    for call in calls:
        if failing and fnmatchcase(call, failing):
            continue
        if call.endswith("part=server"):
            pods = "new"
        elif "rollout undo deployment/auth-service" in call:
            pods = "old" if call.endswith("--to-revision=4") else "older"
        elif "patch service" in call:
            service = "next" if '"track":"next"' in call else "stable"
        elif call.endswith("part=access"):
            service, share = "stable", 0
        elif "patch httproute" in call:
            weights = json.loads(call.partition("--patch ")[2])[0]["value"]
            share = sum(each["weight"] for each in weights if each["name"].endswith("-next"))
        elif "delete deployment,service,configmap" in call:
            assert (service, share) == ("stable", 0), "the next version left while it had requests"
    if service == "next" or share == 100:
        return "new"
    return pods if not share else "both"


def left_over(fakes: Fakes) -> list[str]:
    """Return the folders that were rendered in and are still there."""
    used = [call.split()[2] for call in fakes.calls if call.startswith("kubectl kustomize ")]
    assert used
    return [folder for folder in used if Path(folder).exists()]


@pytest.mark.req("R-28", "K-51", "D-49", "D-51", "G-03", "G-40")
def test_a_version_comes_step_by_step_and_no_release_scales_down(fakes: Fakes) -> None:
    ended = fakes.run(SCRIPTS / "deploy-k8s.sh", "romapi", IMAGE)
    assert ended.returncode == 0, ended.stderr
    steps = fakes.order(
        "kubectl kustomize *",
        GROUND,
        "kubectl --namespace romapi wait externalsecret *",
        "kubectl --namespace romapi delete job migration *",
        MIGRATION,
        MIGRATED,
        SERVER,
        ROLLED_OUT,
        ACCESS,
        "kubectl --namespace romapi get pods *",
        "kubectl --namespace romapi get services",
        ASKED,
    )
    assert steps == sorted(steps)
    assert "--timeout=300s" in fakes.calls[steps[7]]
    assert whom_people_meet(fakes.calls) == "new"
    told = yaml.safe_load(fakes.rendered)
    assert told["resources"] == ["../romapi"]
    (image,) = told["images"]
    assert image["digest"] == f"sha256:{DIGEST}"
    assert Cluster.of("romapi").container("Deployment")["image"].startswith(f"{image['name']}:")
    assert told["replicas"] == [{"name": "auth-service", "count": 7}]
    assert not left_over(fakes)


@pytest.mark.req("R-28")
def test_the_same_version_again_is_brought_by_the_same_words(fakes: Fakes) -> None:
    first = fakes.run(SCRIPTS / "deploy-k8s.sh", "romapi", IMAGE)
    calls = [re.sub(r"\.render\.\w+", "", call) for call in fakes.calls]
    again = fakes.run(SCRIPTS / "deploy-k8s.sh", "romapi", IMAGE)
    assert (first.returncode, again.returncode) == (0, 0)
    assert [re.sub(r"\.render\.\w+", "", call) for call in fakes.calls] == calls


@pytest.mark.req("R-28", "D-49", "G-71")
@pytest.mark.parametrize(
    "failing", [GROUND, "kubectl * wait *", MIGRATION, SERVER, ROLLED_OUT, ACCESS, ASKED]
)
def test_a_deployment_that_fails_leaves_the_former_version(fakes: Fakes, failing: str) -> None:
    ended = fakes.run(SCRIPTS / "deploy-k8s.sh", "romapi", IMAGE, failing=(failing,))
    assert ended.returncode == 1
    assert whom_people_meet(fakes.calls, failing) == "old"
    assert not left_over(fakes)


@pytest.mark.req("D-49")
def test_migrations_that_fail_stop_everything(fakes: Fakes) -> None:
    fakes.answers[MIGRATED] = "FailureTarget Failed"
    for script in ("deploy-k8s.sh", "blue-green.sh", "canary.sh"):
        ended = fakes.run(SCRIPTS / script, "romapi", IMAGE)
        assert (ended.returncode, whom_people_meet(fakes.calls)) == (1, "old")
        assert "The migrations failed." in ended.stderr
        fakes.order("kubectl --namespace romapi logs job/migration *")
        assert not [call for call in fakes.calls if "part=server" in call or "next.yaml" in call]


@pytest.mark.req("D-49")
@pytest.mark.parametrize("failing", [(MIGRATED,), ()])
def test_waiting_for_migrations_has_an_end(fakes: Fakes, failing: tuple[str, ...]) -> None:
    fakes.answers[MIGRATED] = ""
    script = SCRIPTS / "deploy-k8s.sh"
    ended = fakes.run(script, "romapi", IMAGE, failing=failing, MIGRATION_TIMEOUT="0")
    assert ended.returncode == 1
    assert "did not end within 0 s" in ended.stderr
    assert whom_people_meet(fakes.calls) == "old"


@pytest.mark.req("D-49")
def test_a_cluster_that_answers_late_is_waited_for_no_longer_than_was_said(tmp_path: Path) -> None:
    fakes = Fakes.of(tmp_path / "fakes", "kubectl", "sleep")
    clock = fakes.folder / "bin/date"  # a look at it every four minutes
    looked = fakes.folder / "looked"
    clock.write_text(f'#!/bin/sh\necho >>"{looked}"\necho $((240 * $(wc -l <"{looked}")))\n')
    clock.chmod(0o755)
    ended = fakes.run(SCRIPTS / "deploy-k8s.sh", "romapi", IMAGE)
    assert ended.returncode == 1
    assert "did not end within 660 s" in ended.stderr
    looks = [call for call in fakes.calls if fnmatchcase(call, MIGRATED)]
    assert len(looks) == 3
    assert all("--request-timeout=10s" in call for call in looks)


@pytest.mark.req("R-28")
def test_what_a_killed_script_rendered_leaves_with_the_next_one(fakes: Fakes) -> None:
    left, used = (
        ROOT / "overlays/.render.left-by-a-test",
        ROOT / "overlays/.render.used-by-a-test",
    )
    try:
        for folder in (left, used):
            folder.mkdir(exist_ok=True)
            (folder / "stable.yaml").touch()
        holding = os.open(used, os.O_RDONLY)
        fcntl.flock(holding, fcntl.LOCK_EX)
        for folder in (left, used):
            os.utime(folder, (0, 0))
        ended = fakes.run(SCRIPTS / "deploy-k8s.sh", "romapi", IMAGE)
        assert ended.returncode == 0, ended.stderr
        assert (left.exists(), used.exists()) == (False, True)
        os.close(holding)
    finally:
        shutil.rmtree(left, ignore_errors=True)
        shutil.rmtree(used, ignore_errors=True)


@pytest.mark.req("R-28")
def test_two_scripts_at_once_are_refused(fakes: Fakes) -> None:
    with (fakes.folder / ".lock.romapi").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for script in ("deploy-k8s.sh", "blue-green.sh", "canary.sh"):
            ended = fakes.run(SCRIPTS / script, "romapi", IMAGE)
            assert ended.returncode == 1
            assert "Another script rolls a version out to romapi" in ended.stderr
            assert not [call for call in fakes.calls if " apply " in call or " delete " in call]


@pytest.mark.req("R-28", "D-51")
def test_a_page_of_somebody_else_is_not_taken_for_health(fakes: Fakes) -> None:
    fakes.answers["curl *"] = "<html>Moved</html>"
    ended = fakes.run(SCRIPTS / "deploy-k8s.sh", "romapi", IMAGE)
    assert ended.returncode == 1
    assert "not as this service" in ended.stderr
    assert whom_people_meet(fakes.calls) == "old"


@pytest.mark.req("R-28", "D-10")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("romapi",), 2, "OVERLAY IMAGE@sha256:DIGEST"),
        (("elsewhere", IMAGE), 1, "There is no overlay elsewhere"),
        (("romapi", "romapi/auth-service:latest"), 1, "by its digest"),
        (("romapi", "romapi/auth-service@sha256:abc"), 1, "no digest"),
        (("romapi", f"auth@sha256:{'x' * 64}"), 1, "no digest"),
    ],
)
def test_nothing_is_said_to_the_cluster_before_all_is_understood(
    fakes: Fakes, words: tuple[str, ...], code: int, said: str
) -> None:
    for script in ("deploy-k8s.sh", "blue-green.sh", "canary.sh"):
        ended = fakes.run(SCRIPTS / script, *words)
        assert ended.returncode == code
        assert said in ended.stderr
        assert fakes.calls == []


@pytest.mark.req("R-28")
def test_without_kubectl_it_says_so(tmp_path: Path) -> None:
    none = Fakes.of(tmp_path / "none", "curl")
    ended = none.run(
        SCRIPTS / "deploy-k8s.sh", "romapi", IMAGE, PATH=f"{none.folder / 'bin'}:{bare(tmp_path)}"
    )
    assert ended.returncode == 1
    assert "kubectl is not on PATH" in ended.stderr


def bare(folder: Path) -> Path:
    """Return a folder of commands that every machine has, and no other."""
    found = folder / "bare"
    found.mkdir()
    for name in ("sh", "dirname", "sed", "mktemp", "rm", "cat", "sleep"):
        place = next(
            each / name for each in (Path("/bin"), Path("/usr/bin")) if (each / name).exists()
        )
        (found / name).symlink_to(place)
    return found


@pytest.mark.req("G-02", "K-51")
def test_green_is_tried_before_anybody_meets_it_and_blue_is_renewed_behind_it(fakes: Fakes) -> None:
    ended = fakes.run(SCRIPTS / "blue-green.sh", "romapi", IMAGE)
    assert ended.returncode == 0, ended.stderr
    steps = fakes.order(
        GROUND,
        MIGRATION,
        "kubectl apply --filename *next.yaml",
        NEXT_OUT,
        TRIED,
        SWITCHED,
        ASKED,
        SERVER,
        ROLLED_OUT,
        ACCESS,
        REMOVED,
    )
    assert steps == sorted(steps)
    assert whom_people_meet(fakes.calls) == "new"
    _, beside = fakes.rendered.split("resources: ")[1:]
    assert "components: [../../components/next]" in beside
    assert "count: 7" in beside


@pytest.mark.req("G-02", "D-49")
@pytest.mark.parametrize(
    "failing",
    [GROUND, MIGRATION, "*next.yaml", NEXT_OUT, TRIED, SWITCHED, ASKED, SERVER, ACCESS],
)
def test_whatever_fails_blue_stays(fakes: Fakes, failing: str) -> None:
    ended = fakes.run(SCRIPTS / "blue-green.sh", "romapi", IMAGE, failing=(failing,))
    assert ended.returncode == 1
    assert whom_people_meet(fakes.calls, failing) == "old"
    if "next" in failing or failing in {ASKED, SERVER, ACCESS}:
        fakes.order(REMOVED)


@pytest.mark.req("G-02")
def test_the_operator_says_how_green_is_tried(fakes: Fakes) -> None:
    ended = fakes.run(SCRIPTS / "blue-green.sh", "romapi", IMAGE, SMOKE="curl smoke; exit 3")
    assert ended.returncode == 3
    assert "curl smoke" in fakes.calls
    assert not [call for call in fakes.calls if '"track":"next"' in call]
    assert whom_people_meet(fakes.calls) == "old"


@pytest.mark.req("G-04")
def test_more_and_more_people_meet_the_canary(fakes: Fakes) -> None:
    ended = fakes.run(SCRIPTS / "canary.sh", "romapi", IMAGE, WATCH="0", CHECK="curl check")
    assert ended.returncode == 0, ended.stderr
    patches = [call for call in fakes.calls if "patch httproute" in call]
    told = [json.loads(call.partition("--patch ")[2])[0]["value"] for call in patches]
    assert [[each["weight"] for each in value] for value in told] == [[95, 5], [75, 25], [0, 100]]
    assert {each["name"] for value in told for each in value} == {
        "auth-service",
        "auth-service-next",
    }
    assert {each["port"] for value in told for each in value} == {3001}
    assert fakes.calls.count("curl check") == 3
    steps = fakes.order(NEXT_OUT, TRIED, SHARED, SERVER, ROLLED_OUT, ACCESS, REMOVED)
    assert steps == sorted(steps)
    assert whom_people_meet(fakes.calls) == "new"


@pytest.mark.req("G-04", "D-49")
@pytest.mark.parametrize("failing", [NEXT_OUT, TRIED, SHARED, "curl check", ASKED, SERVER, ACCESS])
def test_a_canary_that_falters_is_taken_from_everybody(fakes: Fakes, failing: str) -> None:
    ended = fakes.run(
        SCRIPTS / "canary.sh",
        "romapi",
        IMAGE,
        "10",
        failing=(failing,),
        WATCH="0",
        CHECK="curl check",
    )
    assert ended.returncode == 1
    assert whom_people_meet(fakes.calls, failing) == "old"
    if failing != SHARED:
        fakes.order(REMOVED)


ROUTE = "kubectl --namespace romapi get httproute auth *"
NOWHERE = '|error: the server doesn\'t have a resource type "httproute"'


@pytest.mark.req("G-04", "G-71")
@pytest.mark.parametrize(
    ("failing", "removed"),
    [
        (ROUTE, False),
        (SHARED, False),
        ("kubectl * patch service *", False),
        (f"{ROUTE}{NOWHERE}", True),
    ],
)
def test_the_next_version_leaves_only_when_nobody_is_sent_to_it(
    fakes: Fakes, failing: str, removed: bool
) -> None:
    fakes.answers[NEXT] = "deployment.apps/auth-service-next"
    ended = fakes.run(SCRIPTS / "rollback-k8s.sh", "romapi", failing=(failing,))
    assert ended.returncode == (0 if removed else 1)
    assert bool([call for call in fakes.calls if fnmatchcase(call, REMOVED)]) is removed
    assert ("rollback-k8s.sh romapi" in ended.stderr) is not removed


@pytest.mark.req("G-04")
@pytest.mark.parametrize("share", ["0", "101", "half", "-5"])
def test_a_share_is_a_part_of_a_hundred(fakes: Fakes, share: str) -> None:
    ended = fakes.run(SCRIPTS / "canary.sh", "romapi", IMAGE, share)
    assert (ended.returncode, fakes.calls) == (1, [])


@pytest.mark.req("G-04")
def test_without_a_route_there_are_no_shares(fakes: Fakes) -> None:
    fakes.answers["kubectl * get httproute *"] = ""
    ended = fakes.run(SCRIPTS / "canary.sh", "romapi-ingress", IMAGE)
    assert ended.returncode == 1
    assert "blue-green.sh" in ended.stderr


@pytest.mark.req("G-71")
def test_an_emergency_goes_back_to_the_version_before(fakes: Fakes) -> None:
    ended = fakes.run(SCRIPTS / "rollback-k8s.sh", "romapi")
    assert ended.returncode == 0, ended.stderr
    steps = fakes.order(UNDONE, ROLLED_OUT, ASKED)
    assert steps == sorted(steps)
    assert "--timeout=60s" in fakes.calls[steps[1]]
    chosen = fakes.run(SCRIPTS / "rollback-k8s.sh", "romapi", "12")
    assert chosen.returncode == 0
    fakes.order(f"{UNDONE} --to-revision=12")


@pytest.mark.req("G-71")
def test_an_emergency_during_a_canary_sends_everybody_to_the_former_version(fakes: Fakes) -> None:
    fakes.answers[NEXT] = "deployment.apps/auth-service-next"
    for script in ("deploy-k8s.sh", "blue-green.sh", "canary.sh"):
        assert fakes.run(SCRIPTS / script, "romapi", IMAGE).returncode == 1
    ended = fakes.run(SCRIPTS / "rollback-k8s.sh", "romapi")
    assert ended.returncode == 0, ended.stderr
    fakes.order(SHARED, REMOVED)
    assert not [call for call in fakes.calls if "rollout undo" in call]
    assert whom_people_meet(fakes.calls) == "old"


@pytest.mark.req("G-73", "G-40", "K-47")
def test_there_are_five_pods_at_once_and_never_more_than_the_database_takes(fakes: Fakes) -> None:
    ended = fakes.run(SCRIPTS / "scale-k8s.sh", "romapi", "5")
    assert ended.returncode == 0, ended.stderr
    steps = fakes.order(
        'kubectl --namespace romapi patch hpa auth-service-hpa *{"spec":{"minReplicas":5}}',
        "kubectl --namespace romapi scale deployment/auth-service --replicas=5",
        ROLLED_OUT,
    )
    assert steps == sorted(steps)
    refused = fakes.run(SCRIPTS / "scale-k8s.sh", "romapi", "11")
    assert refused.returncode == 1
    assert "max_connections" in refused.stderr
    assert not [call for call in fakes.calls if " scale " in call or " patch " in call]
    assert fakes.run(SCRIPTS / "scale-k8s.sh", "romapi", "many").returncode == 2


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_belongs_to_a_part_that_the_scripts_apply(overlay: str) -> None:
    parts = {
        each["kind"]: each["metadata"]["labels"]["part"] for each in Cluster.of(overlay).objects
    }
    assert {*parts.values()} == {"ground", "migration", "server", "access"}
    assert (parts["Job"], parts["Deployment"], parts["Service"]) == (
        "migration",
        "server",
        "access",
    )
    assert (parts["ConfigMap"], parts["ExternalSecret"]) == ("ground", "ground")
