"""The privacy policy: seven headings, the configured contacts, in the reader's language."""

import re

import pytest

from tests.support.voucher import Voucher
from tests.support.vouchers import Google, town
from tests.support.world import World
from tests.support.worlds import Opener

CLINIC = {
    "APP_PROFILE": "nova",
    "CLINIC_NAME": "Cabinet Dentaire NOVA",
    "CLINIC_PHONE_E164": "+213555000000",
    "CLINIC_EMAIL": "contact@nova-rdv.dz",
    "CLINIC_ADDRESS": "Cité 109, Daboussy El Achour, Alger",
    "PRIVACY_EMAIL": "privacy@nova-rdv.dz",
    "DPO_EMAIL": "dpo@nova-rdv.dz",
}
HEADINGS = {
    "fr": [
        "Responsable du traitement",
        "Données collectées",
        "Finalités",
        "Bases légales",
        "Durées de conservation",
        "Vos droits",
        "Contact",
    ],
    "en": [
        "Who is responsible",
        "Which data",
        "What for",
        "On which basis",
        "For how long",
        "Your rights",
        "Whom to ask",
    ],
    "ar": [
        "المسؤول عن المعالجة",
        "البيانات التي نجمعها",
        "الأغراض",
        "الأسس القانونية",
        "مدة الحفظ",
        "حقوقك",
        "من تسأل",
    ],
}
SPANS = {
    "fr": ("20 ans", "13 mois", "3 ans"),
    "en": ("20 years", "13 months", "3 years"),
    "ar": ("20 سنة", "13 شهرًا", "3 سنوات"),
}


@pytest.mark.req("N-59")
@pytest.mark.parametrize("language", HEADINGS)
async def test_seven_headings_and_the_configured_contacts(
    small_worlds: Opener, language: str
) -> None:
    async with (
        small_worlds(**CLINIC) as world,
        world.client(headers={"Accept-Language": language}) as client,
    ):
        page = await client.get("/privacy")
    assert page.status_code == 200
    assert f'lang="{language}"' in page.text
    assert re.findall(r"<h2[^>]*>([^<]*)</h2>", page.text) == HEADINGS[language]
    for told in (
        "Cabinet Dentaire NOVA",
        "Cité 109, Daboussy El Achour, Alger",
        "privacy@nova-rdv.dz",
        "dpo@nova-rdv.dz",
        "+213555000000",
        *SPANS[language],
    ):
        assert told in page.text.replace("\xa0", " "), told


@pytest.mark.req("N-59")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "The service that you choose learns each time that you sign in here."),
        ("fr", "Le service que vous choisissez apprend chaque fois"),
        ("ar", "تعلم الخدمة التي تختارها في كل مرة"),
    ],
)
async def test_it_says_whom_people_may_sign_in_with_and_what_those_learn(
    small_worlds: Opener, language: str, words: str
) -> None:
    heard = {"Accept-Language": language}
    async with (
        town(small_worlds, Google(), Voucher()) as world,
        world.client(headers=heard) as client,
    ):
        page = (await client.get("/privacy")).text
    assert words in page
    assert page.index("<bdi>Google</bdi>") < page.index("<bdi>Clinic staff</bdi>")
    async with small_worlds() as world, world.client(headers=heard) as client:
        assert words not in (await client.get("/privacy")).text


async def test_what_nobody_configured_is_not_told(small_world: World) -> None:
    async with small_world.client() as client:
        page = await client.get("/privacy")
        assert 'href="/privacy"' in (await client.get("/login")).text
    assert page.status_code == 200
    assert "mailto:" not in page.text
    assert "appointment" not in page.text
    assert "until you delete it" in page.text
