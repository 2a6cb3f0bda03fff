"""Pages about clusters and clouds: commands are typed as printed, before commands that only remember."""

import sys
from pathlib import Path

import pytest

from tests.support.aws_commands import commands
from tests.support.fake_commands import Fakes
from tests.support.markdown import ROOT, blocks

WATCHWORD = Path(sys.executable).with_name("watchword")
OPERATE = ROOT / "docs/operate"
NAMES = ("kubectl", "curl", "aws", "gcloud", "az", "promtool", "openssl")


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    """Return an operator's machine, the clone before it, and a cluster in which romapi serves."""
    made = Fakes.of(tmp_path / "fakes", *NAMES)
    (made.folder / "bin/watchword").symlink_to(WATCHWORD)
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    made.answers.update(
        {
            "kubectl * get deployment auth-service-next *": "",
            "kubectl * get deployment auth-service *name": "deployment.apps/auth-service",
            "kubectl * get deployment auth-service *}": "4",
            "kubectl * get httproute *": "httproute/auth",
            "kubectl * get job *": "Complete",
            "kubectl * get hpa *": "10",
            "curl *": '{"status":"healthy"}',
            "openssl *": "1f" * 32,
            "az keyvault *": "postgresql://auth:kept@db.internal/auth",
            "aws secretsmanager get-secret-value *": "1f" * 32,
            "aws ecs register-task-definition *": "task:7",
            "aws ecs describe-services *": "task:7",
            "aws ecs describe-tasks *": "0",
            "aws ecs run-task *": "run-1",
        }
    )
    return made


@pytest.mark.req("G-40", "G-73", "G-71", "R-28", "G-42", "G-43", "G-44", "G-45")
@pytest.mark.parametrize(
    ("page", "heard"),
    [
        (
            "kubernetes.md",
            (
                "kubectl kustomize deploy/kubernetes/overlays/romapi",
                "kubectl apply *part=server",
                "kubectl * exec deployment/auth-service -- watchword users create *",
                "kubectl * logs deployment/auth-service *",
                "kubectl * scale deployment/auth-service --replicas=5",
            ),
        ),
        (
            "roll-out.md",
            (
                "kubectl apply *part=server",
                "kubectl * patch service auth-service *next*",
                "kubectl * patch httproute auth *",
                "kubectl * rollout undo deployment/auth-service",
                "promtool query instant *",
                "gcloud run services update-traffic auth-api *",
            ),
        ),
        (
            "clouds.md",
            (
                "aws rds create-db-instance *",
                "aws elasticache create-replication-group *",
                "aws secretsmanager create-secret --name romapi/jwt-reset-secret *",
                "aws ecs update-service *",
                "gcloud secrets create jwt-secret --data-file=secrets/JWT_SECRET",
                "gcloud builds submit --config deploy/cloudrun/cloudbuild.yaml *",
                "gcloud run services update auth-api *",
                "az container create --resource-group auth *",
            ),
        ),
    ],
)
def test_what_a_page_tells_operators_to_type_goes_through(
    fakes: Fakes, tmp_path: Path, page: str, heard: tuple[str, ...]
) -> None:
    told = [block.text for block in blocks(OPERATE / page) if block.language == "sh"]
    script = tmp_path / "typed"
    script.write_text("\n".join(["#!/bin/sh", "set -eu", f'cd "{tmp_path}"', *told]))
    script.chmod(0o755)
    ended = fakes.run(script, HOME=str(tmp_path))
    assert ended.returncode == 0, ended.stderr
    fakes.order(*heard)
    commands(fakes.words)
