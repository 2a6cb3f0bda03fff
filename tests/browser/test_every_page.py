"""Every page, in every language: for thumbs, for screen readers, for narrow screens, from right to left."""

import pytest

from tests.support import inspection
from tests.support.gallery import SCENES, Props, stand_before
from tests.support.person import Newcomer
from watchword.plumbing.languages import LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("scene", SCENES)
async def test_a_page_is_for_everybody(
    newcomer: Newcomer, props: Props, scene: str, language: str
) -> None:
    person = await stand_before(scene, newcomer, props, locale=language)
    page = person.page
    assert [
        *await inspection.direction(page, language),
        *await inspection.references(page),
        *await inspection.forms(page),
        *await inspection.isolation(page, language),
        *await inspection.targets(page),
        *await inspection.overflow(page),
        *await inspection.accessibility(page, language),
    ] == []
