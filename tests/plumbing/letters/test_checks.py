"""What an operator's letter may hold: facts, conditions on them, and HTML that says and does no more."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from watchword.plumbing.letters.checks import Wrong, compile_checked
from watchword.plumbing.letters.forms import Form
from watchword.plumbing.settings.organisation import Organisation

FORM = Form(
    template="a/letter",
    sample={"name": "Zoé", "link": "https://id.example.org/x", "code": "492817", "confirms": False},
)


def faults(source: str, part: str = "html") -> list[str]:
    try:
        compile_checked(source, part, FORM)
    except Wrong as wrong:
        return [f"{line}: {sentence}" for line, sentence in wrong.faults]
    return []


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
        ("<a href='https://evil.example'>bank{{ name }}.example</a>", "1: a link that names one"),
        ("<a href='https://evil.example'>{{ name }}.example</a>", "1: a link that names one"),
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


XX = "{% if lang == 'xx' %}"
WITHIN = "a condition cannot stand within a tag: write the whole tag in each of its branches"


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (
            (f"<p>x</p>\n<p><a href='https://evil.example'>{XX}Help</a> <a href='{{{{ link }}}}'>"
            "{% endif %}{{ link }}</a></p>"),
            "2: </a> closes nothing in its branch: begin and end a tag in the same branch",
        ),
        (
            f"<p lang='en{XX}'>ok{{% endif %}}' style='opacity:0' data-x='1'>{{{{ code }}}}</p>",
            f"1: {WITHIN}",
        ),
        (
            (f"<div style='background-color:#767676;color:#fff'>{XX}x</div><div>{{% endif %}}"
            "<p style='color:#767676'>x</p></div>"),
            "1: </div> closes nothing in its branch",
        ),
        (f"\n\n<p {XX}dir='ltr'{{% endif %}}>x</p>", f"3: {WITHIN}"),
        (f"<p dir='{XX}ltr{{% else %}}rtl{{% endif %}}'>x</p>", f"1: {WITHIN}"),
        (f"<a href='{XX}{{{{ link }}}}{{% endif %}}'>x</a>", f"1: {WITHIN}"),
        (f"<{XX}p{{% else %}}b{{% endif %}}>x", f"1: {WITHIN}"),
        (f"<p{XX}>a</p><p{{% endif %}}>x</p>", f"1: {WITHIN}"),
        (f"{XX}<p{{% endif %}}>x</p>", f"1: {WITHIN}"),
        (f"<!-- > {XX} --> {{% endif %}}", "1: a comment is sent to people"),
        (f"<p>{XX}<b>x{{% else %}}y{{% endif %}}</b></p>", "1: <b> is not closed in its branch"),
        (f"<p>x{XX}</p>{{% else %}}</p>{{% endif %}}", "1: </p> closes nothing in its branch"),
        (f"x\n{XX}<b>{{% else %}}<i>{{% endif %}}", "2: <i> is not closed in its branch"),
        (f"{XX}<b>{{% if name %}}x</b>{{% endif %}}{{% endif %}}", "1: </b> closes nothing in"),
        (f"<p>&#82{XX}1{{% endif %}}03;</p>", "1: write &amp; for &, and a sign's name in one"),
        (f"{XX}&zw{{% endif %}}j;", "1: write &amp; for &, and a sign's name in one piece"),
        ("&#{{ code }};", "1: write &amp; for &, and a sign's name in one piece"),
        (
            f"\n<a href='{{{{ link }}}}'>{XX}x{{% endif %}}</a>",
            "2: a link without words cannot be seen, when its conditions come out so",
        ),
        (
            f"<a href='https://evil.example'>bank{XX}s {{% endif %}}.example</a>",
            "1: a link that names one address leads to another, when its conditions",
        ),
        (
            ("<a href='https://evil.example'>"
            f"{XX}bank{{% elif name %}}evil{{% endif %}}{{% if name %}}.example{{% endif %}}</a>"),
            "1: a link that names one address leads to another, when its conditions",
        ),
        (
            f"<a href='{{{{ link }}}}'>{XX}x{{% else %}}y{{% endif %}}</a>\n"
            + 6 * "{% if name %}x{% endif %}",
            "1: with so many conditions in a letter, none may stand in a link",
        ),
    ],
)  # fmt: skip
def test_what_leaves_when_a_condition_holds_or_not_is_looked_through(
    source: str, told: str
) -> None:
    found = faults(source + "\n{{ code }}{{ link }}")
    assert any(each.startswith(told) for each in found), found


@pytest.mark.parametrize(
    "source",
    [
        f"<p>x{XX}</p><p>{{% endif %}}y</p>".replace("</p><p>", "<br>"),
        f"<table>{XX}<tr><td>x</td></tr>{{% else %}}<tr><td>{{{{ name }}}}</td></tr>{{% endif %}}</table>",
        f"<ul>{XX}<li>x</li>{{% endif %}}</ul>&amp;{XX}&nbsp;{{% endif %}}",
        f"<a href='{{{{ link }}}}'>{XX}<b>x</b>{{% elif name %}}y{{% else %}}z{{% endif %}}</a>",
        f"{XX}<a href='{{{{ link }}}}'>x</a>{{% else %}}{{{{ link }}}}{{% endif %}}",
        f"<a href='https://a.example'>{XX}a.example{{% else %}}Voir{{% endif %}}</a>",
        f"{XX}<div>{{% if name %}}<p>x</p>{{% endif %}}</div>{{% endif %}}",
        "{% if name %}{% endif %}" * 40 + "<a href='{{ link }}'>x</a>",
        "{# <p> #}{% if name -%} <p>x</p> {%- endif %}",
    ],
)
def test_a_branch_that_is_whole_by_itself_may_stand_wherever_its_tags_may(source: str) -> None:
    assert faults(source + "{{ code }}{{ link }}") == []


def test_a_fault_is_told_by_its_line_whatever_stands_before_it() -> None:
    source = (
        "{# a\nnote #}\n{%- if name\n -%}\n\n<p>x</p>\n{% else\n%}\n<p hidden>\nx</p>{% endif %}"
    )
    assert faults(source + "{{ code }}{{ link }}") == ["9: the attribute hidden is not for letters"]


PIECES = ("", "x", "<b>", "</b>", "<b lang='", "'>", "<a href='https://evil.example'>", "</a>")


def test_each_letter_that_may_leave_could_have_been_written_without_conditions() -> None:
    accepted = 0
    for before, then, otherwise, after in product(PIECES, repeat=4):
        end = f"{after}{{{{ code }}}}{{{{ link }}}}"
        if not faults(f"{before}{XX}{then}{{% else %}}{otherwise}{{% endif %}}{end}"):
            accepted += 1
            assert faults(f"{before}{then}{end}") == faults(f"{before}{otherwise}{end}") == []
    assert accepted > 10


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


@given(st.text(alphabet="{}%<>/ \n\"'=abcode|.()name#-!&;[]19", max_size=60))
def test_whatever_is_written_is_refused_or_can_be_sent(source: str) -> None:
    try:
        template = compile_checked(source + "{{ code }}{{ link }}", "html", FORM)
    except Wrong:
        return
    assert "492817" in template.render({**FORM.sample, "lang": "en", "org": Organisation(name="x")})
