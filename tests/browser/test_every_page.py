"""Every page, in every language: for thumbs, for screen readers, for narrow screens, from right to left."""

import pytest

from tests.support import inspection
from tests.support.gallery import SCENES, Props, stand_before
from tests.support.person import Person
from watchword.plumbing.words.languages import LANGUAGES


@pytest.mark.parametrize("scene", SCENES)
async def test_a_page_is_for_everybody(visitor: Person, props: Props, scene: str) -> None:
    found = {}
    for language in LANGUAGES:
        await stand_before(scene, visitor, props, language)
        found[language] = await inspection.faults(visitor.page, language)
    assert found == {language: [] for language in LANGUAGES}
    assert [answer.url for answer in visitor.answers if answer.status >= 500] == []
