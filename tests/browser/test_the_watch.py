"""The watch itself: what is wrong with a page is seen."""

from tests.support import inspection
from tests.support.person import Person

WRONG = """<!doctype html><html lang="ar" dir="ltr"><title>Wrong</title><main style="width: 500px">
<p>zoe@example.org, 2026-11-21</p><img src="data:," width="9">
<div data-summary><a href="#nowhere">There</a></div>
<form method="get" action="http://elsewhere.example/">
  <input type="email" name="email" maxlength="20" aria-describedby="nothing">
  <input type="password" name="a" autocomplete="new-password">
  <input type="password" name="b" autocomplete="new-password">
  <input name="code"><button style="color: #ccc">Go</button>
</form></main></html>"""
SEEN = [
    "lang and dir are",
    "nothing has the id nothing",
    "email: autocomplete is null",
    "email: no label",
    "email: what is pasted may be lost",
    "code: autocomplete is null",
    "a new password is asked for twice",
    "a password manager cannot tell whose password this is",
    "the form goes by get to http://elsewhere.example/",
    "the form carries no proof",
    "the summary leads nowhere: #nowhere",
    "not isolated: zoe@example.org",
    "small target",
    "px wider than 320 px",
    "dark, 390 px: color-contrast",
    "dark, 390 px: image-alt",
]


async def test_what_is_wrong_with_a_page_is_seen(visitor: Person) -> None:
    await visitor.page.set_content(WRONG)
    found = await inspection.faults(visitor.page, "ar")
    assert [rule for rule in SEEN if not any(rule in fault for fault in found)] == []


async def test_what_a_page_may_not_load_is_seen(visitor: Person) -> None:
    await visitor.opens("/login")
    await visitor.script(
        """() => {
          const inline = document.createElement("script");
          inline.textContent = "window.ran = true";
          document.body.append(inline);
          return fetch("http://elsewhere.invalid/").catch(() => null);
        }"""
    )
    assert await visitor.script("window.ran") is None
    broken = [trouble for trouble in visitor.troubles if "Content Security Policy" in trouble]
    assert len(broken) >= 2
    visitor.troubles.clear()


async def test_a_request_to_somebody_else_is_seen(visitor: Person) -> None:
    await visitor.page.set_content('<img src="http://elsewhere.invalid/pixel.png" alt="">')
    assert "a request to somebody else: http://elsewhere.invalid/pixel.png" in visitor.troubles
    visitor.troubles.clear()
