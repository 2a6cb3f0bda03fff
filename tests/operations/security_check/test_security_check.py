"""The security check: what lies open in a folder, and what a live address tells."""

import json
import ssl
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.deploy_files import ROOT
from tests.support.listening import listening
from tests.support.program import watchword
from tests.support.stub import answer, stub
from tests.support.terminal import Said, Terminal
from tests.support.world import World, environment
from watchword.kernel.chance import SystemChance
from watchword.kernel.clock import SystemClock
from watchword.operations.certs.service import make_self_signed
from watchword.operations.security_check.rules import (
    BASELINE,
    MOST_BYTES,
    SKIPPED_FOLDERS,
    Address,
    entropy,
    holds_secrets,
    judge_headers,
    judge_https,
    suspects,
)
from watchword.operations.security_check.service import _headers
from watchword.plumbing.findings import Finding, Outcome

TOKEN = "ghp_" + "x7Kq2Lm9Rt4Vb8Nc3Zd6Wf1Yh5Jg0PsAeUiO"
NOT_KEPT = SKIPPED_FOLDERS | {".venv", ".venv-bench", "bench-results", "var"}
UNKNOWN = {"PUBLIC_BASE_URL": ""}
HEADERS = {
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
}


def kept_files() -> Iterator[Path]:
    """Yield the files of the project, but none of a development or a deployment that runs in its folder."""
    for place in (each for each in ROOT.iterdir() if each.name not in NOT_KEPT):
        for path in [place] if place.is_file() else place.rglob("*"):
            inside = path.relative_to(ROOT)
            made = NOT_KEPT & set(inside.parts) or inside.is_relative_to("deploy/compose/secrets")
            if path.is_file() and not (made or path.is_symlink() or holds_secrets(path.name)):
                yield path


def look(url: str, place: Path, *words: str) -> tuple[Said, dict[str, dict[str, str]]]:
    """Make the round over `place`, and return what was found by check."""
    said = Terminal(url, place.parent, more=UNKNOWN).run(
        "security-check", "--json", *words, str(place)
    )
    return said, {each["check"]: each for each in said.json["checks"]}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Return a folder in which all is well."""
    folder = tmp_path / "place"
    folder.mkdir()
    (folder / "app.py").write_text("password = read_password()\nPASSWORD_FIELD = 'new-password'\n")
    (folder / ".env").write_text("PEPPER=k2J8sQ0xVn4Zp7Lr1Tc5Wb9Yd3Mf6Hg\n")
    (folder / ".env").chmod(0o600)
    (folder / "tls.key").write_text("-----BEGIN PRIVATE KEY-----\n")
    (folder / "tls.key").chmod(0o600)
    return folder


@pytest.mark.req("R-65")
def test_a_folder_in_which_all_is_well_passes(sqlite_url: str, place: Path) -> None:
    said, found = look(sqlite_url, place)
    assert said.code == 0, said.out
    assert (found["files"]["outcome"], found["secrets"]["outcome"]) == ("ok", "ok")


@pytest.mark.req("R-65", "D-52")
@pytest.mark.parametrize("name", [".env", ".env.production", "tls.key"])
def test_a_file_of_secrets_that_others_may_read_is_told_and_left_as_it_is(
    sqlite_url: str, place: Path, name: str
) -> None:
    path = place / name
    path.touch()
    path.chmod(0o644)
    said, found = look(sqlite_url, place)
    assert said.code == 1
    assert found["files"]["detail"] == f"others may read {name}"
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.req("R-65")
def test_fix_gives_them_to_their_owner_alone_and_changes_nothing_else(
    sqlite_url: str, place: Path
) -> None:
    (place / ".env").chmod(0o644)
    (place / "app.py").chmod(0o644)
    said, found = look(sqlite_url, place, "--fix")
    assert (said.code, found["files"]["outcome"]) == (0, "ok")
    assert (place / ".env").stat().st_mode & 0o777 == 0o600
    assert (place / "app.py").stat().st_mode & 0o777 == 0o644


PLANTED = [
    (f'token = "{TOKEN}"', "GitHub token"),
    ("-----BEGIN RSA PRIVATE KEY-----", "private key"),
    ("AKIA" + "Q7RT2LMV9XKC4WPZ", "AWS key"),
    ('api_key: "k2J8sQ0xVn4Zp7Lr1Tc5"', "value beside a secret's name"),
    ("DB_PASSWORD=k2J8sQ0xVn4Zp7Lr1Tc5", "value beside a secret's name"),
    ("url = 'postgresql://auth:hunter2b4t@db.internal/auth'", "password in an address"),
]


@pytest.mark.req("R-65", "D-52")
@pytest.mark.parametrize(("line", "kind"), PLANTED)
def test_a_secret_in_a_file_is_told_by_its_place_and_never_by_value(
    sqlite_url: str, place: Path, line: str, kind: str
) -> None:
    (place / "settings.py").write_text(f"# ours\n{line}\n")
    said, found = look(sqlite_url, place)
    assert said.code == 1
    assert found["secrets"]["detail"] == f"settings.py:2 ({kind})"
    assert not any(secret in said.out for secret in ("k2J8sQ", "hunter2", TOKEN, "AKIAQ7"))


@pytest.mark.req("D-52")
@pytest.mark.parametrize(
    "line",
    [
        "password = settings.database_password",
        "PASSWORD=${POSTGRES_PASSWORD}",
        'secret: "/run/secrets/jwt_secret"',
        "JWT_SECRET=your-256-bit-secret-key-here",
        "def secret_key(self) -> SecretStr: ...",
        "api_key = os.environ['SENDGRID_API_KEY']",
        "redis://localhost:6379/0",
    ],
)
def test_what_only_speaks_of_secrets_is_none(line: str) -> None:
    assert list(suspects("a.py", line)) == []


@pytest.mark.req("D-52")
def test_nothing_that_this_project_keeps_looks_like_a_secret_that_nobody_looked_at() -> None:
    """When it does and is none: `.venv/bin/watchword security-check --write-baseline .`, in a fresh clone."""
    known = set((ROOT / BASELINE).read_text("utf-8").split())
    kept = [path for path in kept_files() if path.stat().st_size <= MOST_BYTES]
    found = [
        f"{each.path}:{each.line} ({each.kind})"
        for path in kept
        for each in suspects(path.relative_to(ROOT).as_posix(), path.read_text("utf-8", "replace"))
        if each.digest not in known
    ]
    assert found == []
    assert len(kept) > 1000


@pytest.mark.req("D-52")
def test_what_was_looked_at_is_silent_and_another_value_is_not(
    sqlite_url: str, place: Path
) -> None:
    (place / "fixture.py").write_text(f'token = "{TOKEN}"\n')
    assert look_and_note(sqlite_url, place) == 1
    assert TOKEN not in (place / ".secrets-baseline").read_text()
    (place / "fixture.py").write_text(f'# moved down\n\ntoken = "{TOKEN}"\n')
    assert look(sqlite_url, place)[0].code == 0
    (place / "fixture.py").write_text(f'token = "{TOKEN[:-4]}9z8Y"\n')
    assert look(sqlite_url, place)[0].code == 1


def look_and_note(url: str, place: Path) -> int:
    """Write the baseline, and return how much is in it."""
    said = Terminal(url, place.parent).run(
        "security-check", "--write-baseline", "--json", str(place)
    )
    known: int = said.json["known"]
    return known


def test_links_binaries_and_what_others_installed_are_passed_over(
    sqlite_url: str, place: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere.py").write_text(f'token = "{TOKEN}"')
    (place / "link.py").symlink_to(tmp_path / "elsewhere.py")
    (place / "picture.bin").write_bytes(b"\xff\xfe" + TOKEN.encode())
    (place / "env").mkdir()
    (place / "env/pyvenv.cfg").touch()
    (place / "env/module.py").write_text(f'token = "{TOKEN}"')
    assert look(sqlite_url, place)[0].code == 0


def test_chance_tells_more_than_words() -> None:
    assert entropy("aaaaaaaa") == 0 < entropy("password") < entropy("k2J8sQ0xVn4Zp7Lr1Tc5")


AUDIT = """#!{python}
import json, sys
assert "--format=json" in sys.argv
print(json.dumps({{"dependencies": [
    {{"name": "sound", "version": "1", "vulns": []}}, {{"name": "holed", "version": "2", "vulns": {vulns}}}
]}}))
sys.exit({code})
"""


@pytest.mark.req("R-65")
@pytest.mark.parametrize(
    ("vulns", "outcome"), [([], "ok"), ([{"id": "PYSEC-1", "fix_versions": ["3"]}], "failed")]
)
def test_faults_that_pip_audit_knows_of_are_told(
    sqlite_url: str, place: Path, vulns: object, outcome: str
) -> None:
    program = place.parent / "bin/pip-audit"
    program.parent.mkdir()
    program.write_text(AUDIT.format(python=sys.executable, vulns=vulns, code=int(bool(vulns))))
    program.chmod(0o755)
    beside = {**environment(sqlite_url), **UNKNOWN, "PATH": str(program.parent)}
    said = watchword("security-check", "--json", str(place), cwd=place.parent, environ=beside)
    found = {each["check"]: each for each in json.loads(said.stdout)["checks"]}
    assert found["dependencies"]["outcome"] == outcome, found
    assert said.returncode == int(outcome == "failed")
    assert ("holed 2 PYSEC-1" in said.stdout) is bool(vulns)


@pytest.mark.req("R-65")
@pytest.mark.parametrize(
    ("required", "url", "outcome"),
    [
        (True, "https://auth.example.org", Outcome.OK),
        (False, "https://auth.example.org", Outcome.FAILED),
        (True, "http://auth.example.org", Outcome.FAILED),
    ],
)
def test_production_is_spoken_to_by_tls_alone(required: bool, url: str, outcome: Outcome) -> None:
    assert judge_https(production=True, required=required, url=url).outcome is outcome


@pytest.mark.req("R-65", "A-16")
def test_from_outside_the_address_alone_is_judged(sqlite_url: str, place: Path) -> None:
    unset = {**UNKNOWN, "PORT": "none"}
    base = ("--base", "https://127.0.0.1:9")
    said = Terminal(sqlite_url, place.parent, more=unset).run(
        "security-check", "--json", *base, str(place)
    )
    found = {each["check"]: each["outcome"] for each in said.json["checks"]}
    assert (found["https"], found["headers"]) == ("ok", "failed")


def judged(
    headers: Mapping[str, str], url: str = "https://auth.example.org", days: int = 60
) -> Finding:
    """Judge the head of an answer."""
    lasts = timedelta(days=days)
    return judge_headers(Address(url=url, status=200, headers=headers, lasts=lasts))


@pytest.mark.req("R-65")
@pytest.mark.parametrize("away", HEADERS)
def test_a_header_that_a_live_address_owes_is_missed(away: str) -> None:
    assert judged(HEADERS).outcome is Outcome.OK
    assert judged({k: v for k, v in HEADERS.items() if k != away}).outcome is Outcome.FAILED


def test_a_certificate_that_ends_soon_is_told_in_time() -> None:
    assert "ends in 3 days" in judged(HEADERS, days=3).detail


def test_a_version_in_the_head_is_told() -> None:
    assert "tells a version" in judged({**HEADERS, "server": "nginx/1.26.3"}).detail
    assert judged({**HEADERS, "server": "nginx"}).outcome is Outcome.OK


@pytest.mark.req("R-65")
async def test_our_own_service_owes_no_header(small_world: World, tmp_path: Path) -> None:
    files = make_self_signed(tmp_path, ["localhost"], 90, datetime.now(UTC), SystemChance())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    async with listening(small_world, tls=context) as port:
        base = f"https://localhost:{port}"
        stranger = await _headers(base, SystemClock(), None)
        friend = await _headers(base, SystemClock(), files.certificate)
    assert stranger.outcome is Outcome.FAILED
    assert "CERTIFICATE_VERIFY_FAILED" in stranger.detail
    assert "X-Content-Type-Options" not in friend.detail
    assert "Content-Security-Policy" not in friend.detail


@pytest.mark.req("R-65")
async def test_a_live_address_without_headers_fails() -> None:
    async with stub(answer(200, {})) as bare:
        found = await _headers(bare.url, SystemClock(), None)
    assert found.outcome is Outcome.FAILED
    assert "no Content-Security-Policy" in found.detail


async def test_nobody_there_and_a_fault_are_no_good_headers() -> None:
    async with stub(answer(502, {})) as faulty:
        assert "answers 502" in (await _headers(faulty.url, SystemClock(), None)).detail
        url = faulty.url
    assert (await _headers(url, SystemClock(), None)).outcome is Outcome.FAILED
