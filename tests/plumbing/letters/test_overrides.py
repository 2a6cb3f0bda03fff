"""An operator's own words: what they may hold, what is refused and where, and that no letter is lost."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.app import lettering
from watchword.kernel.messages import Message
from watchword.plumbing.letters.checks import MOST_BYTES, Wrong, compile_checked
from watchword.plumbing.letters.forms import Form
from watchword.plumbing.letters.overrides import read_overrides
from watchword.plumbing.letters.writing import Letters
from watchword.plumbing.settings import LetterSettings
from watchword.plumbing.settings.organisation import Organisation

CODE = "login/sign_in_code"
FORM = Form(
    template="a/letter",
    sample={"name": "Zoé", "link": "https://id.example.org/x", "code": "492817", "confirms": False},
)
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


def faults(source: str, part: str = "html") -> list[str]:
    try:
        compile_checked(source, part, FORM)
    except Wrong as wrong:
        return [f"{line}: {sentence}" for line, sentence in wrong.faults]
    return []


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


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("{{ nomme }} {{ code }} {{ link }}", "1: no such fact: nomme; there are: name, link, code"),
        ("a\n{{ code }}\n{% if name %}{{ link }}{% endif %}", "1: {{ link }} is not told in every"),
        ("{{ link }}", "1: {{ code }} is not told"),
        ("{{ code }} {{ link }}\n{{ name", "2: "),
        ("{{ code }}{{ link }}\n\n{% for x in name %}x{% endfor %}", "3: for is not for letters"),
        ("{{ code }}{{ link }}{{ name * 999999999 }}", "1: mul is not"),
        ("{{ code }}{{ link }}{{ 9 ** 9 ** 9 }}", "1: pow is not"),
        ("{{ code }}{{ link }}{{ name.upper() }}", "1: call is not"),
        ("{{ code }}{{ link }}{{ name.__class__ }}", "1: write org."),
        ("{{ code }}{{ link }}{{ org.__init__ }}", "1: write org."),
        ("{{ code }}{{ link }}{{ name['x'] }}", "1: getitem is not"),
        ("{{ code }}{{ link }}{{ name | safe }}", "1: no such filter: safe"),
        ("{{ code }}{{ link }}{{ name | attr('x') }}", "1: no such filter: attr"),
        ("{{ code }}{{ link }}{{ name | upper(1) }}", "1: upper takes nothing"),
        ("{{ code }}{{ link }}{{ name | trim('Z') }}", "1: trim takes nothing"),
        ("{{ code }}{{ link }}{{ name | upper(*name) }}", "1: upper takes nothing"),
        ("{{ code }}{{ link }}{{ link | upper }}", "1: {{ link }} is told as it is"),
        ("{{ code }}{{ link }}\n{% if name > 1 %}x{% endif %}", "2: facts are compared by =="),
        ("{{ code }}{{ link }}{% if 'x' in name %}x{% endif %}", "1: facts are compared by =="),
        ("{{ code }}{{ link }}{% if name == 1e999 %}x{% endif %}", "1: compare with words"),
        ("{{ code }}{{ link }}{% if name == " + "9" * 5000 + " %}x{% endif %}", "1: a number of"),
        ("{{ code }}{{ link }}{{ 'x' }}", "1: {{ }} tells a fact"),
        ("{{ code }}{{ link }}{{ '\\x1b[2J' | trim }}", "1: {{ }} tells a fact"),
        ("{{ code }}{{ link }}{{ name if name }}", "1: condexpr is not"),
        ("{{ code }}{{ link }}{{ name == 'x' }}", "1: {{ }} tells a fact"),
        ("{{ code }}{{ link }}{{ org }}", "1: no such fact: org"),
        ("{{ code }}{{ link }}{% include '/etc/passwd' %}", "1: include is not"),
        ("{{ code }}{{ link }}{% set x = 1 %}", "1: assign is not"),
        ("{{ code }}{{ link }}{{ self }}", "1: no such fact: self"),
        ("{{ code }}{{ link }}{{ cycler }}", "1: no such fact: cycler"),
        ("{{ code }}{{ link }}{{ ('%9999999d' % 1) }}", "1: mod is not"),
        ("{{ code }}{{ link }}" + "{% if name %}" * 900 + "{% endif %}" * 900, "1: "),
        ("{{ code }}{{ link }}{{ " + "(" * 9000 + "1" + ")" * 9000 + " }}", "1: "),
    ],
)  # fmt: skip
def test_what_is_more_than_facts_is_refused(source: str, told: str) -> None:
    for part in ("txt", "html"):
        found = faults(source, part)
        assert any(told in each or each.startswith(told) for each in found), found


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("\n<script>x</script>", "2: <script> is not for letters"),
        ("<img src=https://x.example/y.gif>", "1: <img> is not"),
        ("<p style=\"background: url('https://x.example')\">x</p>", "1: a style may only"),
        ("<p onclick='x'>x</p>", "1: the attribute onclick"),
        ("<p style='display:none'>x</p>", "1: a style may only"),
        ("<p style='DISPLAY : none'>x</p>", "1: a style may only"),
        ("<p style='visibility:hidden'>x</p>", "1: a style may only"),
        ("<p style='opacity:0'>x</p>", "1: a style may only"),
        ("<p style='position:absolute;left:-999px'>x</p>", "1: a style may only"),
        ("<p style='height:0;overflow:hidden'>x</p>", "1: a style may only"),
        ("<p style='font:0/0 a'>x</p>", "1: a style may only"),
        ("<p style='text-indent:-9999px'>x</p>", "1: a style may only"),
        ("<p style='dis\\70lay:none'>x</p>", "1: a style may only"),
        ("<p style='color:red;/**/display:none'>x</p>", "1: a style may only"),
        ("<p style='margin-left:-9999px'>x</p>", "1: margin-left may not be that"),
        ("<p style='color:transparent'>x</p>", "1: color may not be that"),
        ("<p style='color:rgba(0,0,0,0)'>x</p>", "1: color may not be that"),
        ("<p style='color:#00000000'>x</p>", "1: color may not be that"),
        ("<p style='max-width:0px'>x</p>", "1: max-width may not be that"),
        ("<p style='line-height:0'>x</p>", "1: line-height may not be that"),
        ("<p style='font-size:0'>x</p>", "1: font-size may not be that"),
        ("<p style='font-size:1px'>x</p>", "1: font-size is too small"),
        ("<p style='font-size:.1px'>x</p>", "1: font-size may not be that"),
        ("<p style='font-size:0.01in'>x</p>", "1: font-size may not be that"),
        ("<p style='font-size:0.1vw'>x</p>", "1: font-size may not be that"),
        ("<p style='font-size:0.1ex'>x</p>", "1: font-size may not be that"),
        ("<p style='font-size:400px'>x</p>", "1: font-size is too large"),
        (
            "<p style='font-size:70%'>" + "<b style='font-size:70%'>x</b></p>",
            "1: font-size is too small",
        ),
        ("<small>" * 4 + "x" + "</small>" * 4, "1: font-size is too small"),
        ("<p style='color:rgb(0,0,0,0)'>x</p>", "1: color may not be that"),
        ("<p style='color:rgb(0 0 0 / 0)'>x</p>", "1: color may not be that"),
        ("<p style='color:hsl(0,0%,0%,0)'>x</p>", "1: color may not be that"),
        ("<p style='color:#0000'>x</p>", "1: color may not be that"),
        ("<p style='color:inherit'>x</p>", "1: color may not be that"),
        ("<p style='color:#fff'>x</p>", "1: color is too near"),
        ("<p style='color:#181e1c'>x</p>", "1: color is too near to what is behind it by night"),
        ("<p style='color:#fff;background-color:white'>x</p>", "1: color is too near"),
        ("<p style='color:#777;background-color:#888'>x</p>", "1: color is too near"),
        (
            "<p style='color:#fff;background-color:#000'><b style='color:#000'>x</b></p>",
            "1: color is",
        ),
        ("<div style='color:#000;background-color:#fff'>x</div>", "1: color is too near"),
        ("<p style='background-color:#fff'>x</p>", "1: color is too near"),
        (
            "<p style='color:#fff;background-color:blue'><a href='{{ link }}'>x</a></p>",
            "1: color is",
        ),
        ("<p style='margin-left:9999px'>x</p>", "1: margin-left may not be that"),
        ("<p style='padding:0 0 0 900px'>x</p>", "1: padding may not be that"),
        ("<p style='white-space:nowrap;max-width:1px'>x</p>", "1: max-width may not be that"),
        ("<p style='width:1%'>x</p>", "1: width may not be that"),
        ("<p style='line-height:0.01'>x</p>", "1: line-height may not be that"),
        ("<p style='line-height:1px'>x</p>", "1: line-height may not be that"),
        ("<p style='letter-spacing:999px'>x</p>", "1: letter-spacing may not be that"),
        ("<p style='letter-spacing:-1em'>x</p>", "1: letter-spacing may not be that"),
        ("<p style='unicode-bidi:bidi-override;direction:rtl'>x</p>", "1: unicode-bidi may not"),
        ("<p style='font-family:Adobe Blank'>x</p>", "1: font-family may not be that"),
        ("<p style='color:red !important'>x</p>", "1: color may not be that"),
        ("<p>a&#x202e;b</p>", "1: a sign that nobody sees"),
        ("<p>a&#8203;b</p>", "1: a sign that nobody sees"),
        ("<p>a&zwj;b</p>", "1: a sign that nobody sees"),
        ("<a href='{{ link }}'>https://evil.example</a>", "1: a link that names one address"),
        ("<a href='{{ link }}'>https://<b>evil</b>.example</a>", "1: a link that names one"),
        ("<a href='{{ link }}'>evil&#46;example</a>", "1: a link that names one address"),
        ("<a href='https://evil.example'>{{ link }}</a>", "1: a link that names one address"),
        ("<a href='https://evil.example'>bank.example</a>", "1: a link that names one address"),
        ("<a href='https://bank.example@evil.example'>bank.example</a>", "1: href begins"),
        ("<a href='mailto:a@evil.example'>a@bank.example</a>", "1: a link that names one address"),
        ("<a href='{{ link }}'><a href='{{ link }}'>x</a></a>", "1: a link cannot stand in a link"),
        ("<p style='font-size:0.1em'>x</p>", "1: font-size is too small"),
        ("<a href='https://evil.example' href='{{ link }}'>x</a>", "1: an attribute stands there"),
        ("<p style='opacity:0' style=''>x</p>", "1: an attribute stands there twice"),
        ("<p>x</p y='> {{ code }} '>", "1: "),
        ("<p>x</p >", "1: write a tag as"),
        ("<p>x</p\n>", "1: write a tag as"),
        ("<p/dir='ltr'>x</p>", "1: write a tag as"),
        ("<p dir=ltr>x</p>", "1: write a tag as"),
        ("<p dir='ltr'lang='fr'>x</p>", "1: write a tag as"),
        ("<p\u00a0dir='ltr'>x</p>", "1: "),
        ("<p dir='ltr' '>x</p>", "1: "),
        ("<a href='https://evil.example'/>bank.example", "1: <a/> closes nothing"),
        ("<p/>x", "1: <p/> closes nothing"),
        (
            "<p style='background-color:#000'><div style='color:#fff'>x</div></p>",
            "1: <div> cannot stand in <p>",
        ),
        ("<p><b><ul><li>x</li></ul></b></p>", "1: <ul> cannot stand in <b>"),
        ("<h1>x<h2>y</h2></h1>", "1: <h2> cannot stand in <h1>"),
        ("<table><p>x</p></table>", "1: <p> cannot stand in <table>"),
        ("<table>x<tr><td>y</td></tr></table>", "1: words cannot stand in <table>"),
        ("<tr><td>x</td></tr>", "1: <tr> cannot stand alone"),
        ("<div><li>x</li></div>", "1: <li> cannot stand in <div>"),
        ("<a href='https://evil.example\\@bank.example/'>bank.example</a>", "1: href begins"),
        ("<a href='https://evil.example&#92;@bank.example/'>bank.example</a>", "1: href begins"),
        ("<a href='https://bank.example&#1;/'>x</a>", "1: write an attribute's signs"),
        ("<a href='https://x&ethx.example/'>x</a>", "1: write an attribute's signs"),
        ("<a href='https://a@bank.example/'>x</a>", "1: href begins"),
        ("<a href='https:///evil.example/'>x</a>", "1: href begins"),
        ("<a href='https://evil.example'>http://192.0.2.7/login</a>", "1: a link that names"),
        ("<a href='https://evil.example'>192.0.2.7</a>", "1: a link that names"),
        ("<a href='https://evil.example'>https://intranet/login</a>", "1: a link that names"),
        ("<a href='mailto:x@evil.example,y@bank.example'>y@bank.example</a>", "1: href begins"),
        ("<a href='mailto:y@bank.example?bcc=x@evil.example'>x</a>", "1: href begins"),
        ("<a href='https://evil.example'>bank\u3002example</a>", "1: a link that names"),
        ("<a href='https://evil.example'>{{ org.email }}</a>", "1: a link that names"),
        ("<a href='https://stra\u00dfe.example'>strasse.example</a>", "1: a link that names"),
        ("<p hidden>x</p>", "1: the attribute hidden"),
        ("<a href='{{ link }}'></a>", "1: a link without words"),
        ("<a href='{{ link }}'>\n<b> </b></a>", "2: a link without words"),
        ("<a href='javascript:alert(1)'>x</a>", "1: href begins with"),
        ("<a href='&#106;avascript:alert(1)'>x</a>", "1: href begins with"),
        ("<a href='{{ name }}'>x</a>", "1: href may hold a link"),
        ("<a href='https://x.example/{{ name }}'>x</a>", "1: a fact cannot stand in href"),
        ("<a href={{ link }}>x</a>", "1: put what an attribute holds into quotes"),
        ("<p class='x'>x</p>", "1: the attribute class"),
        ("<p style='color: {{ name }}'>x</p>", "1: a fact cannot stand in style"),
        ("<p {{ name }}>x</p>", "1: the attribute"),
        ("<{{ name }}>", "1: write &lt; for <"),
        ("a < b", "1: write &lt; for <"),
        ("\n<!-- {{ code }} -->", "2: a comment is sent to people"),
        ("<!doctype html>", "1: write what stands in the card"),
        ("<?php x ?>", "1: write what stands in the card"),
        ("<![x[y]]>", "1: write &lt; for <"),
        ("<p>x", "1: <p> is not closed"),
        ("x</td></table>", "1: </td> closes nothing"),
        ("x<p dir='ltr", "1: a tag is not finished"),
        ("<form action='https://x.example'><input></form>", "1: <form> is not"),
        ("<meta http-equiv='refresh' content='0'>", "1: <meta> is not"),
        ("{% if name %}<script>{% else %}x{% endif %}", "1: <script> is not"),
    ],
)
def test_html_that_does_more_than_say_is_refused(source: str, told: str) -> None:
    found = faults(source + "\n{{ code }}{{ link }}")
    assert any(each.startswith(told) for each in found), found


@pytest.mark.parametrize(
    "source",
    [
        "<p style='color:#14634f; font-size: 14px; line-height:1.5'>x</p>",
        "<p style='COLOR:#FFF; Background-Color:navy; padding:8px 16px; border-radius:8px'>x</p>",
        "<p style='color:#14634f'><small>x</small></p>",
        "<p style=\"font-family:'Segoe UI', Arial, sans-serif; letter-spacing:0.2em\">x</p>",
        "<table style='border-collapse:collapse;width:100%'><tr><td>x</td></tr></table>",
        "<ul style='list-style-type:none;border:1px solid #888'><li>x</li></ul>",
        "<p style='margin:0 auto;max-width:480px;border-bottom:2px dashed grey'>x</p>",
        "<p dir='rtl' style='text-align:start;white-space:nowrap'>x</p>",
        "<a href='{{ link }}'>{{ link }}</a>",
        '<P DIR="ltr"\n  lang="fr">x<br/>y<br>z</P><hr>',
        "<ol>\n<li>x</li> <li><p>y</p></li></ol>",
        "<table>\n<tbody><tr><th scope='row'>x</th><td><div><p>y</p></div></td></tr></tbody></table>",
        "<blockquote><h2>x <em>y</em></h2><p>1.2.3 {{ org.email }}</p></blockquote>",
        "<a href='https://intranet:8443/login?x=1#y'>https://intranet/login</a>",
        "<a href='https://clinic.example/?a=1&amp;b=2'>x</a>",
        "<a href='https://xn--bcher-kva.example'>{{ org.name }}</a>",
        "<a href='{{ link }}'>&Eacute;</a>",
        "<a href='{{ link }}'>Entrer. Merci</a>",
        "<a href='https://clinic.example/help'>clinic.example</a>",
        "<a href='mailto:help@clinic.example?subject=x'>help@Clinic.example</a>",
        "<a href='tel:+213550123456'>+213 550 12 34 56</a>",
    ],
)
def test_how_words_look_may_be_said_within_bounds(source: str) -> None:
    assert faults(source + "{{ code }}{{ link }}") == []


@pytest.mark.parametrize("sign", ["\u202e", "\u200b", "\u2066", "\u00ad", "\ufeff"])
@pytest.mark.parametrize("part", ["subject.txt", "txt", "html"])
def test_a_sign_that_nobody_sees_is_refused_wherever_it_stands(
    tmp_path: Path, sign: str, part: str
) -> None:
    forms = own_letters(tmp_path).forms
    _, found = read_overrides(put(tmp_path, {f"{CODE}/fr.{part}": f"a\nb{sign}c"}), forms)
    assert f"{CODE}/fr.{part}:2: holds a sign that nobody sees" in map(str, found)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("One\nBcc: eve@evil.example", "2: a subject is one line"),
        ("Your code: {{ code }}", "1: a subject must not tell {{ code }}"),
        ("x" * 201, "1: a subject of more than"),
    ],
)
def test_a_subject_is_one_line_and_tells_no_code(source: str, told: str) -> None:
    assert any(each.startswith(told) for each in faults(source, "subject.txt"))


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


@pytest.mark.parametrize(
    "source",
    [
        "{% if name == 'Zoé' %}x{% elif confirms != 1 %}y{% else %}z{% endif %}",
        "{% if not name or confirms and name %}{{ name | trim | upper }}{% endif %}",
        "{{ org.name | upper }} {{ lang }}",
    ],
)
def test_facts_and_conditions_are_for_letters(source: str) -> None:
    for part in ("txt", "html"):
        assert faults(source + "{{ code }}{{ link }}", part) == []


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


@given(st.text(alphabet="{}%<>/ \n\"'=abcode|.()name#-!&;[]19", max_size=60))
def test_whatever_is_written_is_refused_or_can_be_sent(source: str) -> None:
    try:
        template = compile_checked(source + "{{ code }}{{ link }}", "html", FORM)
    except Wrong:
        return
    assert "492817" in template.render({**FORM.sample, "lang": "en", "org": Organisation(name="x")})
