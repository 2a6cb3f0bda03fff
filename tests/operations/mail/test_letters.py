"""Letters from the console: listed, written as they would leave, and an operator's own looked through."""

from pathlib import Path

import pytest

from tests.support.terminal import Terminal

CODE = "login/sign_in_code"


@pytest.fixture
def terminal(sqlite_url: str, tmp_path: Path) -> Terminal:
    return Terminal(sqlite_url, tmp_path)


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / "own" / CODE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return folder / "own"


@pytest.mark.req("A-11")
def test_every_kind_of_letter_is_listed_with_its_facts(terminal: Terminal) -> None:
    found = {each["template"]: each for each in terminal.run("email", "templates", "--json").json}
    assert found[CODE]["facts"] == ["name", "link", "confirms", "code", "minutes"]
    assert found["consent/consent_renewal"]["bulk"]
    assert {name.rpartition("/")[2] for name in found} >= {
        "verification", "welcome", "sign_in_code", "password_reset", "password_reset_done",
        "password_changed", "confirm", "notice", "new_device", "account_locked", "pin_code",
        "appointment_summary", "consent_renewal",
    }  # fmt: skip


@pytest.mark.req("A-11")
def test_a_letter_is_written_as_it_would_leave(terminal: Terminal, tmp_path: Path) -> None:
    said = terminal.run("email", "render", CODE, "--language", "ar", "--sample")
    assert said.code == 0
    assert said.out.startswith("رمز")
    assert "492817" in said.out
    out = tmp_path / "letter.html"
    assert (
        terminal.run("email", "render", CODE, "--language", "ar", "--html", "--out", str(out)).code
        == 0
    )
    assert '<html lang="ar" dir="rtl"' in out.read_text("utf-8")


def test_a_letter_is_told_to_programs_in_its_three_parts(terminal: Terminal) -> None:
    told = terminal.run("email", "render", CODE, "--language", "fr", "--json").json
    assert set(told) == {"subject", "text", "html"}
    assert "492817" in told["text"]
    assert "492817" in told["html"]
    assert "492817" not in told["subject"]
    assert '<html lang="fr"' in told["html"]


@pytest.mark.parametrize("name", ["welcome", "registration/welcome", "otp_verification"])
def test_a_letter_goes_by_any_name_that_is_its_own(terminal: Terminal, name: str) -> None:
    assert terminal.run("email", "render", name).out


def test_a_letter_tells_other_facts_when_asked(terminal: Terminal) -> None:
    said = terminal.run("email", "render", CODE, "--fact", "name=Aïcha", "--fact", "minutes=0")
    assert "Hello Aïcha," in said.out
    assert "less than" in said.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("no_such",), "There is no letter no_such"),
        (("account_closed",), "2 letters are called account_closed"),
        ((CODE, "--fact", "nomme=x"), "has no fact nomme"),
        ((CODE, "--fact", "minutes=x"), "minutes is like 10"),
        ((CODE, "--language", "de"), "write one of: en, fr, ar"),
    ],
)
def test_what_cannot_be_written_is_told(
    terminal: Terminal, arguments: tuple[str, ...], told: str
) -> None:
    said = terminal.run("email", "render", *arguments)
    assert (said.code, said.out) == (2, "")
    assert told in said.err


def test_good_words_of_ones_own_are_shown_and_wrong_ones_named(
    sqlite_url: str, tmp_path: Path
) -> None:
    own = put(tmp_path, "fr.subject.txt", "Bonjour {{ name }}\n")
    terminal = Terminal(sqlite_url, tmp_path, more={"LETTERS_DIR": str(own)})
    assert terminal.run("email", "render", CODE, "--language", "fr").out.startswith("Bonjour Zoé\n")
    assert terminal.run("email", "check-letters").code == 0

    put(tmp_path, "fr.subject.txt", "Bonjour {{ nom }}\n")
    said = terminal.run("email", "check-letters")
    assert said.code == 1
    assert said.out.startswith(f"{CODE}/fr.subject.txt:1: no such fact: nom")
    assert "Votre code" in terminal.run("email", "render", CODE, "--language", "fr").out
    assert terminal.run("email", "status").code == 0  # it starts all the same


def test_a_folder_is_looked_through_before_it_is_used(terminal: Terminal, tmp_path: Path) -> None:
    own = put(tmp_path, "en.txt", "{{ code }} {{ link }}")
    said = terminal.run("email", "check-letters", str(own), "--json")
    assert said.code == 1
    assert said.json[0]["sentence"] == "text and HTML come together: write both"
