"""Every page, in every language: for thumbs, for screen readers, for narrow screens, from right to left."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support import inspection
from tests.support.gallery import SCENES, Props, stand_before
from tests.support.person import Newcomer, Person
from tests.support.site import Site
from watchword.plumbing.words.languages import LANGUAGES

CLINIC = {
    "CONSENT_REQUIRED": "true",
    "ORG_EMAIL": "desk@clinic.example",
    "ORG_PHONE_E164": "+213550123456",
    "ORG_ADDRESS": "12, rue Didouche Mourad, 16000 Alger",
    "DPO_EMAIL": "officer@clinic.example",
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def clinic() -> AsyncIterator[Site]:
    """Yield a service that asks for consents, and tells all there is to tell about itself."""
    started = await Site.start(CLINIC)
    yield started
    await started.stop()


@pytest.mark.parametrize("scene", SCENES)
async def test_a_page_is_for_everybody(visitor: Person, props: Props, scene: str) -> None:
    await is_for_everybody(scene, visitor, props)


@pytest.mark.parametrize("scene", ["register", "register-wrong", "privacy"])
async def test_a_page_of_a_clinic_is_for_everybody(
    clinic: Site, newcomer: Newcomer, props: Props, scene: str
) -> None:
    await is_for_everybody(scene, await newcomer(at=clinic), props)


async def is_for_everybody(scene: str, person: Person, props: Props) -> None:
    found = {}
    for language in LANGUAGES:
        await stand_before(scene, person, props, language)
        found[language] = await inspection.faults(person.page, language)
    assert found == {language: [] for language in LANGUAGES}
    assert [answer.url for answer in person.answers if answer.status >= 500] == []
