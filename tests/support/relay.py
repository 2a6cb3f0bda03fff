"""A mail relay that does as a test says: refuses, keeps silent, hangs up, speaks TLS, wants a name.

replies   what to answer to a command ("RCPT": "550 no"), None: silence, "": hang up
          ("BODY" stands for the end of the letter)
said      the commands heard, without their arguments; letters: what was accepted
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(slots=True)
class ScriptedRelay:
    """A listening relay."""

    replies: Mapping[str, str | None]
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    login: bool = False
    port: int = 0
    lines: int = 0
    said: list[str] = field(default_factory=list)
    greetings: list[str] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Speak with one client."""
        self.lines += 1
        self.open.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            if await self._say(writer, "HELLO", "220 relay ready"):
                while line := await reader.readline():
                    if not await self._answer(line.decode().strip(), reader, writer):
                        break
        self.open.discard(writer)
        writer.close()

    async def _answer(
        self, line: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        word = line.partition(" ")[0].upper()
        self.said.append(word)
        if word == "EHLO":
            self.greetings.append(line.partition(" ")[2])
            return await self._say(writer, word, self._abilities(writer))
        if word == "STARTTLS":
            await self._say(writer, word, "220 go ahead")
            await writer.start_tls(self.tls)  # type: ignore[arg-type]
            return True
        if word == "DATA":
            return await self._take(reader, writer)
        if word == "RCPT":
            self.recipients.append(line.partition("<")[2].partition(">")[0])
        usual = {"AUTH": "235 welcome", "QUIT": "221 bye"}.get(word, "250 ok")
        return await self._say(writer, word, usual) and word != "QUIT"

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if not await self._say(writer, "DATA", "354 go on"):
            return False
        if not (self.replies.get("DATA") or "354").startswith("3"):
            return True
        content = b""
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                return False
            content += line
        if (self.replies.get("BODY", "250") or "").startswith("2"):
            self.secured.append(writer.get_extra_info("ssl_object") is not None)
            message = message_from_bytes(content, policy=policy.default)
            self.letters.append(message)
        return await self._say(writer, "BODY", "250 kept")

    def _abilities(self, writer: asyncio.StreamWriter) -> str:
        secured = writer.get_extra_info("ssl_object") is not None
        able = ["relay"]
        if self.tls is not None and not secured:
            able.append("STARTTLS")
        if self.login:
            able.append("AUTH PLAIN LOGIN")
        return "\r\n".join([*(f"250-{each}" for each in able[:-1]), f"250 {able[-1]}"])

    async def _say(self, writer: asyncio.StreamWriter, word: str, usual: str) -> bool:
        reply = self.replies.get(word, usual)
        if reply is None:
            await asyncio.sleep(60)
        if not reply:
            return False
        writer.write(reply.encode() + b"\r\n")
        await writer.drain()
        return True

    def hang_up(self) -> None:
        """End every open line."""
        for writer in self.open:
            writer.transport.abort()


@asynccontextmanager
async def relay(
    replies: Mapping[str, str | None] | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    implicit: bool = False,
    login: bool = False,
) -> AsyncIterator[ScriptedRelay]:
    """Yield a relay on a free loopback port."""
    scripted = ScriptedRelay(replies or {}, tls=tls, implicit=implicit, login=login)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.create_task(scripted.serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls if implicit else None)
    scripted.port = server.sockets[0].getsockname()[1]
    try:
        yield scripted
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _name(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def certificate(folder: Path, address: str = "127.0.0.1") -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate for an address, `relay.pem`; return the server's context and one that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([_name(address)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "relay.pem"
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(path)
    return serving, ssl.create_default_context(cafile=path)
