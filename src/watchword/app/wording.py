"""Wording: what is written and shown to people, in every language."""

from pathlib import Path

from watchword.app import lettering, slices
from watchword.app.wiring import House
from watchword.plumbing.letters.writing import Letters
from watchword.plumbing.logs import logger
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.settings import LetterSettings, OrganisationSettings
from watchword.plumbing.settings.organisation import Organisation
from watchword.plumbing.web.call import Pages
from watchword.plumbing.web.pages import SHARED, TemplatePages
from watchword.plumbing.web.static import Assets
from watchword.plumbing.words.consent_texts import ConsentTexts, read_consent_texts
from watchword.plumbing.words.languages import Words
from watchword.records import consents
from watchword.records.consents.rules import ConsentSettings, Purpose

_STATIC = SHARED.parent / "static"
_CONSENT_TEXTS = Path(consents.__file__).parent / "texts"


def put_words(house: House) -> None:
    """Read the words of every slice, and make what is written and shown of them."""
    words, organisation = lettering.every_word(), house.part(OrganisationSettings).organisation()
    fallbacks = house.part(Metrics).letter_fallbacks
    letters = lettering.letters(
        words,
        organisation,
        house.part(LetterSettings),
        lambda template: fallbacks.labels(template).inc(),
    )
    for fault in letters.faults:
        logger.log().error("an operator's letter is wrong: ours is sent", fault=str(fault))
    house.put(Words, words)
    house.put(Organisation, organisation)
    house.put(Letters, letters)
    own = house.part(ConsentSettings).texts
    texts = read_consent_texts(
        _CONSENT_TEXTS, Path(own) if own else None, Purpose, organisation.name
    )
    house.put(ConsentTexts, texts)
    assets = Assets(_STATIC)
    house.put(Assets, assets)
    house.put(Pages, TemplatePages(slices.template_folders(), assets, organisation))
