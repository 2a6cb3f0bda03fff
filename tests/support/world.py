"""World: a small town to tell stories in. The whole service, in this process, on a real database.

Only the edges are ours: a clock that stands until it is advanced, a mailbox that keeps what it gets.
"""

import contextlib
import io
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2

from tests.support.canaries import planted, told
from watchword.app import asgi
from watchword.app.building import open_house
from watchword.app.settings import Settings, read
from watchword.app.wiring import House
from watchword.kernel.chance import SystemChance
from watchword.kernel.destinations import Destinations
from watchword.kernel.messages import Message, Text
from watchword.kernel.ports import Fetcher, Mailer, NotAccepted, Undelivered
from watchword.kernel.secret import Secret
from watchword.migrations import migrate
from watchword.plumbing.contact import email_address
from watchword.plumbing.db.ports import Database
from watchword.plumbing.db.scope import Scope
from watchword.plumbing.hashing.pool import HashPool
from watchword.plumbing.logs import logger
from watchword.plumbing.logs.logger import AccessLog
from watchword.plumbing.words.languages import CHOSEN, SEEN, Spoken
from watchword.records.deliveries.service import Deliveries
from watchword.records.passwords.rules import PasswordSettings, Stored
from watchword.records.passwords.service import Passwords
from watchword.records.services.service import Services
from watchword.records.subscribers.rules import ACTIVE, USER, Subscriber
from watchword.records.subscribers.service import Subscribers
from watchword.records.texts.service import Texts

if TYPE_CHECKING:
    from typing_extensions import TypeForm  # PEP 747: an abstract type, too

Part = TypeVar("Part")

PASSWORD = "a quiet harbour at dawn"
NEW_PASSWORD = "seven lemons on the stairs"
_ID_BYTES = 10
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BASE = "https://auth.example.test"
SECRET = "{name}-f3a9c1d27b6e4085a1c4d9e07f52b8631d0ea94c7b25f8d6e31907ac"
SECRETS = (
    "CSRF_SECRET",
    "JWT_REFRESH_SECRET",
    "JWT_RESET_SECRET",
    "JWT_SECRET",
    "PEPPER",
    "SESSION_SECRET",
)


class StoppedClock:
    """A clock that stands still until somebody advances it."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """Return the moment it stands at."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move on."""
        self._now += by


class OrderlyChance(SystemChance):
    """Chance as ever, but ids of one standing moment come in the order in which they were minted."""

    def __init__(self) -> None:
        self._minted = 0

    def draw(self, size: int) -> bytes:
        """Return unpredictable bytes; for an id (ten of them), the next in order."""
        if size != _ID_BYTES:
            return super().draw(size)
        self._minted += 1
        above, below = divmod(self._minted, 1 << 14)  # an id leaves out the six bits in between
        chance = int.from_bytes(super().draw(6), "big")
        return (above << 68 | below << 48 | chance).to_bytes(10, "big")


class Hashes(HashPool):
    """A pool that counts the slow hashes it was asked for."""

    def __init__(self) -> None:
        super().__init__(niceness=0)
        self.asked = 0

    async def run(self, work: Callable[[], Part]) -> Part:
        """Count, and hash."""
        self.asked += 1
        return await super().run(work)


class Mailbox:
    """A carrier that keeps every message; it can be told to refuse, or to be unwell."""

    name = "fake"

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.trouble: NotAccepted | Undelivered | None = None
        self.well = True

    async def send(self, message: Message) -> None:
        """Keep the message."""
        if self.trouble is not None:
            raise self.trouble
        self.messages.append(message)

    async def check(self) -> str | None:
        """Return nothing when it is well."""
        return None if self.well else "unwell"

    def to(self, address: str) -> list[Message]:
        """Return what an address got, oldest first."""
        return [message for message in self.messages if message.to == address]


class Telephone:
    """A carrier that keeps every text; it can be told to refuse."""

    name = "fake"

    def __init__(self) -> None:
        self.texts: list[Text] = []
        self.trouble: NotAccepted | Undelivered | None = None
        self.well = True

    async def send(self, text: Text) -> None:
        """Keep the text."""
        if self.trouble is not None:
            raise self.trouble
        self.texts.append(text)

    async def check(self) -> str | None:
        """Say how it is."""
        return None if self.well else "away"

    def to(self, number: str) -> list[Text]:
        """Return what a number got, oldest first."""
        return [text for text in self.texts if text.to == number]


@dataclass
class World:
    """The service and its surroundings."""

    house: House
    app: Any
    settings: Settings
    clock: StoppedClock
    mailbox: Mailbox
    log: io.StringIO = field(repr=False)
    telephone: Telephone = field(default_factory=Telephone)

    def part(self, kind: "TypeForm[Part]") -> Part:
        """Return a service of the house."""
        return self.house.part(kind)

    @property
    def database(self) -> Database:
        """Return the database."""
        return self.house.part(Database)

    def client(
        self,
        address: str = "203.0.113.7",
        headers: Mapping[str, str] | None = None,
        base: str = BASE,
    ) -> httpx2.AsyncClient:
        """Return a client of the whole application, coming from that address."""
        transport = httpx2.ASGITransport(app=self.app, client=(address, 40000))
        return httpx2.AsyncClient(transport=transport, base_url=base, headers=headers)

    async def deliver(self) -> None:
        """Let the worker carry what is due."""
        while await self.part(Deliveries).carry() + await self.part(Texts).carry():
            pass

    async def letters(self, address: str) -> list[Message]:
        """Return what an address got, oldest first, after the worker's round."""
        await self.deliver()
        return self.mailbox.to(address)

    async def newest(self, address: str, template: str | None = None) -> Message:
        """Return the newest letter (of a template) to an address."""
        letters = await self.letters(address)
        return [each for each in letters if template in {None, each.template}][-1]

    async def token(self, address: str, template: str | None = None) -> str:
        """Return the token of the link in the newest letter (of a template) to an address."""
        text = (await self.newest(address, template)).text
        found = re.search(r"[?&]token=([^\s&\"<]+)", text)
        assert found, "the letter has no link"
        return found[1]

    async def code(self, address: str) -> str:
        """Return the code in the newest letter to an address."""
        code = (await self.newest(address)).code
        assert code, "the letter has no code"
        return code

    async def subscriber(
        self,
        email: str = "alice@example.org",
        password: str | None = PASSWORD,
        *,
        status: str = ACTIVE,
        role: str = USER,
        language: str | None = None,
        seen: str = "en",
        phone: str | None = None,
    ) -> Subscriber:
        """Add an account, its mailbox and its number proven, the number long ago, without any letter.

        `language` is one that they chose, `seen` what their browser said last.
        """
        now = self.clock.now()
        passwords = self.part(Passwords)
        stored = await _hashed(passwords, password) if password else None
        async with self.database.transaction() as tx:
            added = await self.part(Subscribers).add(
                tx,
                email=email_address(email),
                given_name="Alice",
                family_name="Benali",
                now=now,
                speaks=Spoken(language, CHOSEN) if language else Spoken(seen, SEEN),
                status=status,
                role=role,
                phone=phone,
            )
            if stored is not None:
                await passwords.replace(tx, added.id, stored, now)
            if phone is not None:
                proven = replace(added, phone_verified_at=now - timedelta(days=30))
                added = await self.part(Subscribers).change(tx, proven, added.version, now)
        return added

    async def texted(self, number: str) -> str:
        """Return the code in the newest text to a number."""
        await self.deliver()
        found = re.search(r"\b\d{6}\b", self.telephone.to(number)[-1].body)
        assert found, "the text has no code"
        return found[0]

    async def service_token(self, name: str = "gateway") -> str:
        """Add a service and return its token."""
        async with self.database.transaction() as tx:
            return (await self.part(Services).add(tx, name, self.clock.now())).reveal()

    async def sign_in(
        self,
        client: httpx2.AsyncClient,
        email: str = "alice@example.org",
        password: str = PASSWORD,
        transport: str = "token",
    ) -> dict[str, Any]:
        """Sign in by password and return the answer; with tokens, the client carries the token."""
        answer = await client.post(
            self.path("/auth/login"),
            json={"email": email, "password": password, "transport": transport},
        )
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        if transport == "token":
            client.headers["Authorization"] = f"Bearer {told['access_token']}"
        return told

    def path(self, path: str) -> str:
        """Return the path of an API door."""
        return f"/api/v1{path}"


_stored: dict[tuple[bytes, PasswordSettings], Stored] = {}


async def _hashed(passwords: Passwords, password: str) -> Stored:
    """Return a password's slow hash, made once under each pepper: everybody here has the same one."""
    key = passwords.peppers.digest("told apart in tests", password), passwords.settings
    if key not in _stored:
        _stored[key] = await passwords.hash(Secret(password))
    return _stored[key]


def environment(database_url: str, **more: str) -> dict[str, str]:
    """Return the environment of a service under test: production's rules, raised limits."""
    return {
        "APP_ENV": "test",
        "APP_PROFILE": "generic",
        "DATABASE_URL": database_url,
        "DB_CONNECT_TIMEOUT_MS": "20000",  # the machine may be busy
        "REDIS_TIMEOUT_MS": "20000",
        "OAUTH_TIMEOUT": "20s",
        "PUBLIC_BASE_URL": BASE,
        "METRICS_PORT": "0",
        "PASSWORD_HASH": "argon2id",  # a tenth of the time that bcrypt takes
        "RATE_LIMIT_AUTH": "1000000/60000",
        "RATE_LIMIT_API": "1000000/60000",
        "RATE_LIMIT_OTP": "1000000/60000",
        "RATE_LIMIT_PAGE": "1000000/60000",
        "TRUSTED_PROXIES": "10.0.0.0/8",
        **{name: SECRET.format(name=name) for name in SECRETS},
        **more,
    }


@contextlib.asynccontextmanager
async def open_world(
    database_url: str,
    folder: Path,
    *,
    mailer: Mailer | None = None,
    fetcher: Fetcher | None = None,
    destinations: Destinations | None = None,
    scope: Scope | None = None,
    **more: str,
) -> AsyncIterator[World]:
    """Open a world on a database that is already migrated.

    When the story ends, its log is searched for what no log may hold (see `canaries`).
    `mailer` carries letters in the mailbox's place; `fetcher` is the way to documents elsewhere;
    `destinations` are the ways to destinations of events; `scope` is that of another tenant.
    """
    settings = read(environment(database_url, **more), cwd=folder)
    clock, mailbox, log = StoppedClock(), Mailbox(), io.StringIO()
    telephone = Telephone()
    logger.configure("info", stream=log)
    access = AccessLog("watchword", "", log)
    async with open_house(
        settings,
        clock=clock,
        chance=OrderlyChance(),
        mailer=mailer or mailbox,
        texter=telephone,
        fetcher=fetcher,
        destinations=destinations,
        access=access,
        pool=Hashes(),
        scope=scope,
    ) as house:
        yield World(house, asgi.build(house), settings, clock, mailbox, log, telephone)
    secrets = [PASSWORD, NEW_PASSWORD, *(SECRET.format(name=name) for name in SECRETS)]
    leaked = told(planted(secrets, mailbox.messages), log.getvalue())
    assert leaked == [], "the log holds what it must not"


__all__ = [
    "BASE",
    "NEW_PASSWORD",
    "PASSWORD",
    "START",
    "World",
    "environment",
    "migrate",
    "open_world",
]
