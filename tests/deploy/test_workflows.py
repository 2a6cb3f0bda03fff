"""The way from a change to production, as GitHub is told of it: known words, pinned parts, in order."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.deploy_files import DEPLOY, compose
from tests.support.program import watchword

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github/workflows"
CI, RELEASE = WORKFLOWS / "ci.yml", WORKFLOWS / "release.yml"
CHECKED = Path(sys.executable).with_name("check-jsonschema")
VERBS = set(re.findall(r"^  \./run ([a-z]+)", (ROOT / "run").read_text(), re.MULTILINE))


def jobs(workflow: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(workflow.read_text())["jobs"]
    return found


def commands(job: dict[str, Any]) -> str:
    return "\n".join(step.get("run", "") for step in job["steps"])


@pytest.mark.req("A-16", "D-10")
@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.github-workflows", CI),
        ("vendor.github-workflows", RELEASE),
        ("custom.github-workflows-require-timeout", CI),
        ("custom.github-workflows-require-timeout", RELEASE),
        ("vendor.renovate", ROOT / "renovate.json"),
    ],
)
def test_the_files_say_what_can_be_said(schema: str, file: Path) -> None:
    ended = subprocess.run(
        [CHECKED, "--builtin-schema", schema, file], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout


@pytest.mark.req("D-10")
@pytest.mark.parametrize("workflow", [CI, RELEASE])
def test_parts_of_others_are_pinned_to_a_commit_and_their_version_is_said(workflow: Path) -> None:
    used = re.findall(r"uses: (.+)", workflow.read_text())
    assert used
    for each in used:
        assert re.fullmatch(r"[\w-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each), each


@pytest.mark.req("A-16")
@pytest.mark.parametrize("workflow", [CI, RELEASE])
def test_the_commands_of_the_workflow_are_there(workflow: Path) -> None:
    said = "\n".join(commands(job) for job in jobs(workflow).values())
    words = set(re.findall(r"^(?:\s*)\./run ([a-z]+)$", said, re.MULTILINE))
    assert words
    assert words <= VERBS
    for script in re.findall(r"deploy/scripts/[\w.-]+", said):
        assert (ROOT / script).stat().st_mode & 0o100
    assert not re.search(r"\$\{\{", said), "what others write is no part of a command"


def test_staging_is_tried_by_commands_that_the_program_has(tmp_path: Path) -> None:
    said = commands(jobs(CI)["staging"])
    for command, options in (
        ("smoke", ("--base", "--account", "--password-file")),
        ("security-check", ("--base",)),
    ):
        assert f"{command} --base" in said
        told = watchword(command, "--help", cwd=tmp_path).stdout
        assert all(option in told for option in options)


@pytest.mark.req("K-43", "R-01")
def test_the_suite_runs_on_the_oldest_and_the_newest_stores_that_are_supported() -> None:
    suite = jobs(CI)["test"]
    tried = [(each["postgres"], each["redis"]) for each in suite["strategy"]["matrix"]["include"]]
    assert tried == [("14", "6.2"), ("18", "8")]
    assert suite["services"]["postgres"]["image"] == "postgres:${{ matrix.postgres }}"
    assert suite["services"]["redis"]["image"] == "redis:${{ matrix.redis }}"
    assert {"TEST_POSTGRES_URL", "TEST_REDIS_URL"} <= set(suite["env"])
    shipped = compose(DEPLOY / "compose/compose.yaml", given={"PUBLIC_BASE_URL": "https://a.org"})
    major = re.match(r"postgres:(\d+)", shipped["services"]["postgres"]["image"])
    assert major
    assert int(major[1]) in range(14, 19)


@pytest.mark.parametrize("job", ["staging", "production"])
def test_whoever_runs_the_image_may_fetch_it_before_anything_is_switched(job: str) -> None:
    found = jobs(CI)[job]
    assert found["permissions"] == {"contents": "read", "packages": "read"}
    steps = [f"{step.get('uses', '')} {step.get('run', '')}" for step in found["steps"]]
    entered = next(n for n, step in enumerate(steps) if step.startswith("docker/login-action@"))
    rolled = next(n for n, step in enumerate(steps) if "deploy/scripts/" in step)
    assert entered < rolled < next(n for n, step in enumerate(steps) if "docker run" in step)
    assert "$options" in next(step for step in steps if "smoke --base" in step)


@pytest.mark.parametrize("workflow", [CI, RELEASE])
def test_the_image_has_a_name_that_a_registry_takes(workflow: Path, tmp_path: Path) -> None:
    users = {name: job for name, job in jobs(workflow).items() if "IMAGE" in str(job["steps"])}
    assert len(users) == (3 if workflow == CI else 1)
    for name, job in users.items():
        told = tmp_path / name
        environ = {
            "PATH": os.defpath,
            "GITHUB_REPOSITORY": "Some-Owner/Auth",
            "GITHUB_ENV": str(told),
        }
        subprocess.run(["sh", "-euc", job["steps"][0]["run"]], env=environ, check=True)
        assert told.read_text() == "IMAGE=ghcr.io/some-owner/auth\n"


@pytest.mark.req("A-16", "R-64", "R-01")
def test_production_comes_last_by_digest_and_waits_for_somebody() -> None:
    found = jobs(CI)
    assert [*found] == ["check", "test", "audit", "build", "staging", "production"]
    assert found["build"]["needs"] == ["check", "test", "audit"]
    assert found["staging"]["needs"] == "build"
    assert found["production"]["needs"] == ["build", "staging"]
    for name in ("staging", "production"):
        assert found[name]["environment"]["name"] == name
        assert found[name]["if"] == "github.ref == 'refs/heads/main'"
        assert '"$OVERLAY" "$IMAGE@$DIGEST"' in commands(found[name])
        assert found[name]["env"]["DIGEST"] == "${{ needs.build.outputs.digest }}"
    used = " ".join(step.get("uses", "") for step in found["build"]["steps"])
    assert used.index("sbom-action") < used.index("scan-action") < used.index("login-action")
    assert "docker history" in commands(found["build"])
    assert {*found["test"]["services"]} == {"postgres", "redis"}
    assert [each["postgres"] for each in found["test"]["strategy"]["matrix"]["include"]] == [
        "14",
        "18",
    ]


@pytest.mark.req("R-64")
@pytest.mark.parametrize("workflow", [CI, RELEASE])
def test_a_job_may_do_no_more_than_it_must(workflow: Path) -> None:
    assert yaml.safe_load(workflow.read_text())["permissions"] == {"contents": "read"}
    for job in jobs(workflow).values():
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


@pytest.mark.req("A-16")
def test_make_ci_does_the_same_stages_on_any_machine() -> None:
    stages = [commands(jobs(CI)[name]) for name in ("check", "test", "audit", "build")]
    told = [
        word for stage in stages for word in re.findall(r"^\./run [a-z]+$", stage, re.MULTILINE)
    ]
    (ci,) = re.findall(r"^ci:\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert ci.replace("\t", "").splitlines() == told
