"""The texts that people agree to."""

import re
from pathlib import Path

import pytest

from watchword.plumbing.words.consent_texts import ConsentTextsWrong, read_consent_texts
from watchword.plumbing.words.languages import LANGUAGES

OURS = Path("does-not-matter")


def write(
    folder: Path, name: str, text: str = "{org} peut écrire à l'adresse donnée : été, œuvre."
) -> None:
    """Write a text of one's own."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))


def whole(folder: Path, version: int = 1) -> None:
    """Write one version in every language."""
    for language in LANGUAGES:
        write(folder, f"marketing/{version}.{language}.txt")


def test_the_highest_version_is_todays_and_names_the_organisation(tmp_path: Path) -> None:
    for version in (1, 2, 10):
        whole(tmp_path, version)
    texts = read_consent_texts(OURS, tmp_path, ["marketing"], "Cabinet Étoilé")
    assert texts.version("marketing") == 10
    assert (
        texts.say("marketing", "fr")
        == "Cabinet Étoilé peut écrire à l'adresse donnée : été, œuvre."
    )


def test_a_purpose_that_the_folder_does_not_have_keeps_our_text(tmp_path: Path) -> None:
    whole(tmp_path / "own", 7)
    for language in LANGUAGES:
        write(tmp_path / "ours", f"processing/1.{language}.txt")
    texts = read_consent_texts(
        tmp_path / "ours", tmp_path / "own", ["processing", "marketing"], "X"
    )
    assert (texts.version("processing"), texts.version("marketing")) == (1, 7)


@pytest.mark.parametrize(
    ("name", "text", "where", "told"),
    [
        ("marketing/2.fr.txt", "Oui.", "marketing", "version 2 lacks ar, en"),
        ("marketing/two.fr.txt", "Oui.", "marketing/two.fr.txt", "name it"),
        ("marketing/2.de.txt", "Ja.", "marketing/2.de.txt", "name it"),
        ("marketing/1.fr.txt", " \n", "marketing/1.fr.txt", "write 1 to"),
        ("marketing/1.fr.txt", "x" * 4001, "marketing/1.fr.txt", "write 1 to"),
        ("marketing/1.fr.txt", "\udcff\udcfe", "marketing/1.fr.txt", "this is not UTF-8"),
    ],
)
def test_whatever_is_wrong_is_told_with_the_file_or_the_folder(
    tmp_path: Path, name: str, text: str, where: str, told: str
) -> None:
    whole(tmp_path)
    write(tmp_path, name, text)
    with pytest.raises(ConsentTextsWrong, match=re.escape(f"{tmp_path / where}: {told}")):
        read_consent_texts(OURS, tmp_path, ["marketing"], "X")


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    with pytest.raises(ConsentTextsWrong, match=re.escape(f"{nowhere}: there is no such folder")):
        read_consent_texts(OURS, nowhere, ["marketing"], "X")
