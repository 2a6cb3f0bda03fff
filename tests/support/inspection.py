"""Inspection: what the rules for pages say about the page in front, in one look each.

Every function returns what is wrong, in words; nothing wrong is an empty list. `faults` asks them all.
"""

import asyncio
from importlib.resources import files
from typing import Literal

from playwright.async_api import Page, ViewportSize

from tests.support.person import DESKTOP, PHONE

Theme = Literal["light", "dark"]
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
VIEWS: dict[str, list[tuple[Theme, ViewportSize]]] = {
    "en": [("light", PHONE), ("dark", DESKTOP)],
    "fr": [],  # the longest words: `overflow` and `targets` look at those; axe finds what it finds in English
    "ar": [("dark", PHONE)],  # from right to left
}
PATIENCE = 120  # seconds
TARGET = 44  # pixels
NARROW = 320  # pixels: a small phone, or a desktop at 400 %

# Of what repeats itself, the first few speak for all.
_RUN_AXE = """async (standards) => {
  const whole = {include: [["html"]], exclude: [["article ~ article"], [".rows > li:nth-child(n+6)"]]};
  const found = await axe.run(whole, {runOnly: standards, resultTypes: ["violations"]});
  return found.violations
    .filter((each) => ["serious", "critical"].includes(each.impact))
    .map((each) => `${each.id}: ${each.nodes.map((node) => node.html).join(" | ")}`);
}"""

_SMALL_TARGETS = """(least) =>
  [...document.querySelectorAll("a, button, input, select, summary")]
    .filter((each) => each.checkVisibility() && !each.classList.contains("skip"))
    .map((each) => [(each.matches("input, select") && each.closest(".frame, .box")) || each, each])
    .map(([shape, each]) => [shape.getBoundingClientRect(), each])
    .filter(([shape]) => shape.width < least - 0.5 || shape.height < least - 0.5)
    .map(([shape, each]) =>
      `${Math.round(shape.width)}x${Math.round(shape.height)}: ${each.outerHTML.slice(0, 120)}`)
"""

_LOOSE_WORDS = r"""() => {
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const loose = [];
  while (texts.nextNode()) {
    const text = texts.currentNode;
    const words = text.textContent;
    const technical = /\w@\w|https?:\/\/|\b\d{6}\b|\+\d{3}|\d{4}-\d\d-\d\d/.test(words);
    const isolated = /[\u2066-\u2068]/.test(words);
    if (technical && !isolated && !text.parentElement.closest("bdi, pre, code, [dir=ltr]:not(html)"))
      loose.push(words.trim());
  }
  return loose;
}"""

_BROKEN_REFERENCES = """() =>
  [...document.querySelectorAll("[aria-describedby], [aria-labelledby], label[for], [aria-controls]")]
    .flatMap((each) => ["aria-describedby", "aria-labelledby", "for", "aria-controls"]
      .flatMap((name) => (each.getAttribute(name) || "").split(" ").filter(Boolean)))
    .filter((id) => !document.getElementById(id))
"""


_FORM_FAULTS = r"""() => {
  const faults = [];
  const wants = (input, names) => {
    for (const [name, value] of Object.entries(names))
      if (![].concat(value).includes(input.getAttribute(name)))
        faults.push(`${input.name}: ${name} is ${input.getAttribute(name)}`);
  };
  const asTyped = {autocapitalize: "none", spellcheck: "false", dir: "ltr"};
  const kinds = {
    email: {inputmode: "email", autocomplete: ["username webauthn", "username", "email"], ...asTyped},
    password: {autocomplete: ["current-password", "new-password"], ...asTyped},
    tel: {inputmode: "tel", autocomplete: "tel", dir: "ltr"},
  };
  const named = {
    code: {type: "text", inputmode: "numeric", autocomplete: "one-time-code", ...asTyped},
    firstName: {autocomplete: "given-name", dir: "auto"},
    lastName: {autocomplete: "family-name", dir: "auto"},
  };
  for (const form of document.forms) {
    const fields = [...form.querySelectorAll("input:not([type=hidden], [hidden]), select")];
    for (const field of fields) {
      wants(field, kinds[field.type] ?? {});
      wants(field, named[field.name] ?? {});
      if (!field.labels.length) faults.push(`${field.name}: no label`);
      if (field.hasAttribute("onpaste") || field.hasAttribute("maxlength"))
        faults.push(`${field.name}: what is pasted may be lost`);
    }
    // a PIN is for a telephone's keys: no manager keeps it
    const passwords = fields.filter((field) => field.type === "password" && field.inputMode !== "numeric");
    if (passwords.filter((field) => field.autocomplete === "new-password").length > 1)
      faults.push("a new password is asked for twice");
    const known = form.querySelector("[autocomplete~=username]");
    const contact = (field) =>
      [field.type, field.inputMode].includes("email") || /@|^[+][0-9]/.test(field.value);
    if (passwords.length && !(known && contact(known)))
      faults.push("a password manager cannot tell whose password this is");
    if (form.method !== "post" || new URL(form.action).origin !== location.origin)
      faults.push(`the form goes by ${form.method} to ${form.action}`);
    if (!form.elements.csrf?.value) faults.push("the form carries no proof");
  }
  for (const link of document.querySelectorAll("[data-summary] a"))
    if (!document.getElementById(link.hash.slice(1))) faults.push(`the summary leads nowhere: ${link.hash}`);
  return faults;
}"""


async def faults(page: Page, language: str) -> list[str]:
    """Return everything that is wrong with the page for those who read that language."""
    return [
        *await direction(page, language),
        *await references(page),
        *await forms(page),
        *await isolation(page, language),
        *await targets(page),
        *await overflow(page),
        *await accessibility(page, language),
    ]


async def letter_faults(page: Page, language: str) -> list[str]:
    """Return what is wrong with the HTML of a letter."""
    return [
        *await direction(page, language),
        *await overflow(page),
        *await accessibility(page, language),
    ]


async def accessibility(page: Page, language: str) -> list[str]:
    """Return what axe finds serious, in both themes and both directions, on phone and desktop."""
    found: list[str] = []
    if VIEWS[language]:
        await page.evaluate(AXE)
    for theme, size in VIEWS[language]:
        await page.emulate_media(color_scheme=theme)
        await page.set_viewport_size(size)
        async with asyncio.timeout(PATIENCE):  # where a page lets no timer run, axe never ends
            told = await page.evaluate(_RUN_AXE, STANDARDS)
        found += [f"{theme}, {size['width']} px: {fault}" for fault in told]
    return found


async def targets(page: Page) -> list[str]:
    """Return what is too small for a thumb."""
    await page.set_viewport_size(PHONE)
    return [f"small target {each}" for each in await page.evaluate(_SMALL_TARGETS, TARGET)]


async def overflow(page: Page) -> list[str]:
    """Return how far the page can be scrolled sideways on the narrowest screen."""
    await page.set_viewport_size({"width": NARROW, "height": 640})
    over = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{over} px wider than {NARROW} px"] if over > 0 else []


async def direction(page: Page, language: str) -> list[str]:
    """Return where language and direction are not those that were asked for."""
    wanted = [language, "rtl" if language == "ar" else "ltr"]
    told = await page.evaluate("[document.documentElement.lang, document.documentElement.dir]")
    return [] if told == wanted else [f"lang and dir are {told}"]


async def isolation(page: Page, language: str) -> list[str]:
    """Return addresses, codes and links that a line from right to left tears apart."""
    if language != "ar":
        return []
    return [f"not isolated: {each}" for each in await page.evaluate(_LOOSE_WORDS)]


async def forms(page: Page) -> list[str]:
    """Return what the forms keep from keyboards, password managers and people who paste."""
    found: list[str] = await page.evaluate(_FORM_FAULTS)
    return found


async def references(page: Page) -> list[str]:
    """Return what is pointed at and is not there."""
    return [f"nothing has the id {each}" for each in await page.evaluate(_BROKEN_REFERENCES)]
