"""Site: the real service as a process of its own, as `./run` starts it, for people in browsers.

start     -> a service on a free loopback port, its data in a folder that goes with it
account   -> an account whose mailbox is proven, made by the API
letter    -> the newest letter of a kind, once the worker has carried it
unsubscribe_path   -> the link that a letter of news carries
"""

import asyncio
import re
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2

from tests.support.ports import free_port
from tests.support.services.kept import Kept
from tests.support.world import PASSWORD
from watchword.flows.consent.rules import unsubscribe_token
from watchword.kernel.ids import SubscriberId
from watchword.kernel.secret import Peppers

WATCHWORD = Path(sys.executable).with_name("watchword")
RULES = ("AUTH", "API", "OTP", "PAGE", "LETTERS")
PATIENCE = 600  # looks into a mailbox, a twentieth of a second apart


@dataclass(slots=True, kw_only=True)
class Site:
    """A running service; `url` is where people reach it."""

    url: str
    folder: Path
    kept: Kept
    client: httpx2.AsyncClient

    @classmethod
    async def start(cls, settings: Mapping[str, str] | None = None) -> "Site":
        """Start a fresh service: development profile, its own mailbox, raised limits."""
        folder = Path(tempfile.mkdtemp(prefix="watchword-site-"))
        port = free_port()
        told = {
            "PORT": str(port),
            "METRICS_ENABLED": "false",
            **{f"RATE_LIMIT_{rule}": "1000000/60000" for rule in RULES},
            **(settings or {}),
        }
        words = [f"{name}={value}" for name, value in told.items()]
        command = [_env(), *words, str(WATCHWORD), "serve", "--dev"]
        kept = Kept.start("watchword", command, folder=folder)
        url = f"http://localhost:{port}"
        kept.wait_until(lambda: "Stop: Ctrl+C" in _said(kept))
        return cls(
            url=url, folder=folder, kept=kept, client=httpx2.AsyncClient(base_url=url, timeout=60)
        )

    async def stop(self) -> None:
        """End it; its folder goes with it."""
        await self.client.aclose()
        self.kept.stop()

    @property
    def database(self) -> Path:
        """The file of its database."""
        return next(self.folder.rglob("*.db"))

    @property
    def setup_link(self) -> str:
        """The link that was printed for the first administrator."""
        found = re.search(r"http\S+/setup\?token=\S+", _said(self.kept))
        assert found, "no setup link was printed"
        return found[0]

    async def letter(self, to: str, template: str) -> dict[str, Any]:
        """Return the newest letter of a kind to an address."""
        for _ in range(PATIENCE):
            answer = await self.client.get("/dev/mail.json", params={"to": to})
            for message in answer.json()["messages"]:
                if message["template"] == template:
                    found: dict[str, Any] = message
                    return found
            await asyncio.sleep(0.05)
        raise AssertionError(f"{to} got no {template}")

    def unsubscribe_path(self, email: str) -> str:
        """Return where the link leads that stands in each letter of news to an account."""
        with sqlite3.connect(self.database) as line:
            [(user_id,)] = line.execute("SELECT id FROM users WHERE email = ?", [email])
        pepper = next(self.folder.rglob("PEPPER")).read_bytes().strip()
        token = unsubscribe_token(Peppers(1, {1: pepper}), SubscriberId(UUID(user_id)))
        return f"/unsubscribe?token={token.reveal()}"

    async def register(self, email: str, language: str = "en", **more: Any) -> None:
        """Make an account whose mailbox has yet to be proven; `more` is said beside it."""
        body = {
            **more,
            "email": email,
            "password": PASSWORD,
            "firstName": "Alice",
            "lastName": "Benali",
            "language": language,
        }
        answer = await self.client.post("/api/v1/auth/register", json=body)
        assert answer.status_code == 201, answer.text

    async def account(self, email: str, language: str = "en", **more: Any) -> str:
        """Make an account whose mailbox is proven; return its address."""
        await self.register(email, language, **more)
        code = (await self.letter(email, "registration/verification"))["code"]
        proof = {"email": email, "code": code}
        answer = await self.client.post("/api/v1/auth/verify-email", json=proof)
        assert answer.status_code == 200, answer.text
        return email


def _env() -> str:
    found = shutil.which("env")
    assert found, "POSIX has env"
    return found


def _said(kept: Kept) -> str:
    return kept.log.read_text() if kept.log.exists() else ""
