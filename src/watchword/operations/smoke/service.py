"""The smoke run: ask a service from outside, path by path."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx2

from watchword.kernel.clock import Clock
from watchword.operations.smoke import rules
from watchword.operations.smoke.rules import Account, Paths, Told
from watchword.plumbing.findings import Finding, skipped

_PATIENCE_SECONDS: Final = 10.0
_LOOKS: Final = 100
_BETWEEN_SECONDS: Final = 0.1
_GOOD: Final = 200


async def smoke(
    base: str, account: Account | None, clock: Clock, paths: Paths, trust: Path | None = None
) -> AsyncIterator[Finding]:
    """Ask all there is to ask; yields a finding for each check, in their order."""
    async with Asker(base, trust) as asker:
        first = await asker.get(next(iter(paths.asked.values()), paths.nowhere))
        yield rules.judge_tls(base, asker.lasts(clock), first.trouble)
        if first.trouble:
            for check in paths.checks(account)[1:]:
                yield skipped(check, "nobody answers")
            return
        contract = None
        for check, path in paths.asked.items():
            told = await asker.get(path)
            if check == "health":
                yield rules.judge_health(told, await asker.ask("HEAD", path))
            elif check == "headers":
                yield rules.judge_headers(told, secure=base.startswith("https:"))
            else:
                yield rules.JUDGES[check](told)
            contract = told if check == "contract" else contract
        if account is not None:
            prefix = (rules.prefix_of(contract) if contract else None) or paths.prefix
            async for finding in _trial(asker, account, prefix):
                yield finding


async def _trial(asker: "Asker", account: Account, prefix: str) -> AsyncIterator[Finding]:
    """Sign in, use what one gets, and sign out."""
    auth = f"{prefix}/auth"
    if account.fresh:
        refused = await _register(asker, account, auth)
        if refused is not None:
            yield rules.judge_answer("sign-in", refused, (), "")
            for check in rules.INSIDE[1:]:
                yield skipped(check, "there is no account to try")
            return
    proof = {"email": account.email, "password": account.password.reveal(), "transport": "token"}
    entered = await asker.post(f"{auth}/login", proof)
    yield rules.judge_answer("sign-in", entered, (_GOOD,), "the password opens")
    access, refresh = entered.json.get("access_token", ""), entered.json.get("refresh_token", "")
    if not access:
        for check in rules.INSIDE[1:]:
            yield skipped(check, "nobody is signed in")
        return
    yield rules.judge_answer(
        "caller", await asker.get(f"{auth}/me", access), (_GOOD,), "the access token is taken"
    )
    renewed = await asker.post(f"{auth}/refresh", {"refresh_token": refresh})
    yield rules.judge_answer("refresh", renewed, (_GOOD,), "the next token came")
    access = renewed.json.get("access_token", access)
    await asker.post(f"{auth}/logout", {}, access)
    ended = await asker.get(f"{auth}/me", access)
    yield rules.judge_answer("sign-out", ended, (401,), "the token is worth nothing afterwards")


async def _register(asker: "Asker", account: Account, auth: str) -> Told | None:
    """Make the account, and prove its mailbox by the letter; return what was refused."""
    form = {"email": account.email, "password": account.password.reveal(), "firstName": "Smoke"}
    made = await asker.post(f"{auth}/register", form)
    if made.status not in {_GOOD, 201}:
        return made
    letter = made
    for _ in range(_LOOKS):
        letter = await asker.get(f"/dev/mail/newest.json?to={account.email}")
        if letter.status == _GOOD and letter.json.get("code"):
            body = {"email": account.email, "code": letter.json["code"]}
            proven = await asker.post(f"{auth}/verify-email", body)
            return None if proven.status == _GOOD else proven
        await asyncio.sleep(_BETWEEN_SECONDS)
    return letter


class Asker:
    """A stranger with a client of HTTP: no cookies are kept, no redirect is followed."""

    def __init__(self, base: str, trust: Path | None) -> None:
        """Ask there, and believe the authorities of this machine, or those of a file."""
        context = ssl.create_default_context(cafile=str(trust) if trust else None)
        self._client = httpx2.AsyncClient(
            base_url=base, verify=context, timeout=_PATIENCE_SECONDS, trust_env=False
        )
        self._ends: str | None = None

    async def __aenter__(self) -> Self:
        """Begin."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get(self, path: str, token: str = "") -> Told:
        """Get a path, as whom a token tells."""
        return await self.ask("GET", path, token=token)

    async def post(self, path: str, body: dict[str, Any], token: str = "") -> Told:
        """Post JSON to a path."""
        return await self.ask("POST", path, body, token)

    async def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, token: str = ""
    ) -> Told:
        """Ask, and return what was told; that nobody answers is told, too."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with self._client.stream(method, path, json=body, headers=headers) as answer:
                self._note(answer)
                whole = await answer.aread()
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            words = str(error).strip().splitlines() or [type(error).__name__]
            return Told(path=path, trouble=words[0])
        self._client.cookies.clear()
        heads = {name.lower(): value for name, value in answer.headers.items()}
        return Told(path=path, status=answer.status_code, headers=heads, body=whole)

    def lasts(self, clock: Clock) -> timedelta | None:
        """Return how long the certificate is good still; nothing without TLS."""
        if self._ends is None:
            return None
        ends = ssl.cert_time_to_seconds(self._ends)
        return timedelta(seconds=ends - clock.now().timestamp())

    def _note(self, answer: httpx2.Response) -> None:
        line = answer.extensions["network_stream"].get_extra_info("ssl_object")
        told = line.getpeercert() if line is not None else None
        if told:
            self._ends = str(told["notAfter"])
