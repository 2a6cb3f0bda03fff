"""Every manager of secrets tells the same of the same, and refuses in a sentence without a secret."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support import moto
from tests.support.vault import Vault, vault
from watchword.adapters.aws.sigv4 import AwsKey
from watchword.adapters.secrets.aws import AwsSecrets
from watchword.adapters.secrets.files import FileSecrets
from watchword.adapters.secrets.vault import VaultLogin, VaultSecrets
from watchword.kernel.clock import SystemClock
from watchword.kernel.managers import ManagerTrouble, SecretManager, meant
from watchword.kernel.secret import Secret

URL = "postgresql://auth:Zoé-and-nobody@db.example.org/auth_db"
NOWHERE = "http://127.0.0.1:9"
OURS = Secret("token-of-ours")


@dataclass(frozen=True)
class Trial:
    """A manager, how a secret gets there without us, and one like it that is away."""

    manager: SecretManager
    put: Callable[[str, dict[str, str]], None]
    away: SecretManager


@pytest.fixture(scope="module")
def aws_url() -> Iterator[str]:
    with moto.aws() as url:
        yield url


@pytest.fixture
def one_vault() -> Iterator[Vault]:
    with vault() as one:
        yield one


def in_aws(url: str) -> AwsSecrets:
    key = AwsKey(id=moto.KEY["AWS_ACCESS_KEY_ID"], secret=Secret("key of a stub"))
    return AwsSecrets(url, moto.REGION, lambda: key, SystemClock())


def in_vault(url: str, login: VaultLogin | None = None, **more: str) -> VaultSecrets:
    return VaultSecrets(url, login or VaultLogin(token=OURS), **more)


@pytest.fixture(params=["files", "vault", "aws"])
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Trial:
    if request.param == "files":
        return Trial(FileSecrets(tmp_path), _folder(tmp_path), FileSecrets(tmp_path / "nowhere"))
    if request.param == "vault":
        one = request.getfixturevalue("one_vault")
        return Trial(
            in_vault(one.url), lambda path, fields: one.keep(path, **fields), in_vault(NOWHERE)
        )
    url = request.getfixturevalue("aws_url")
    client = moto.client("secretsmanager", url)
    for each in client.list_secrets()["SecretList"]:
        client.delete_secret(SecretId=each["ARN"], ForceDeleteWithoutRecovery=True)

    def put(path: str, fields: dict[str, str]) -> None:
        text = fields["value"] if set(fields) == {"value"} else json.dumps(fields)
        client.create_secret(Name=path, SecretString=text)

    return Trial(in_aws(url), put, in_aws(NOWHERE))


def _folder(root: Path) -> Callable[[str, dict[str, str]], None]:
    def put(path: str, fields: dict[str, str]) -> None:
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if set(fields) == {"value"}:
            place.write_text(fields["value"] + "\n", "utf-8")
            return
        place.mkdir()
        for name, value in fields.items():
            (place / name).write_text(value, "utf-8")

    return put


def read(manager: SecretManager, path: str, *known: str) -> dict[str, str]:
    by_name, _ = meant(manager.read(path), known)
    return {name: kept[0].value.reveal() for name, kept in by_name.items()}


@pytest.mark.req("A-46", "M-45", "G-53", "G-54")
def test_all_that_is_ours_is_told_by_the_settings_it_is_meant_for(trial: Trial) -> None:
    trial.put("auth/database", {"url": URL, "note": "for people"})
    trial.put("auth/jwt-secret", {"value": "signs nothing"})
    trial.put("auth/oauth", {"GOOGLE_CLIENT_SECRET": "of the client", "github_client_secret": "x"})
    trial.put("other/pepper", {"value": "somebody else's"})

    told = read(
        trial.manager,
        "auth/",
        *("DATABASE_URL", "JWT_SECRET", "PEPPER", "GOOGLE_CLIENT_SECRET", "GITHUB_CLIENT_SECRET"),
    )

    assert told == {
        "DATABASE_URL": URL,
        "JWT_SECRET": "signs nothing",
        "GOOGLE_CLIENT_SECRET": "of the client",
        "GITHUB_CLIENT_SECRET": "x",
    }


def test_one_secret_may_be_asked_for_alone_and_says_since_when_it_is(trial: Trial) -> None:
    trial.put("auth/database-url", {"value": URL})
    trial.put("auth/database", {"password": "another"})

    [kept] = trial.manager.read("auth/database-url")
    assert (kept.path, kept.value.reveal()) == ("database-url", URL)
    assert kept.since is not None
    assert datetime(2026, 1, 1, tzinfo=UTC) < kept.since
    assert read(trial.manager, "auth/database", "DATABASE_PASSWORD") == {
        "DATABASE_PASSWORD": "another"
    }


def test_what_is_not_there_is_nothing(trial: Trial) -> None:
    trial.put("auth/pepper", {"value": "there"})

    assert trial.manager.read("auth/jwt-secret") == []


def test_one_that_is_away_is_told_in_a_sentence(trial: Trial) -> None:
    with pytest.raises(ManagerTrouble, match=r"out of reach|cannot be read") as told:
        trial.away.read("auth/")

    assert OURS.reveal() not in str(told.value)


@pytest.mark.parametrize("trial", ["vault", "aws"], indirect=True)
def test_a_fresh_secret_is_kept_once_and_written_over_only_on_demand(trial: Trial) -> None:
    assert trial.manager.write("auth/jwt-secret", Secret("first"))
    assert not trial.manager.write("auth/jwt-secret", Secret("second"))
    assert read(trial.manager, "auth/", "JWT_SECRET") == {"JWT_SECRET": "first"}
    assert trial.manager.write("auth/jwt-secret", Secret("third"), anew=True)
    assert read(trial.manager, "auth/jwt-secret", "JWT_SECRET") == {"JWT_SECRET": "third"}


def test_aws_tells_many_page_by_page(one_vault: Vault) -> None:
    one_vault.replies = [
        (200, {"SecretValues": [{"Name": "auth/one", "SecretString": "1"}], "NextToken": "more"}),
        (
            200,
            {"SecretValues": [{"Name": "AUTH/not-ours", "SecretString": "2"}], "NextToken": "on"},
        ),
        (200, {"SecretValues": [{"Name": "auth/three", "SecretString": "3"}]}),
    ]

    assert read(in_aws(one_vault.url), "auth/", "ONE", "THREE") == {"ONE": "1", "THREE": "3"}
    asked = [json.loads(body) for body in one_vault.bodies]
    assert [each.get("NextToken") for each in asked] == [None, "more", "on"]
    assert all(each["Filters"] == [{"Key": "name", "Values": ["auth/"]}] for each in asked)


def test_one_secret_that_aws_does_not_tell_of_many_is_named(one_vault: Vault) -> None:
    fault = {"SecretId": "auth/two", "ErrorCode": "AccessDeniedException"}
    one_vault.replies = [(200, {"SecretValues": [], "Errors": [fault]})]

    with pytest.raises(ManagerTrouble, match="does not tell auth/two"):
        in_aws(one_vault.url).read("auth/")


def test_whoever_is_busy_is_asked_once_more(one_vault: Vault) -> None:
    one_vault.keep("auth/pepper", value="there")
    listed = (200, {"data": {"keys": ["pepper"]}})
    value = (200, {"data": {"data": {"value": "there"}, "metadata": {}}})
    one_vault.replies = [(502, {}), listed, value]

    assert read(in_vault(one_vault.url), "auth/", "PEPPER") == {"PEPPER": "there"}


def test_vault_is_asked_as_its_documents_say(one_vault: Vault) -> None:
    one_vault.keep("auth/database", url=URL)
    one_vault.keep("auth/deep/er", url="not ours")

    in_vault(one_vault.url).read("auth/")
    in_vault(one_vault.url).read("auth/database")
    in_vault(one_vault.url).write("auth/pepper", Secret("fresh"))

    assert one_vault.asked == [
        ("LIST", "/v1/auth/metadata/"),
        ("GET", "/v1/auth/data/database"),
        ("GET", "/v1/auth/data/database"),
        ("POST", "/v1/auth/data/pepper"),
    ]


@pytest.mark.parametrize(
    ("place", "proof", "login"),
    [
        (
            "auth/approle/login",
            {"role_id": "watchword", "secret_id": "of the role"},
            VaultLogin(role_id="watchword", secret_id=Secret("of the role")),
        ),
        (
            "auth/kubernetes/login",
            {"role": "watchword", "jwt": "of the pod"},
            VaultLogin(role="watchword", pod_token=Secret("of the pod")),
        ),
        (
            "auth/cluster-two/login",
            {"role": "watchword", "jwt": "of the pod"},
            VaultLogin(role="watchword", pod_token=Secret("of the pod"), mount="cluster-two"),
        ),
    ],
)
def test_a_role_gets_a_token_of_its_own_from_vault_once(
    place: str, proof: dict[str, str], login: VaultLogin
) -> None:
    with vault(namespace="team-a/", roles={place: proof}) as one:
        one.keep("auth/pepper", value="there")
        asked = in_vault(one.url, login, namespace="team-a/")
        for _ in range(2):
            assert read(asked, "auth/", "PEPPER") == {"PEPPER": "there"}
        assert [path for method, path in one.asked if method == "POST"] == [f"/v1/{place}"]


def test_a_role_that_vault_does_not_know_is_told_without_its_secret(one_vault: Vault) -> None:
    one_vault.roles["auth/approle/login"] = {"role_id": "another", "secret_id": "x"}
    login = VaultLogin(role_id="watchword", secret_id=Secret("of the role"))

    with pytest.raises(ManagerTrouble, match="does not let us in by auth/approle") as told:
        in_vault(one_vault.url, login).read("auth/")

    assert "of the role" not in str(told.value)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ((403, {"errors": ["permission denied"]}), "refuses us.*list on auth/metadata/"),
        ((503, {"errors": ["Vault is sealed"]}), "sealed"),
        ((302, {}), "answered 302"),
        ((500, "not an object"), "answered 500"),
    ],
)
def test_what_vault_refuses_is_told(
    one_vault: Vault, reply: tuple[int, object], words: str
) -> None:
    one_vault.replies = [reply]

    with pytest.raises(ManagerTrouble, match=words):
        in_vault(one_vault.url).read("auth/")


def test_an_engine_that_answers_nonsense_keeps_nothing(one_vault: Vault) -> None:
    one_vault.replies = [(200, {"data": {"keys": ["pepper"], "data": {"value": ["a", "list"]}}})]

    assert in_vault(one_vault.url).read("auth/") == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            {"__type": "AccessDeniedException", "Message": "no"},
            "lacks secretsmanager:GetSecretValue",
        ),
        ({"__type": "com.amazonaws#UnrecognizedClientException"}, "UnrecognizedClientException"),
        ({}, "answered 400"),
    ],
)
def test_what_aws_refuses_is_told(one_vault: Vault, body: object, words: str) -> None:
    one_vault.replies = [(400, body)]

    with pytest.raises(ManagerTrouble, match=words) as told:
        in_aws(one_vault.url).read("auth/pepper")

    assert "key of a stub" not in str(told.value)


def test_a_folder_as_kubernetes_mounts_it_is_read_through_its_links(tmp_path: Path) -> None:
    version = tmp_path / "..2026_11_21"
    version.mkdir()
    (version / "database-url").write_text(URL)
    (version / "PEPPER").write_text("there\n")
    (tmp_path / "..data").symlink_to(version.name)
    for name in ("database-url", "PEPPER"):
        (tmp_path / name).symlink_to(f"..data/{name}")

    for path in (f"{tmp_path}/", str(tmp_path)):
        told = read(FileSecrets(Path("/")), path, "DATABASE_URL", "PEPPER")
        assert told == {"DATABASE_URL": URL, "PEPPER": "there"}


def test_a_file_that_is_no_secret_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pepper").write_bytes(b"\xff\xfe")
    with pytest.raises(ManagerTrouble, match="not UTF-8"):
        FileSecrets(tmp_path).read("pepper")
    (tmp_path / "pepper").write_bytes(b"x" * 70_000)
    with pytest.raises(ManagerTrouble, match="too long"):
        FileSecrets(tmp_path).read("pepper")
