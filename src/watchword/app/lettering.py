"""Lettering: the words and letters of every slice, for the house and for commands that want none."""

from collections.abc import Callable
from functools import cache

from watchword.app import slices
from watchword.app.settings import Settings
from watchword.plumbing.letters.writing import Letters
from watchword.plumbing.settings import LetterSettings, OrganisationSettings
from watchword.plumbing.settings.organisation import Organisation
from watchword.plumbing.web.pages import SHARED
from watchword.plumbing.words.languages import Words, load_words


@cache
def every_word() -> Words:
    """Return the words of every slice, which are read once: they are part of the program."""
    folders = slices.template_folders().values()
    return load_words([SHARED / "words", *(folder / "words" for folder in folders)])


def letters(
    words: Words,
    organisation: Organisation,
    settings: LetterSettings,
    on_fallback: Callable[[str], None] = lambda _: None,
) -> Letters:
    """Return the letters of every slice, in the operator's words where there are some."""
    return Letters(slices.template_folders(), words, organisation, settings.folder, on_fallback)


def letters_of(settings: Settings) -> Letters:
    """Return the letters as these settings have them."""
    organisation = settings.section(OrganisationSettings).organisation()
    return letters(every_word(), organisation, settings.section(LetterSettings))
