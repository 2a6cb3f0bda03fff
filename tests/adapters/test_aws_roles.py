"""Without a key of AWS, a pod, a task or a machine asks for that of its role."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.aws_roles import AGENT, ARN, ROLES, SESSION, Roles, roles
from tests.support.ports import free_port
from watchword.adapters.secrets.roles import Role
from watchword.kernel.managers import ManagerTrouble
from watchword.kernel.secret import Secret


@pytest.fixture
def aws() -> Iterator[Roles]:
    with roles() as told:
        yield told


def by_identity(aws: Roles) -> Role:
    return Role(arn=ARN, identity=Secret(aws.identity), sts_url=aws.url)


def by_agent(aws: Roles) -> Role:
    return Role(sts_url="", agent_url=aws.url + AGENT)


def by_metadata(aws: Roles) -> Role:
    return Role(sts_url="", metadata_url=aws.url)


WAYS = {"identity": (by_identity, "pod"), "agent": (by_agent, "agent")}
WAYS["machine"] = (by_metadata, "machine")


@pytest.mark.parametrize("way", WAYS)
def test_a_role_gives_a_temporary_key(aws: Roles, way: str) -> None:
    role, whose = WAYS[way]
    key = role(aws).key()
    assert (key.id, key.secret.reveal(), key.session.reveal()) == (whose, "secret", SESSION)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("broken", [200, 403, 500])
def test_somebody_else_who_answers_is_trouble_and_nothing_of_it_is_told(
    aws: Roles, way: str, broken: int
) -> None:
    aws.broken = broken
    with pytest.raises(ManagerTrouble) as trouble:
        WAYS[way][0](aws).key()
    assert "html" not in str(trouble.value)


def test_what_is_told_first_is_asked_alone(aws: Roles) -> None:
    every = replace(by_identity(aws), agent_url=aws.url + AGENT, metadata_url=aws.url)
    assert every.key().id == "pod"
    assert replace(every, arn="", identity=Secret("")).key().id == "agent"
    assert aws.asked == ["POST /", f"GET {AGENT}"]


def test_a_machine_is_asked_by_the_second_version_alone(aws: Roles) -> None:
    by_metadata(aws).key()
    assert aws.asked == ["PUT /latest/api/token", f"GET {ROLES}", f"GET {ROLES}auth-service"]


def test_an_agent_that_wants_a_token_is_shown_it(aws: Roles) -> None:
    aws.shown = "a token of the cluster"
    with pytest.raises(ManagerTrouble, match="answered 401"):
        by_agent(aws).key()
    shown = replace(by_agent(aws), agent_token=Secret("a token of the cluster\n"))
    assert shown.key().id == "agent"
    with pytest.raises(ManagerTrouble, match="more than one line"):
        replace(shown, agent_token=Secret("a\nHost: b")).key()


@pytest.mark.parametrize(
    "away",
    [
        {"agent_url": "http://agent.example.org/"},
        {"agent_url": "http://169.254.169.254/"},
        {"agent_path": "@agent.example.org/"},
        {"agent_path": ".example.org/"},
    ],
)
def test_no_agent_elsewhere_is_asked_by_plain_http(away: dict[str, str]) -> None:
    with pytest.raises(ManagerTrouble, match="by plain http"):
        Role(sts_url="", **away).key()


def test_a_token_that_sts_does_not_know_is_named_by_its_fault_alone(aws: Roles) -> None:
    wrong = replace(by_identity(aws), identity=Secret("another token"))
    with pytest.raises(ManagerTrouble) as trouble:
        wrong.key()
    assert str(trouble.value) == f"AWS STS refuses {ARN}: InvalidIdentityToken"


def test_a_machine_without_a_role_and_no_machine_at_all_say_that_keys_are_missing(
    aws: Roles,
) -> None:
    aws.role = ""
    nobody = Role(sts_url="", metadata_url=f"http://127.0.0.1:{free_port()}")
    for role in (by_metadata(aws), nobody, Role(sts_url="")):
        with pytest.raises(ManagerTrouble, match="AWS_SECRET_ACCESS_KEY are missing"):
            role.key()


@pytest.mark.parametrize("half", [{"arn": ARN}, {"identity": Secret("token")}])
def test_half_an_identity_is_none(half: dict[str, object]) -> None:
    with pytest.raises(ManagerTrouble, match="go together"):
        Role(sts_url="", **half).key()  # type: ignore[arg-type]


def test_a_token_is_read_from_its_file_when_the_role_is_asked_for(
    aws: Roles, tmp_path: Path
) -> None:
    identity, shown = tmp_path / "identity", tmp_path / "shown"
    aws.shown = "a token of the cluster"
    pod = replace(by_identity(aws), identity=identity)
    task = replace(by_agent(aws), agent_token=shown)
    identity.write_text(f"{aws.identity}\n")
    shown.write_text(f"{aws.shown}\n")
    assert (pod.key().id, task.key().id) == ("pod", "agent")


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_token_file_that_cannot_be_read_is_named_with_its_variable(
    aws: Roles, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_bytes(content)
    for role, name in (
        (replace(by_identity(aws), identity=file), "AWS_WEB_IDENTITY_TOKEN_FILE"),
        (replace(by_agent(aws), agent_token=file), "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
    ):
        with pytest.raises(ManagerTrouble) as trouble:
            role.key()
        assert str(trouble.value) == f"{name} names {file}, which cannot be read"
    assert aws.asked == []
