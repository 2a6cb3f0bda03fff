"""Accounts of another system, from a file."""

import asyncio
import base64
import hashlib
import io
import json
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import bcrypt
import httpx2
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from tests.support.terminal import Terminal
from tests.support.world import PASSWORD, World
from watchword.flows.user_import.rules import Numbered, csv_lines
from watchword.flows.user_import.service import UserImport
from watchword.kernel.ids import SubscriberId
from watchword.kernel.problems import Overloaded
from watchword.plumbing.db.journal import journal
from watchword.plumbing.db.statements import statement
from watchword.plumbing.hashing import elsewhere
from watchword.plumbing.hashing.pool import ForeignHashPool, HashPool
from watchword.records.passwords.rules import NO_PEPPER
from watchword.records.passwords.service import Passwords

ROOT, ADA, BOB = "root@example.org", "ada@example.org", "bob@example.org"
IMPORT = "/api/v1/admin/users/import"
USERS = "/api/v1/admin/users"
FACTS = statement(select(journal.c.type, journal.c.facts).order_by(journal.c.id))
SIGNS = f"./{string.ascii_uppercase}{string.ascii_lowercase}{string.digits}"  # of bcrypt
SALT = "SodiumChloride"


def b64(raw: bytes) -> str:
    """Spell bytes as Django does."""
    return base64.b64encode(raw).decode()


def ab64(raw: bytes) -> str:
    """Spell bytes as passlib does."""
    return b64(raw).rstrip("=").replace("+", ".")


def pbkdf2(digest: str = "sha256", rounds: int = 1000) -> bytes:
    """Hash the password with PBKDF2."""
    return hashlib.pbkdf2_hmac(digest, PASSWORD.encode(), SALT.encode(), rounds)


def scrypt() -> bytes:
    """Hash the password with scrypt."""
    return hashlib.scrypt(PASSWORD.encode(), salt=SALT.encode(), n=1024, r=8, p=1)


def bcrypted(prefix: bytes = b"2b") -> str:
    """Hash the password with bcrypt."""
    return bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4, prefix=prefix)).decode()


HASHES = {
    "bcrypt": bcrypted(),
    "bcrypt of PHP": "$2y$" + bcrypted(b"2a").removeprefix("$2a$"),
    "bcrypt of Django": "bcrypt$" + bcrypted(),
    "argon2id": PasswordHasher(1, 1024, 1).hash(PASSWORD),
    "argon2 of Django": "argon2" + PasswordHasher(1, 1024, 1).hash(PASSWORD),
    "PBKDF2 of Django": f"pbkdf2_sha256$1000${SALT}${b64(pbkdf2())}",
    "PBKDF2 of Werkzeug": f"pbkdf2:sha512:1000${SALT}${pbkdf2('sha512').hex()}",
    "PBKDF2 of passlib": f"$pbkdf2-sha256$1000${ab64(SALT.encode())}${ab64(pbkdf2())}",
    "scrypt of Django": f"scrypt$1024${SALT}$8$1${b64(scrypt())}",
    "scrypt of Werkzeug": f"scrypt:1024:8:1${SALT}${scrypt().hex()}",
    "scrypt of passlib": f"$scrypt$ln=10,r=8,p=1${ab64(SALT.encode())}${ab64(scrypt())}",
}
COSTLY = {
    "bcrypt": HASHES["bcrypt"].replace("$04$", "$31$"),
    "argon2": HASHES["argon2id"].replace("m=1024", "m=4194304"),
    "PBKDF2": HASHES["PBKDF2 of Django"].replace("$1000$", "$9999999$"),
    "scrypt": HASHES["scrypt of passlib"].replace("ln=10", "ln=30"),
    "scrypt of no cost": HASHES["scrypt of Django"].replace("$1024$", "$0$"),
    "scrypt beyond its block": HASHES["scrypt of Werkzeug"].replace("1024:8:1", "65536:1:1"),
    "scrypt of many lanes": HASHES["scrypt of passlib"].replace("ln=10,r=8,p=1", "ln=17,r=8,p=16"),
    "argon2 of many passes": HASHES["argon2id"].replace("m=1024,t=1", "m=131072,t=16"),
    "PBKDF2 of many blocks": f"$pbkdf2-sha256$2000000${ab64(b'salt')}${ab64(bytes(96))}",
    "PBKDF2 that was cut off": f"$pbkdf2-sha256$1000${ab64(b'salt')}${ab64(bytes(15))}",
    "scrypt that was cut off": f"$scrypt$ln=10,r=8,p=1${ab64(b'salt')}$AAAA",
    "MD5": "5f4dcc3b5aa765d61d8327deb882cf99",
    "plain text": PASSWORD,
}


async def root(world: World, client: httpx2.AsyncClient) -> str:
    """Sign an administrator in; return the id."""
    added = await world.subscriber(ROOT, role="admin")
    await world.sign_in(client, ROOT)
    return str(added.id)


async def send(
    client: httpx2.AsyncClient, text: str | bytes, kind: str = "text/csv", query: str = ""
) -> httpx2.Response:
    """Send a file."""
    content = text.encode() if isinstance(text, str) else text
    return await client.post(IMPORT + query, content=content, headers={"Content-Type": kind})


async def sign_in(world: World, email: str, password: str = PASSWORD) -> int:
    """Try to sign in; return the status."""
    async with world.client("198.51.100.9") as client:
        body = {"email": email, "password": password}
        return (await client.post(world.path("/auth/login"), json=body)).status_code


async def bring(world: World, made_elsewhere: str) -> SubscriberId:
    """Take somebody with another system's hash; return the id."""
    line = json.dumps({"email": ADA, "emailVerified": True, "passwordHash": made_elsewhere})
    async with world.client() as client:
        await root(world, client)
        [told] = (await send(client, line, "application/jsonl")).json()["lines"]
    return SubscriberId(UUID(told["id"]))


async def facts(world: World, kind: str) -> list[Any]:
    """Return what the journal holds of a kind."""
    return [row.facts for row in await world.database.all(FACTS) if row.type == kind]


def outcomes(answer: httpx2.Response) -> list[tuple[int, str]]:
    """Return what became of each line."""
    assert answer.status_code == 200, answer.text
    return [(each["line"], each["outcome"]) for each in answer.json()["lines"]]


async def test_each_line_is_taken_known_or_refused_for_itself(world: World) -> None:
    text = (
        "\ufeffemail,name,phone,role,emailVerified\r\n"
        f"{ADA},Ada Lovelace,+213550123456,vendor,true\r\n"
        f"{ROOT},Somebody Else,,,true\r\n"
        "no address,,,admin,perhaps\r\n"
        "\r\n"
        f'{BOB},"Bob ""the"" Builder",,,\r\n'
        f"{ADA.upper()},Ada again,,,\r\n"
        "too,few\r\n"
    )
    async with world.client() as client:
        admin = await root(world, client)
        said = await send(client, text)
        assert outcomes(said) == [
            (2, "taken"), (3, "known"), (4, "refused"), (6, "taken"), (7, "refused"), (8, "refused"),
        ]  # fmt: skip
        told = said.json()
        assert [told[word] for word in ("dry_run", "taken", "known", "refused")] == [False, 2, 1, 3]
        ada = (await client.get(f"{USERS}/{told['lines'][0]['id']}")).json()
        bob = (await client.get(f"{USERS}/{told['lines'][3]['id']}")).json()
        kept = (await client.get(f"{USERS}/{admin}")).json()
    assert (ada["email"], ada["name"], ada["role"]) == (ADA, "Ada Lovelace", "vendor")
    assert (ada["status"], ada["phone"], ada["phone_verified"]) == (
        "active",
        "+213550123456",
        False,
    )
    assert (bob["name"], bob["status"], bob["role"]) == (
        'Bob "the" Builder',
        "pending_verification",
        "user",
    )
    assert (kept["role"], kept["name"] != "Somebody Else") == ("admin", True)
    assert [each["by"] for each in await facts(world, "id.user.registered")] == [admin, admin]
    [whole] = await facts(world, "id.users.imported")
    assert whole == {"by": admin, "complete": True, "taken": 2, "known": 1, "refused": 3}
    assert not [*await world.letters(ADA), *await world.letters(BOB)]


async def test_the_same_file_once_more_changes_nothing(world: World) -> None:
    line = json.dumps({"email": ADA, "emailVerified": True, "passwordHash": HASHES["bcrypt"]})
    other = json.dumps({"email": ADA, "name": "Eve", "emailVerified": True})
    async with world.client() as client:
        await root(world, client)
        kind = "application/jsonl"
        assert outcomes(await send(client, line, kind, "?dry_run=true")) == [(1, "taken")]
        assert await sign_in(world, ADA) == 401
        assert outcomes(await send(client, line, kind)) == [(1, "taken")]
        assert await sign_in(world, ADA) == 200
        assert outcomes(await send(client, f"{line}\n\n{other}\n", kind)) == [
            (1, "known"),
            (3, "refused"),
        ]
        assert outcomes(await send(client, other, "application/x-ndjson")) == [(1, "known")]
        assert await sign_in(world, ADA) == 200
    assert len(await facts(world, "id.users.imported")) == 3


async def test_nobody_but_an_administrator_imports(small_world: World) -> None:
    async with small_world.client() as client:
        assert (await send(client, "email\n")).status_code == 401
        await small_world.subscriber()
        await small_world.sign_in(client)
        assert (await send(client, "email\n")).status_code == 403


@pytest.mark.req("A-59", "A-58")
async def test_the_eleventh_upload_in_an_hour_is_refused(small_world: World) -> None:
    async with small_world.client() as client:
        await root(small_world, client)
        answers = [await send(client, f"email\nperson{n}@example.org\n") for n in range(11)]
        assert [each.status_code for each in answers] == [200] * 10 + [429]
        assert answers[-1].json()["code"] == "rate_limited"
        assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
        found = (await client.get(f"{USERS}?q=person10")).json()["users"]
    assert found == []


@pytest.mark.parametrize("made_by", HASHES)
async def test_a_hash_of_another_system_lets_its_owner_in_and_is_made_anew(
    small_world: World, made_by: str
) -> None:
    owner = await bring(small_world, HASHES[made_by])
    passwords = small_world.part(Passwords)
    seen = []
    for word in (PASSWORD + "!", PASSWORD, PASSWORD):
        status = await sign_in(small_world, ADA, word)
        kept = await passwords.find(small_world.database, owner)
        assert kept is not None
        seen.append((status, kept.pepper_version == NO_PEPPER))
    assert seen == [(401, True), (200, False), (200, False)]


@pytest.mark.parametrize("made_by", COSTLY)
def test_what_is_no_hash_or_costs_too_much_is_not_read(made_by: str) -> None:
    assert elsewhere.reader(COSTLY[made_by]) is None


@pytest.mark.parametrize("at", [28, 59], ids=["salt", "sum"])
def test_bits_that_old_libraries_left_in_a_bcrypt_hash_do_not_count(at: int) -> None:
    made = HASHES["bcrypt"]
    spare = SIGNS[SIGNS.index(made[at]) + 1]
    assert elsewhere.matches(made[:at] + spare + made[at + 1 :], PASSWORD)
    assert not elsewhere.matches(made[:at] + spare + made[at + 1 :], PASSWORD + "!")


async def test_whoever_signs_in_twice_at_once_is_let_in_twice(world: World) -> None:
    await bring(world, HASHES["bcrypt"])
    assert await asyncio.gather(*(sign_in(world, ADA) for _ in range(4))) == [200] * 4
    assert await sign_in(world, ADA, PASSWORD + "!") == 401


async def test_while_too_many_wait_the_right_password_lets_in_and_the_hash_stands(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = await bring(small_world, HASHES["bcrypt"])

    async def full(_work: object) -> None:
        raise Overloaded

    with monkeypatch.context() as busy:
        busy.setattr(small_world.part(HashPool), "run", full)
        assert await sign_in(small_world, ADA) == 200
    kept = await small_world.part(Passwords).find(small_world.database, owner)
    assert kept is not None
    assert kept.pepper_version == NO_PEPPER
    assert await sign_in(small_world, ADA) == 200


def test_hashes_of_another_system_are_verified_one_at_a_time() -> None:
    assert ForeignHashPool().threads == 1


def test_published_vectors_are_verified() -> None:
    known = bytes.fromhex(
        "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    )  # RFC 7914, section 12
    assert elsewhere.matches(f"scrypt:16384:8:1${SALT}${known.hex()}", "pleaseletmein")
    known = bytes.fromhex(
        "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
    )  # the same, section 11: its first half
    assert elsewhere.matches(f"pbkdf2_sha256$1$salt${b64(known)}", "passwd")


@pytest.mark.parametrize(
    ("line", "field", "code"),
    [
        ({"passwordHash": HASHES["bcrypt"]}, "passwordHash", "mailbox_unproven"),
        ({"passwordHash": "secret", "emailVerified": True}, "passwordHash", "invalid_hash"),
        ({"role": "admin"}, "role", "invalid"),
        ({"status": "active"}, "status", "unknown_field"),
        ({"language": "tlh"}, "language", "invalid_language"),
        ({"phone": "12"}, "phone", "invalid_phone"),
        ({"name": "a\x00b"}, "name", "invalid"),
        ({"email": 7}, "email", "invalid"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_line_is_refused_with_what_is_wrong_of_it(
    small_world: World, line: dict[str, Any], field: str, code: str
) -> None:
    async with small_world.client() as client:
        await root(small_world, client)
        said = await send(client, json.dumps({"email": ADA} | line), "application/jsonl")
    [told] = said.json()["lines"]
    assert told["outcome"] == "refused"
    assert (field, code) in [(each["field"], each["code"]) for each in told["errors"]]


async def test_a_file_that_is_none_is_refused_in_words_or_line_by_line(small_world: World) -> None:
    async with small_world.client() as client:
        await root(small_world, client)
        whole = [
            await send(client, "{}", "application/json"),
            await send(client, b"email\n\xff\xfe\n"),
            await send(client, "email\n" * 5002),
            await send(client, b"x" * (1024 * 1024 + 1)),
            await send(client, "name,colour\n"),
            await send(client, "email\r" * 5002),
            await send(client, "email\n", query="?dry=1"),
            await send(client, ""),
        ]
        deep = await send(client, "[" * 100_000 + '\nnull\n{"email":', "application/jsonl")
        open_quotation = await send(client, f'email,name\n{ADA},Ada\n{BOB},"Bob\n')
    assert [each.status_code for each in whole] == [415, 400, 413, 413, 422, 413, 422, 200]
    assert [outcome for _, outcome in outcomes(deep)] == ["refused"] * 3
    assert outcomes(open_quotation) == [(2, "taken"), (3, "refused")]


async def test_a_file_that_was_not_read_to_its_end_says_so(small_world: World) -> None:
    async with small_world.client() as client:
        await root(small_world, client)
        broken = (
            await send(client, f'email,name\n{ADA},Ada\n{BOB},"Bob"x\ncid@example.org,C\n')
        ).json()
        mended = (await send(client, f"email,name\n{BOB},Bob\ncid@example.org,C\n")).json()
    assert (broken["complete"], broken["taken"], broken["refused"]) == (False, 1, 1)
    assert broken["lines"][1]["errors"][0]["code"] == "rest_unread"
    assert (mended["complete"], mended["taken"]) == (True, 2)
    told = [each["complete"] for each in await facts(small_world, "id.users.imported")]
    assert told == [False, True]


async def test_an_import_that_breaks_off_tells_how_far_it_came(small_world: World) -> None:
    def lines() -> Iterator[Numbered]:
        yield from csv_lines(io.StringIO(f"email\n{ADA}\n"))
        raise LookupError

    with pytest.raises(LookupError):
        async for _ in small_world.part(UserImport).take(lines(), "console", dry_run=False):
            pass
    [fact] = await facts(small_world, "id.users.imported")
    assert (fact["complete"], fact["taken"]) == (False, 1)


async def test_a_file_without_its_first_line_has_nothing_of_somebody_repeated(
    small_world: World,
) -> None:
    async with small_world.client() as client:
        await root(small_world, client)
        said = await send(client, f"{ADA},Ada,{HASHES['bcrypt']}\n")
    assert said.status_code == 422
    assert "$2b$" not in said.text
    assert ADA not in said.text


def test_the_command_takes_a_file_and_tells_which_lines_it_refused(
    sqlite_url: str, tmp_path: Path
) -> None:
    terminal = Terminal(sqlite_url, tmp_path)
    file = tmp_path / "people.csv"
    file.write_text(f"email,name\n{ADA},Ada\nnobody,\n", "utf-8")
    foreseen = terminal.run("users", "import", str(file), "--dry-run")
    done = terminal.run("users", "import", str(file))
    again = terminal.run("users", "import", str(file), "--json")
    assert [each.code for each in (foreseen, done, again)] == [1, 1, 1]
    assert "line 3: email" in done.err
    assert done.out.split() == ["dry_run", "no", "taken", "1", "known", "0", "refused", "1"]
    assert [json.loads(line)["outcome"] for line in again.out.splitlines()] == ["known", "refused"]
    assert ADA in terminal.run("users", "list").out
    assert terminal.run("users", "import", str(tmp_path / "people.xls")).code == 2
    file.write_bytes(b"email\n\xff\n")
    assert terminal.run("users", "import", str(file)).code == 2
