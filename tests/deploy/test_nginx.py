"""The service behind a real nginx, by the files that are shipped."""

import json
import ssl
from collections import Counter
from pathlib import Path

import httpx2
import pytest

from tests.support.crowd import PEOPLE
from tests.support.proxied import AUTH, SIGN_IN, an_account, certify, load, proxied
from tests.support.rolling import lost, trial
from tests.support.running import until
from tests.support.services.nginx import ROOT, Nginx, Proxy
from tests.support.stub import HANG_UP, stub

ROUNDS = 2  # `python -m tests.support.rolling` makes fifty: a hundred restarts
DONE_TWICE_IS_DONE_ONCE = {  # a PUT or DELETE that is another one: nginx may send it twice
    "put /api/v1/admin/flags/{name}",
    "delete /api/v1/admin/flags/{name}",
    "put /api/v1/admin/log-level",
    "delete /api/v1/admin/users/{id}/sessions",
    "delete /api/v1/auth/identities/{id}",
    "delete /api/v1/auth/me",
    "delete /api/v1/auth/sessions/{id}",
    "delete /api/v1/me",
    "delete /api/v1/me/sessions/{id}",
}
PROFILES = ("ariya", "generic", "molam", "nova", "romapi")


@pytest.mark.req("R-43", "G-30", "D-02")
@pytest.mark.parametrize("profile", PROFILES)
def test_nginx_takes_the_files_of_every_profile(nginx: Nginx, tmp_path: Path, profile: str) -> None:
    proxy = Proxy.laid_out(nginx, tmp_path, profile)
    certify(tmp_path / "tls")
    assert proxy.check() == ""


@pytest.mark.req("G-01", "R-43", "R-44", "R-45", "D-04", "D-26", "D-39", "N-106", "M-44")
async def test_people_sign_in_through_it_and_are_seen_as_who_they_are(
    nginx: Nginx, postgres_url: str, tmp_path: Path
) -> None:
    await an_account(postgres_url, tmp_path)
    with proxied(nginx, postgres_url, tmp_path) as made, made.client() as alice:
        plain = httpx2.get(f"http://localhost:{made.proxy.port}/login?next=/account")
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
    nginx: Nginx, tmp_path: Path
) -> None:
    for profile, version, agreed in (
        ("generic", ssl.TLSVersion.TLSv1_2, True),
        ("generic", ssl.TLSVersion.TLSv1_3, True),
        ("nova", ssl.TLSVersion.TLSv1_3, True),
        ("nova", ssl.TLSVersion.TLSv1_2, False),
    ):
        folder = tmp_path / f"{profile}-{version.name}"
        proxy = Proxy.laid_out(nginx, folder, profile)
        trust = certify(folder / "tls")
        trust.minimum_version = trust.maximum_version = version
        running = proxy.start()
        try:
            answer = httpx2.get(f"https://localhost:{proxy.tls_port}/", verify=trust)
            assert agreed
            assert answer.status_code == 503
            assert answer.json()["code"] == "unavailable"
            assert answer.headers["retry-after"] == "5"
        except httpx2.ConnectError:
            assert not agreed
        finally:
            running.stop()


@pytest.mark.req("G-01")
async def test_what_an_instance_may_have_acted_on_is_asked_of_no_other_unless_it_does_no_harm(
    nginx: Nginx, tmp_path: Path
) -> None:
    async with stub(HANG_UP) as one, stub(HANG_UP) as two, stub(HANG_UP) as three:
        instances = (one, two, three)
        proxy = Proxy.laid_out(nginx, tmp_path, "ariya", [each.port for each in instances])
        trust = certify(tmp_path / "tls")
        running = proxy.start()
        try:
            async with httpx2.AsyncClient(verify=trust) as anyone:
                for method in ("GET", "HEAD", "PUT", "DELETE", "POST", "PATCH"):
                    place = f"https://localhost:{proxy.tls_port}/somewhere"
                    assert (await anyone.request(method, place)).status_code == 503
        finally:
            running.stop()
    asked = Counter(each.method for instance in instances for each in instance.asked)
    assert asked == {"GET": 3, "HEAD": 3, "PUT": 3, "DELETE": 3, "POST": 1, "PATCH": 1}


def test_every_put_and_delete_may_be_done_twice() -> None:
    paths = json.loads((ROOT / "docs/reference/openapi.json").read_text())["paths"]
    doors = {f"{method} {path}" for path, methods in paths.items() for method in methods}
    assert {
        each for each in doors if each.startswith(("put ", "delete "))
    } == DONE_TWICE_IS_DONE_ONCE


@pytest.mark.req("R-43")
async def test_what_nginx_itself_refuses_has_the_form_of_the_service(
    nginx: Nginx, tmp_path: Path
) -> None:
    proxy = Proxy.laid_out(nginx, tmp_path, "generic")
    trust = certify(tmp_path / "tls")
    running = proxy.start()
    base = f"https://localhost:{proxy.tls_port}"
    try:
        with httpx2.Client(verify=trust) as anyone:
            answers = [
                anyone.get(f"{base}/%00"),
                anyone.get(f"http://localhost:{proxy.tls_port}/"),
                anyone.get(f"{base}/", headers={"Host": "a/b"}),
                anyone.get(f"{base}/metrics"),
                anyone.request("TRACE", base),
                anyone.post(base, content=b"x" * 1_100_000),
                anyone.get(f"{base}/{'a' * 9000}"),
                anyone.get(base, headers={"X": "a" * 40_000}),
            ]
    finally:
        running.stop()
    told = [(answer.status_code, answer.json()["code"]) for answer in answers]
    assert told == [
        *[(400, "malformed_request")] * 3,
        (404, "not_found"),
        (405, "method_not_allowed"),
        (413, "body_too_large"),
        *[(431, "head_too_large")] * 2,
    ]
    for answer in answers:
        assert answer.json()["status"] == answer.status_code
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
        assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.req("G-31", "K-20")
async def test_the_fifth_sign_in_at_once_is_refused_by_nginx(
    nginx: Nginx, postgres_url: str, tmp_path: Path
) -> None:
    await an_account(postgres_url, tmp_path)
    with proxied(nginx, postgres_url, tmp_path) as made, made.client() as alice:
        answers = [alice.post(f"{AUTH}/login", json=SIGN_IN) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert answers[-1].json()["code"] == "rate_limited"
    assert answers[-1].headers["retry-after"] == "15"
    assert "x-node-id" not in answers[-1].headers


@pytest.mark.req("R-45")
async def test_of_thirty_one_quick_calls_some_are_refused_in_romapi(
    nginx: Nginx, postgres_url: str, tmp_path: Path
) -> None:
    with proxied(nginx, postgres_url, tmp_path, "romapi") as made, made.client() as anyone:
        wrong = {"email": "nobody@example.org", "password": "not this one"}
        answers = [anyone.post("/auth/login", json=wrong).status_code for _ in range(31)]
    assert answers.count(429) >= 10
    assert set(answers) == {401, 429}


@pytest.mark.req("G-03")
async def test_while_instances_are_updated_in_turn_nobody_is_refused_and_nothing_is_lost(
    nginx: Nginx, postgres_url: str, tmp_path: Path
) -> None:
    tale = await trial(nginx, postgres_url, tmp_path, rounds=ROUNDS)
    assert not tale.failed, tale
    assert not tale.lost, tale
    assert (tale.restarts, tale.requests > 100) == (2 * ROUNDS, True), tale


@pytest.mark.req("A-17", "G-03")
async def test_instances_restarted_at_once_one_after_the_other_refuse_nobody(
    nginx: Nginx, postgres_url: str, tmp_path: Path
) -> None:
    await an_account(postgres_url, tmp_path)
    with proxied(nginx, postgres_url, tmp_path, "ariya") as made, load(made) as people:
        for port in (*made.instances, *made.instances):
            made.restart_in_place(port)
    assert not people.failed
    assert people.answers.total() > 100
    assert not await lost(people, postgres_url)


@pytest.mark.req("G-01", "N-106")
async def test_when_an_instance_is_killed_only_what_it_wrote_just_then_is_refused(
    nginx: Nginx, postgres_url: str, tmp_path: Path
) -> None:
    await an_account(postgres_url, tmp_path)
    with proxied(nginx, postgres_url, tmp_path, "ariya") as made, load(made) as people:
        killed = next(iter(made.instances.values()))
        killed.process.kill()
        killed.process.wait()
        enough = people.answers.total() + 200
        until(lambda: people.answers.total() > enough, "the others go on")
    assert {*people.failed} <= {"POST 503"}, people.answers
    assert people.answers["POST 503"] <= PEOPLE
    assert await lost(people, postgres_url) == set()
