"""The service as a site: nginx, and instances behind it that can be updated or killed under load.

proxied    start them, and end them with the block
load       people who ask again and again meanwhile
"""

import contextlib
import datetime as dt
import ipaddress
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.running import Running, started, until, wait_until_ready
from tests.support.services.kept import free_port
from tests.support.services.nginx import Nginx, Proxy
from tests.support.world import PASSWORD, environment, open_world

AUTH = "/api/v1/auth"
PEOPLE = 4
ALICE = "alice@example.org"
SIGN_IN = {"email": ALICE, "password": PASSWORD, "transport": "cookie"}


def certify(folder: Path) -> ssl.SSLContext:
    """Put a key and a certificate for this machine into a folder; return who trusts them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, form, plain))
    (folder / "fullchain.pem").write_bytes(certificate.public_bytes(pem))
    return ssl.create_default_context(cafile=folder / "fullchain.pem")


@dataclass(kw_only=True)
class Proxied:
    """nginx and the instances behind it."""

    proxy: Proxy
    trust: ssl.SSLContext
    environ: dict[str, str]
    folder: Path
    instances: dict[int, Running] = field(default_factory=dict)
    starting: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def base(self) -> str:
        """Return where people reach it."""
        return f"https://localhost:{self.proxy.tls_port}"

    def client(self) -> httpx2.Client:
        """Return somebody's client."""
        return httpx2.Client(base_url=self.base, verify=self.trust, timeout=30)

    @contextlib.contextmanager
    def instance(self, port: int) -> Iterator[Running]:
        """Start an instance; it is ready when the block begins."""
        told = {**self.environ, "PORT": str(port), "NODE_ID": f"auth-{port}"}
        with started(self.folder, "serve", **told) as running:
            wait_until_ready(f"http://127.0.0.1:{port}")
            yield running

    def restart(self, port: int) -> None:
        """Update an instance as docs/operate/proxy.md says: taken out, stopped, started, put back."""
        self.proxy.spread([other for other in self.instances if other != port])
        self.proxy.reload()
        assert self.instances[port].stop() == 0
        self.instances[port] = self.starting.enter_context(self.instance(port))
        self.proxy.spread([*self.instances])
        self.proxy.reload()


@contextlib.contextmanager
def proxied(
    nginx: Nginx, database: str, folder: Path, profile: str = "generic", **more: str
) -> Iterator[Proxied]:
    """Start nginx and two instances behind it."""
    ports = (free_port(), free_port())
    proxy = Proxy.laid_out(nginx, folder / "nginx", profile, ports)
    trust = certify(proxy.folder / "tls")
    environ = environment(
        database,
        **{
            "APP_PROFILE": profile,
            "HOST": "127.0.0.1",
            "WEB_CONCURRENCY": "1",
            "TRUSTED_PROXIES": "127.0.0.1",
            "PUBLIC_BASE_URL": f"https://localhost:{proxy.tls_port}",
            "HTTPS": "true",
            "METRICS_PORT": "",
            **more,
        },
    )
    made = Proxied(proxy=proxy, trust=trust, environ=environ, folder=folder)
    with made.starting as stack:
        for port in ports:
            made.instances[port] = stack.enter_context(made.instance(port))
        stack.callback(proxy.start().stop)
        yield made


async def an_account(database: str, folder: Path) -> None:
    async with open_world(database, folder) as world:
        await world.subscriber(ALICE)


@dataclass(kw_only=True)
class Load:
    """Somebody who asks again and again, each time on a new connection, and how they were answered."""

    made: Proxied
    cookies: httpx2.Cookies
    answers: Counter[str] = field(default_factory=Counter)
    ending: threading.Event = field(default_factory=threading.Event)

    def go_on(self) -> None:
        """Read and write in turn until told to end."""
        while not self.ending.is_set():
            self._ask("GET", f"{AUTH}/me")
            self._ask("POST", f"{AUTH}/otp/request", json={"email": ALICE})

    def _ask(self, method: str, path: str, **body: object) -> None:
        """Ask once; a proxy that reads its configuration anew may close a line that nobody speaks on."""
        with self.made.client() as client:
            client.cookies = self.cookies
            answer = client.request(method, path, **body)  # type: ignore[arg-type]
            self.answers[f"{method} {answer.status_code}"] += 1


@contextlib.contextmanager
def load(made: Proxied) -> Iterator[list[Load]]:
    """Let people ask until the block ends."""
    with made.client() as alice:
        assert alice.post(f"{AUTH}/login", json=SIGN_IN).status_code == 200
    loads = [Load(made=made, cookies=alice.cookies) for _ in range(PEOPLE)]
    with ThreadPoolExecutor(PEOPLE) as threads:
        asking = [threads.submit(each.go_on) for each in loads]
        until(lambda: all(each.answers for each in loads), "everybody asks")
        try:
            yield loads
        finally:
            for each in loads:
                each.ending.set()
        for each_asking in asking:
            each_asking.result()
