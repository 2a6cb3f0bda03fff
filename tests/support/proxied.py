"""The service as a site: nginx, and instances behind it that can be updated or killed under load.

proxied    start them, and end them with the block
load       people who ask again and again meanwhile
"""

import contextlib
import datetime as dt
import ipaddress
import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.crowd import Crowd, crowd
from tests.support.ports import free_port
from tests.support.running import Running, started, wait_until_ready
from tests.support.services.nginx import Nginx, Proxy
from tests.support.world import PASSWORD, environment, open_world

AUTH = "/api/v1/auth"
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

    def restart_in_place(self, port: int) -> None:
        """Restart an instance without a word to the proxy."""
        assert self.instances[port].stop() == 0
        self.instances[port] = self.starting.enter_context(self.instance(port))

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
            "DB_CONNECT_TIMEOUT_MS": "20000",  # the machine may be busy with more than this
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


@contextlib.contextmanager
def load(made: Proxied) -> Iterator[Crowd]:
    """Let people ask until the block ends, with the cookie of one of them."""
    with made.client() as alice:
        assert alice.post(f"{AUTH}/login", json=SIGN_IN).status_code == 200
        cookie = "; ".join(f"{name}={value}" for name, value in alice.cookies.items())
    with crowd(made.proxy.tls_port, made.trust, cookie, AUTH) as people:
        yield people
