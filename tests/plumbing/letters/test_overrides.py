"""An operator's own words: read from their folder, told where they are wrong, and no letter is lost."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from watchword.app import lettering
from watchword.kernel.messages import Message
from watchword.plumbing.letters.checks import MOST_BYTES
from watchword.plumbing.letters.overrides import read_overrides
from watchword.plumbing.letters.writing import Letters
from watchword.plumbing.settings import LetterSettings
from watchword.plumbing.settings.organisation import Organisation

CODE = "login/sign_in_code"
TEXT = "Salut {{ name }} !\n\n{{ code }}\n{{ link }}"
HTML = '<p>Salut <b>{{ name }}</b>&nbsp;!</p>\n<p>{{ code }} <a href="{{ link }}">Entrer</a></p>'


def put(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def own_letters(folder: Path, fallbacks: list[str] | None = None) -> Letters:
    heard = [] if fallbacks is None else fallbacks
    settings = LetterSettings(folder=folder)
    return lettering.letters(
        lettering.every_word(), Organisation(name="L'Été"), settings, heard.append
    )


def write(letters: Letters, language: str = "fr", **facts: Any) -> Message:
    return letters.write(
        template=CODE,
        language=language,
        facts={**letters.forms[CODE].sample, **facts},
        to="zoe@example.org",
        sender="noreply@example.org",
        message_id="m1",
    )


def test_a_letter_is_in_the_operators_words_within_our_layout(tmp_path: Path) -> None:
    files = {
        f"{CODE}/fr.subject.txt": "Votre code\n",
        f"{CODE}/fr.txt": TEXT,
        f"{CODE}/fr.html": HTML,
    }
    message = write(own_letters(put(tmp_path, files)))
    assert message.subject == "Votre code"
    assert message.text.startswith("Salut Zoé !\n\n492817\nhttps://")
    assert message.text.endswith("L\u2019équipe L'Été")
    assert "<p>Salut <b>Zoé</b>&nbsp;!</p>" in message.html
    assert '<html lang="fr" dir="ltr"' in message.html
    assert "prefers-color-scheme: dark" in message.html


def test_other_languages_and_other_letters_stay_ours(tmp_path: Path) -> None:
    plain, own = own_letters(tmp_path), own_letters(put(tmp_path, {f"{CODE}/fr.subject.txt": "X"}))
    assert write(own, "ar") == write(plain, "ar")
    assert write(own).text == write(plain).text
    assert write(own).subject == "X"


def test_a_name_is_escaped_in_the_operators_words_too(tmp_path: Path) -> None:
    letters = own_letters(put(tmp_path, {f"{CODE}/fr.txt": TEXT, f"{CODE}/fr.html": HTML}))
    assert "<b>O&#39;Neill</b>" in write(letters, name="O'Neill").html
    assert "{{" not in write(letters, name="{{7*7}}").html
    assert "49" not in write(letters, name="{{7*7}}", code="1").text


@pytest.mark.parametrize("link", ['x" onclick="y', "x'><script>"])
def test_no_link_leaves_its_attribute(tmp_path: Path, link: str) -> None:
    letters = own_letters(put(tmp_path, {f"{CODE}/fr.txt": TEXT, f"{CODE}/fr.html": HTML}))
    html = write(letters, link=link).html
    assert "<script>" not in html
    assert '" onclick' not in html


@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\u2066", "\u00ad", "\ufeff"])
@pytest.mark.parametrize("part", ["subject.txt", "txt", "html"])
def test_a_sign_that_nobody_sees_is_refused_wherever_it_stands(
    tmp_path: Path, sign: str, part: str
) -> None:
    forms = own_letters(tmp_path).forms
    _, found = read_overrides(put(tmp_path, {f"{CODE}/fr.{part}": f"a\nb{sign}c"}), forms)
    assert f"{CODE}/fr.{part}:2: holds a sign that nobody sees" in map(str, found)


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({f"{CODE}/fr.txt": TEXT}, f"{CODE}/fr.txt:1: text and HTML come together: write both"),
        ({f"{CODE}/fr.subject.txt": b"\xff"}, f"{CODE}/fr.subject.txt:1: not UTF-8"),
        (
            {f"{CODE}/fr.subject.txt": "a\n\x1b[2J"},
            f"{CODE}/fr.subject.txt:2: holds a control sign",
        ),
        ({f"{CODE}/fr.subject.txt": "a\rBcc: b"}, f"{CODE}/fr.subject.txt:1: holds a control sign"),
        ({f"{CODE}/fr.subject.txt": " \n"}, f"{CODE}/fr.subject.txt:1: empty"),
        ({f"{CODE}/fr.subject.txt": "x" * (MOST_BYTES + 1)}, "fr.subject.txt:1: longer than"),
        ({"login/no_such/fr.txt": "x"}, "login/no_such/fr.txt:1: there is no letter login/no_such"),
        ({f"{CODE}/de.txt": "x"}, f"{CODE}/de.txt:1: write en|fr|ar and .subject.txt"),
        ({f"{CODE}/fr.pdf": "x"}, f"{CODE}/fr.pdf:1: write en|fr|ar"),
        ({"fr.txt": "x"}, "fr.txt:1: there is no letter ."),
    ],
)
def test_what_is_wrong_is_named_by_file_and_line(
    tmp_path: Path, files: dict[str, str | bytes], told: str
) -> None:
    forms = own_letters(tmp_path).forms
    _, found = read_overrides(put(tmp_path, files), forms)
    assert any(told in str(each) for each in found), found


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("Code pour {{ name | upper(1) }}", 1),
        ("{% if name > 1 %}x{% endif %}", 1),
        ("{% if name == 'Q' %}{{ name | trim(1) }}{% endif %}x", 1),
    ],
)
def test_what_could_not_be_written_for_every_reader_is_told_and_the_letter_is_ours(
    tmp_path: Path, source: str, line: int
) -> None:
    plain = write(own_letters(tmp_path))
    letters = own_letters(put(tmp_path, {f"{CODE}/fr.subject.txt": source}))
    assert write(letters) == plain
    assert [(each.file, each.line) for each in letters.faults] == [(f"{CODE}/fr.subject.txt", line)]


def test_notes_beside_the_letters_are_left_alone(tmp_path: Path) -> None:
    put(tmp_path, {"README.md": "x", ".git/config": "x"})
    assert own_letters(tmp_path).faults == ()


def test_a_wrong_letter_is_ours_and_is_told(tmp_path: Path) -> None:
    fallbacks: list[str] = []
    plain = write(own_letters(tmp_path))
    put(
        tmp_path,
        {f"{CODE}/fr.subject.txt": "{{ nomme }}", f"{CODE}/fr.txt": TEXT, f"{CODE}/fr.html": HTML},
    )
    letters = own_letters(tmp_path, fallbacks)
    assert write(letters) == plain
    assert fallbacks == [CODE]
    assert len(letters.faults) == 1


def test_a_letter_that_lacks_a_fact_is_ours_and_is_told(tmp_path: Path) -> None:
    fallbacks: list[str] = []
    put(tmp_path, {f"{CODE}/fr.subject.txt": "Bonjour {{ name }}"})
    letters = own_letters(tmp_path, fallbacks)
    facts = {k: v for k, v in letters.forms[CODE].sample.items() if k != "name"}
    message = letters.write(
        template=CODE,
        language="fr",
        facts=facts,
        to="a@b.example",
        sender="c@d.example",
        message_id="m",
    )
    assert "Votre code" in message.subject
    assert fallbacks == [CODE]


def test_a_folder_that_is_not_there_is_told_and_every_letter_is_ours(tmp_path: Path) -> None:
    letters = own_letters(tmp_path / "gone")
    assert str(letters.faults[0]).endswith("gone:1: there is no such folder")
    assert write(letters).subject
