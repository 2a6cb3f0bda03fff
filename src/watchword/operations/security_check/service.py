"""The security check's round: a folder, the programs beside us, the settings, a live address."""

import asyncio
import json
import os
import shutil
import ssl
import sysconfig
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2

from watchword.kernel.clock import Clock
from watchword.operations.security_check import rules
from watchword.operations.security_check.rules import Address, Suspect, Wanted
from watchword.plumbing.commands import reading
from watchword.plumbing.findings import Finding, failed, skipped, warning
from watchword.plumbing.settings import ServerSettings
from watchword.plumbing.settings.server import PRODUCTION

_PATIENCE_SECONDS: Final = 10.0
_AUDIT_SECONDS: Final = 300.0
_NOT_WELL: Final = 500


async def examine(wanted: Wanted, clock: Clock) -> AsyncIterator[Finding]:
    """Make the round; yields a finding for each check, in their order."""
    yield _modes(wanted)
    yield _secrets(wanted)
    yield await _dependencies()
    told = reading.read()
    server = told.sections.section(ServerSettings) if told.sections is not None else None
    if server is None and wanted.base:  # from outside: the address alone is judged
        yield rules.judge_https(production=True, required=True, url=wanted.base)
    elif server is None:
        names = ", ".join(dict.fromkeys(name for name, _ in told.faults))
        yield skipped("https", f"the settings come first: {names}", "watchword env validate")
    else:
        yield rules.judge_https(
            production=server.environment == PRODUCTION,
            required=server.https,
            url=server.public_url,
        )
    base = wanted.base or (server.given_public_url if server is not None else "")
    yield await _headers(base, clock, wanted.trust)


def suspects_in(wanted: Wanted) -> tuple[list[Suspect], int]:
    """Return what looks like a secret in the folder, and how many files were looked at."""
    known = _known(baseline_of(wanted))
    found: list[Suspect] = []
    count = 0
    for path in _files(wanted.folder):
        text = None if rules.holds_secrets(path.name) else _text(path)
        if text is not None:
            count += 1
            found += rules.suspects(path.relative_to(wanted.folder).as_posix(), text)
    return [each for each in found if each.digest not in known], count


def write_baseline(wanted: Wanted) -> int:
    """Note all that is found as looked at; return how much is in the baseline now."""
    path = baseline_of(wanted)
    digests = _known(path) | {each.digest for each in suspects_in(wanted)[0]}
    path.write_text("".join(f"{each}\n" for each in sorted(digests)), "utf-8")
    return len(digests)


def baseline_of(wanted: Wanted) -> Path:
    """Return where the baseline is."""
    return wanted.baseline or wanted.folder / rules.BASELINE


def _known(path: Path) -> set[str]:
    return set(path.read_text("utf-8").split()) if path.is_file() else set()


def _files(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder; links are not followed, nor what others installed."""
    for where, folders, names in os.walk(folder):
        folders[:] = sorted(
            each
            for each in folders
            if each not in rules.SKIPPED_FOLDERS and not (Path(where, each) / "pyvenv.cfg").exists()
        )
        for name in sorted(names):
            path = Path(where, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _text(path: Path) -> str | None:
    """Return what a file says; nothing when it is large, or no text, or not for us."""
    try:
        if path.stat().st_size > rules.MOST_BYTES:
            return None
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _modes(wanted: Wanted) -> Finding:
    holding = [path for path in _files(wanted.folder) if _holds_secrets(path)]
    open_ones = [path for path in holding if path.stat().st_mode & 0o077]
    if wanted.fix:
        for path in open_ones:
            path.chmod(rules.MODE)
        open_ones = []
    told = [path.relative_to(wanted.folder).as_posix() for path in open_ones]
    return rules.judge_modes(told, len(holding), str(wanted.folder))


def _holds_secrets(path: Path) -> bool:
    if path.suffix == ".pem":
        return "PRIVATE KEY-----" in (_text(path) or "")
    return rules.holds_secrets(path.name)


def _secrets(wanted: Wanted) -> Finding:
    found, count = suspects_in(wanted)
    return rules.judge_secrets(found, count, str(wanted.folder))


async def _dependencies() -> Finding:
    """Ask pip-audit of what is installed where we are."""
    program = shutil.which("pip-audit")
    if program is None:
        return warning("dependencies", "pip-audit is not there to ask", "pipx install pip-audit")
    asked = await asyncio.create_subprocess_exec(
        program,
        *("--format=json", "--progress-spinner=off", "--path", sysconfig.get_path("purelib")),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(_AUDIT_SECONDS):
            out, _ = await asked.communicate()
        return rules.judge_dependencies(_faults(json.loads(out)))
    except TimeoutError:
        asked.kill()
        await asked.wait()
    except (ValueError, TypeError, KeyError, AttributeError):
        pass
    return failed("dependencies", "pip-audit could not tell", "pip-audit")


def _faults(told: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        f"{each['name']} {each['version']}": [fault["id"] for fault in each["vulns"]]
        for each in told["dependencies"]
        if each.get("vulns")
    }


async def _headers(base: str, clock: Clock, trust: Path | None) -> Finding:
    if not base:
        return warning("headers", "no address to ask", f"{rules.CHECK} --base https://...")
    context = ssl.create_default_context(cafile=str(trust) if trust else None)
    try:
        async with (
            httpx2.AsyncClient(
                verify=context, timeout=_PATIENCE_SECONDS, trust_env=False
            ) as client,
            client.stream("GET", f"{base}/login") as answer,
        ):
            line = answer.extensions["network_stream"].get_extra_info("ssl_object")
            lasts = _lasts(line, clock.now()) if line is not None else None
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        return failed("headers", f"{base}: {_words(error)}", f"watchword health --base {base}")
    if answer.status_code >= _NOT_WELL:
        detail = f"{base} answers {answer.status_code}"
        return failed("headers", detail, f"watchword health --base {base}")
    headers = {name.lower(): value for name, value in answer.headers.items()}
    told = Address(url=base, status=answer.status_code, headers=headers, lasts=lasts)
    return rules.judge_headers(told)


def _lasts(line: ssl.SSLObject, now: datetime) -> timedelta | None:
    """Return how long the certificate is good still."""
    told = line.getpeercert()
    if not told:
        return None
    return timedelta(seconds=ssl.cert_time_to_seconds(str(told["notAfter"])) - now.timestamp())


def _words(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
