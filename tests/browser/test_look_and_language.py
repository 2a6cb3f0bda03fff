"""Language, theme, motion and direction: what a page looks like is the reader's choice."""

from playwright.async_api import FloatRect

from tests.support.person import DESKTOP, Newcomer, Person

BACKGROUND = "getComputedStyle(document.body).backgroundColor"
DARK, LIGHT = "rgb(24, 30, 28)", "rgb(255, 255, 255)"
MOVES = """[...document.querySelectorAll("*")].some((each) =>
  getComputedStyle(each).transitionDuration.split(", ").some((time) => time !== "0s")
  || getComputedStyle(each).animationName !== "none")"""


async def test_a_chosen_theme_is_rendered_by_the_server(alice: Person) -> None:
    await alice.opens("/login?return_to=/account/sessions")
    assert await alice.script(BACKGROUND) == LIGHT
    await alice.presses("Dark")
    assert alice.path == "/login?return_to=/account/sessions"
    assert await alice.script(BACKGROUND) == DARK
    answer = await alice.opens("/register")
    assert 'data-theme="dark"' in await answer.text()
    assert '<meta name="color-scheme" content="dark">' in await answer.text()
    cookies = {cookie["name"]: cookie for cookie in await alice.context.cookies()}
    assert cookies["watchword-theme"]["value"] == "dark"
    assert cookies["watchword-theme"]["expires"] > 0
    await alice.presses("Auto")
    assert await alice.script(BACKGROUND) == LIGHT


async def test_without_a_choice_the_theme_is_the_devices(newcomer: Newcomer) -> None:
    person = await newcomer(color_scheme="dark")
    await person.opens("/login")
    assert await person.script(BACKGROUND) == DARK
    await person.presses("Light")
    assert await person.script(BACKGROUND) == LIGHT


async def test_a_chosen_language_stays(alice: Person) -> None:
    await alice.opens("/forgot-password")
    await alice.presses("العربية")
    assert alice.path == "/forgot-password"
    await alice.opens("/register")
    assert (await alice.html("lang"), await alice.html("dir")) == ("ar", "rtl")
    await alice.presses("Français")
    assert (await alice.html("lang"), await alice.html("dir")) == ("fr", "ltr")
    assert await alice.heading() == "Créer un compte"


async def test_arabic_reads_from_the_right(newcomer: Newcomer) -> None:
    person = await newcomer(locale="ar", viewport=DESKTOP)
    await person.opens("/register")
    label = await box(person, "label[for=email]")
    email = await box(person, "#email")
    first, last = await box(person, "#firstName"), await box(person, "#lastName")
    frame, show = await box(person, "[data-secret]"), await box(person, "[data-secret] button")
    assert right(label) == right(email) == right(first)
    assert right(last) < first["x"]
    assert show["x"] - frame["x"] < 10
    await person.types(firstName="أمينة", lastName="Benali")
    directions = await person.script(
        "['h1', '#firstName', '#lastName', '#email', '#password'].map("
        "(each) => getComputedStyle(document.querySelector(each)).direction)"
    )
    assert directions == ["rtl", "rtl", "ltr", "ltr", "ltr"]


async def box(person: Person, selector: str) -> FloatRect:
    found = await person.page.locator(selector).bounding_box()
    assert found
    return found


def right(shape: FloatRect) -> int:
    return round(shape["x"] + shape["width"])


async def test_nothing_moves_for_those_who_asked_for_calm(newcomer: Newcomer) -> None:
    lively = await newcomer(reduced_motion="no-preference")
    calm = await newcomer(reduced_motion="reduce")
    for path in ("/login", "/register"):
        await lively.opens(path)
        await calm.opens(path)
        assert await lively.script(MOVES)
        assert not await calm.script(MOVES)
