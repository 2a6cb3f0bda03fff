"""The service behind a real nginx, by the files that are shipped."""

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
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.running import Running, started, until, wait_until_ready
from tests.support.services.kept import free_port
from tests.support.services.nginx import Nginx, Program, find
from tests.support.world import PASSWORD, environment, open_world

PROFILES = ("ariya", "generic", "molam", "nova", "romapi")
AUTH = "/api/v1/auth"
PEOPLE = 4
ALICE = "alice@example.org"
SIGN_IN = {"email": ALICE, "password": PASSWORD, "transport": "cookie"}


@pytest.fixture(scope="session")
def program() -> Program:
    return find()


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
class Site:
    """nginx and the instances behind it."""

    nginx: Nginx
    trust: ssl.SSLContext
    environ: dict[str, str]
    folder: Path
    instances: dict[int, Running] = field(default_factory=dict)
    starting: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    @property
    def base(self) -> str:
        """Return where people reach it."""
        return f"https://localhost:{self.nginx.tls_port}"

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
        self.nginx.spread([other for other in self.instances if other != port])
        self.nginx.reload()
        assert self.instances[port].stop() == 0
        self.instances[port] = self.starting.enter_context(self.instance(port))
        self.nginx.spread([*self.instances])
        self.nginx.reload()


@contextlib.contextmanager
def site(
    program: Program, database: str, folder: Path, profile: str = "generic", **more: str
) -> Iterator[Site]:
    """Start nginx and two instances behind it."""
    ports = (free_port(), free_port())
    nginx = Nginx.laid_out(program, folder / "nginx", profile, ports)
    trust = certify(nginx.folder / "tls")
    environ = environment(
        database,
        **{
            "APP_PROFILE": profile,
            "HOST": "127.0.0.1",
            "WEB_CONCURRENCY": "1",
            "TRUSTED_PROXIES": "127.0.0.1",
            "PUBLIC_BASE_URL": f"https://localhost:{nginx.tls_port}",
            "HTTPS": "true",
            "METRICS_PORT": "",
            **more,
        },
    )
    made = Site(nginx=nginx, trust=trust, environ=environ, folder=folder)
    with made.starting as stack:
        for port in ports:
            made.instances[port] = stack.enter_context(made.instance(port))
        stack.callback(nginx.start().stop)
        yield made


@pytest.fixture
def database(postgres_url: str) -> str:
    return postgres_url


async def an_account(database: str, folder: Path) -> None:
    async with open_world(database, folder) as world:
        await world.subscriber(ALICE)


@pytest.mark.req("R-43", "G-30", "D-02")
@pytest.mark.parametrize("profile", PROFILES)
def test_nginx_takes_the_files_of_every_profile(
    program: Program, tmp_path: Path, profile: str
) -> None:
    nginx = Nginx.laid_out(program, tmp_path, profile)
    certify(tmp_path / "tls")
    assert nginx.check() == ""


@pytest.mark.req("G-01", "R-43", "R-44", "R-45", "D-04", "D-26", "D-39", "N-106", "M-44")
async def test_people_sign_in_through_it_and_are_seen_as_who_they_are(
    program: Program, database: str, tmp_path: Path
) -> None:
    await an_account(database, tmp_path)
    with site(program, database, tmp_path) as made, made.client() as alice:
        plain = httpx2.get(f"http://localhost:{made.nginx.port}/login?next=/account")
        assert plain.status_code == 301
        assert plain.headers["location"] == "https://localhost/login?next=/account"
        forged = {"X-Forwarded-For": "203.0.113.7", "Forwarded": "for=203.0.113.7"}
        signed_in = alice.post(f"{AUTH}/login", json=SIGN_IN, headers=forged)
        assert signed_in.status_code == 200, signed_in.text
        seen = [alice.get(f"{AUTH}/sessions") for _ in range(8)]
        assert {answer.status_code for answer in seen} == {200}
        assert {answer.headers["x-node-id"] for answer in seen} == {
            f"auth-{port}" for port in made.instances
        }
        said = "".join(running.said for running in made.instances.values())
        assert '"ip":"127.0.0.1"' in said
        assert "203.0.113.7" not in said
        answers = (alice.get("/login"), alice.get("/nothing"), alice.get("/metrics"))
        assert [answer.status_code for answer in answers] == [200, 404, 404]
        for answer in answers:
            for name, value in (
                ("strict-transport-security", "max-age=31536000; includeSubDomains"),
                ("x-content-type-options", "nosniff"),
                ("x-frame-options", "DENY"),
            ):
                assert len(answer.headers.get_list(name)) == 1, (answer.url, name)
                assert answer.headers[name].startswith(value)


@pytest.mark.req("K-44", "N-91", "D-03")
async def test_only_tls_of_today_is_spoken_and_in_nova_only_the_newest(
    program: Program, tmp_path: Path
) -> None:
    for profile, version, agreed in (
        ("generic", ssl.TLSVersion.TLSv1_2, True),
        ("generic", ssl.TLSVersion.TLSv1_3, True),
        ("nova", ssl.TLSVersion.TLSv1_3, True),
        ("nova", ssl.TLSVersion.TLSv1_2, False),
    ):
        folder = tmp_path / f"{profile}-{version.name}"
        nginx = Nginx.laid_out(program, folder, profile)
        trust = certify(folder / "tls")
        trust.minimum_version = trust.maximum_version = version
        running = nginx.start()
        try:
            answer = httpx2.get(f"https://localhost:{nginx.tls_port}/", verify=trust)
            assert agreed
            assert answer.status_code == 503
            assert answer.json()["code"] == "unavailable"
            assert answer.headers["retry-after"] == "5"
        except httpx2.ConnectError:
            assert not agreed
        finally:
            running.stop()


@pytest.mark.req("G-31", "K-20")
async def test_the_fifth_sign_in_at_once_is_refused_by_nginx(
    program: Program, database: str, tmp_path: Path
) -> None:
    await an_account(database, tmp_path)
    with site(program, database, tmp_path) as made, made.client() as alice:
        answers = [alice.post(f"{AUTH}/login", json=SIGN_IN) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert answers[-1].json()["code"] == "rate_limited"
    assert answers[-1].headers["retry-after"] == "15"
    assert "x-node-id" not in answers[-1].headers


@pytest.mark.req("R-45")
async def test_of_thirty_one_quick_calls_some_are_refused_in_romapi(
    program: Program, database: str, tmp_path: Path
) -> None:
    with site(program, database, tmp_path, "romapi") as made, made.client() as anyone:
        wrong = {"email": "nobody@example.org", "password": "not this one"}
        answers = [anyone.post("/auth/login", json=wrong).status_code for _ in range(31)]
    assert answers.count(429) >= 10
    assert set(answers) == {401, 429}


@dataclass(kw_only=True)
class Load:
    """Somebody who asks again and again, each time on a new connection, and how they were answered."""

    made: Site
    cookies: httpx2.Cookies
    answers: Counter[str] = field(default_factory=Counter)
    ending: threading.Event = field(default_factory=threading.Event)

    def go_on(self) -> None:
        """Read and write in turn until told to end."""
        while not self.ending.is_set():
            with self.made.client() as client:
                client.cookies = self.cookies
                answer = client.get(f"{AUTH}/me")
                self.answers[f"GET {answer.status_code}"] += 1
                answer = client.post(f"{AUTH}/otp/request", json={"email": ALICE})
                self.answers[f"POST {answer.status_code}"] += 1


@contextlib.contextmanager
def load(made: Site) -> Iterator[list[Load]]:
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


@pytest.mark.req("G-03")
async def test_while_instances_are_updated_in_turn_nobody_is_refused(
    program: Program, database: str, tmp_path: Path
) -> None:
    await an_account(database, tmp_path)
    with site(program, database, tmp_path, "ariya") as made, load(made) as loads:
        for port in (*made.instances, *made.instances):
            made.restart(port)
    answers = sum((each.answers for each in loads), Counter[str]())
    assert set(answers) == {"GET 200", "POST 202"}, answers
    assert answers.total() > 100


@pytest.mark.req("G-01", "N-106")
async def test_when_an_instance_is_killed_only_what_it_had_in_hand_is_refused(
    program: Program, database: str, tmp_path: Path
) -> None:
    await an_account(database, tmp_path)
    with site(program, database, tmp_path, "ariya") as made, load(made) as loads:
        killed = next(iter(made.instances.values()))
        killed.process.kill()
        killed.process.wait()
        enough = sum(each.answers.total() for each in loads) + 100
        until(lambda: sum(each.answers.total() for each in loads) > enough, "the others go on")
    answers = sum((each.answers for each in loads), Counter[str]())
    assert set(answers) <= {"GET 200", "POST 202", "POST 503"}, answers
    assert answers["POST 503"] <= PEOPLE
