"""What pages load, keep and give away. That nothing comes from anybody else is watched in every test."""

import re
import sqlite3

import pytest

from tests.support.person import Newcomer, Person
from tests.support.site import Site

KIB = 1024
ELSEWHERE = [
    "//evil.example",
    "https://evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
    "evil.example",
]


async def test_the_sign_in_page_is_small(visitor: Person) -> None:
    await visitor.opens("/login")
    await visitor.page.wait_for_load_state("networkidle")
    sizes = {answer.url: len(await answer.body()) for answer in visitor.answers}
    assert len(sizes) >= 6
    assert sum(sizes.values()) <= 30 * KIB
    assert sum(size for url, size in sizes.items() if url.endswith(".js")) <= 10 * KIB


async def test_files_are_kept_for_ever_and_pages_never(visitor: Person) -> None:
    await visitor.opens("/login")
    kept = {answer.url: answer.headers for answer in visitor.answers}
    files = {url: told for url, told in kept.items() if "/static/" in url}
    assert len(files) >= 5
    for url, told in files.items():
        assert re.search(r"\.[0-9a-f]{12}\.(js|css|svg)$", url)
        assert told["cache-control"] == "public, max-age=31536000, immutable"
    assert kept[f"{visitor.site.url}/login"]["cache-control"] == "no-store"


@pytest.mark.req("N-93", "D-41")
async def test_pages_allow_no_foreign_script_frame_or_referrer(visitor: Person) -> None:
    for path in ("/login", "/reset-password?token=x", "/nowhere", "/dev/mail"):
        told = (await visitor.opens(path)).headers
        policy = told["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert told["referrer-policy"] == "no-referrer"


async def test_a_letter_in_its_frame_runs_nothing(visitor: Person) -> None:
    await visitor.site.account(visitor.email)
    letter = await visitor.site.letter(visitor.email, "registration/welcome")
    told = (await visitor.site.client.get(f"/dev/mail/{letter['id']}/html")).headers
    assert "default-src 'none'" in told["content-security-policy"]
    assert "allow-scripts" not in told["content-security-policy"]


async def test_after_signing_in_one_is_where_one_wanted_to_be(alice: Person) -> None:
    await alice.site.account(alice.email)
    await alice.opens("/account/sessions")
    assert alice.path == "/login?return_to=/account/sessions"
    await alice.signs_in("not this one")
    await alice.signs_in()
    assert alice.path == "/account/sessions"


async def test_signing_in_never_leads_to_another_site(visitor: Person) -> None:
    await visitor.site.account(visitor.email)
    for target in ELSEWHERE:
        await visitor.opens("/login")
        await visitor.script(
            "(target) => { document.querySelector('main [name=return_to]').value = target; }",
            target,
        )
        await visitor.signs_in()
        assert visitor.path == "/account"


async def test_choosing_a_language_never_leads_to_another_site(visitor: Person) -> None:
    for target in ELSEWHERE:
        await visitor.opens("/login")
        await visitor.script(
            "(target) => document.querySelectorAll('.foot [name=return_to]')"
            ".forEach((each) => { each.value = target; })",
            target,
        )
        await visitor.presses("Français")
        assert visitor.page.url.startswith(f"{visitor.site.url}/")


async def test_the_way_back_shows_nothing_private_after_signing_out(alice: Person) -> None:
    await alice.site.account(alice.email)
    await alice.signs_in()
    assert alice.email in await alice.text()
    await alice.presses("Sign out")
    for _ in range(2):
        await alice.page.go_back()
        assert await alice.heading() == "Sign in"
        assert alice.email not in await alice.page.content()


async def test_a_page_that_is_not_there_says_so_with_a_reference(visitor: Person) -> None:
    answer = await visitor.opens("/nowhere")
    assert answer.status == 404
    assert await visitor.heading() == "Page not found"
    assert answer.headers["x-request-id"] in await visitor.text()
    await visitor.follows("Back to the start")
    assert visitor.path == "/login"


async def test_a_fault_of_ours_is_a_page_with_a_reference(newcomer: Newcomer) -> None:
    site = await Site.start()
    try:
        person = await newcomer(at=site, locale="fr")
        with sqlite3.connect(site.database) as line:
            line.execute("UPDATE tickets SET expires_at = 'no moment'")
        answer = await person.opens(site.setup_link)
        assert answer.status == 500
        assert answer.headers["content-type"].startswith("text/html")
        assert answer.headers["x-request-id"] in await person.text()
        assert "tickets" not in await person.page.content()
    finally:
        await site.stop()
