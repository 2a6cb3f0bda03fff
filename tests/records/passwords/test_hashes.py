"""How passwords are kept, and which are taken."""

import base64
import hmac
from pathlib import Path

import bcrypt
import pytest

from tests.support.environments import development
from tests.support.world import PASSWORD, SECRET, World
from tests.support.worlds import Opener
from watchword.app.settings import SettingsRefused, read
from watchword.kernel.problems import InputInvalid
from watchword.kernel.secret import Secret
from watchword.records.passwords.rules import MAX_LENGTH, PasswordSettings, Stored, only_context
from watchword.records.passwords.service import Passwords

LOGIN = "/api/v1/auth/login"
ALICE = {"email": "alice@example.org", "password": PASSWORD}


async def kept(world: World, password: str = PASSWORD) -> Stored:
    """Return what the table keeps of a subscriber's password."""
    alice = await world.subscriber(password=password)
    found = await world.part(Passwords).find(world.database, alice.id)
    assert found is not None
    return found


@pytest.mark.req("N-12", "K-06")
@pytest.mark.parametrize(
    ("given", "prefix"),
    [
        ({}, "$2b$12$"),
        ({"BCRYPT_ROUNDS": "10"}, "$2b$10$"),
        ({"BCRYPT_SALT_ROUNDS": "10"}, "$2b$10$"),
        ({"BCRYPT_ROUNDS": "12"}, "$2b$12$"),
    ],
    ids=["default", "ten", "ten by its other name", "twelve"],
)
async def test_the_cost_of_a_hash_is_what_the_setting_says(
    small_worlds: Opener, given: dict[str, str], prefix: str
) -> None:
    async with small_worlds(PASSWORD_HASH="bcrypt", **given) as world:
        assert (await kept(world)).hash.startswith(prefix)


@pytest.mark.req("N-12", "K-06")
@pytest.mark.parametrize("name", ["BCRYPT_ROUNDS", "BCRYPT_SALT_ROUNDS"])
@pytest.mark.parametrize("rounds", ["9", "16", "many"])
def test_a_cost_that_is_too_low_or_too_high_is_refused(
    tmp_path: Path, name: str, rounds: str
) -> None:
    with pytest.raises(SettingsRefused) as refused:
        read(development(**{name: rounds}), cwd=tmp_path)
    assert [fault for fault, _ in refused.value.faults] == [name]


@pytest.mark.req("K-06")
def test_two_names_of_the_cost_must_agree(tmp_path: Path) -> None:
    with pytest.raises(SettingsRefused) as refused:
        read(development(BCRYPT_ROUNDS="11", BCRYPT_SALT_ROUNDS="12"), cwd=tmp_path)
    ((_, sentence),) = refused.value.faults
    assert "BCRYPT_ROUNDS" in sentence
    assert "BCRYPT_SALT_ROUNDS" in sentence


@pytest.mark.req("K-07")
async def test_by_default_it_is_argon2id_as_owasp_asks(small_worlds: Opener) -> None:
    async with small_worlds(PASSWORD_HASH="", APP_PROFILE="ariya") as world:
        stored = await kept(world)
    assert stored.hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert stored.pepper_version == 1


@pytest.mark.req("K-07", "D-35")
async def test_bcrypt_hashes_the_peppered_digest_and_no_byte_of_a_password_is_cut_off(
    small_worlds: Opener,
) -> None:
    long = "a long sentence of more than seventy-two bytes, so that bcrypt alone would cut it"
    assert len(long) > 72
    async with small_worlds(PASSWORD_HASH="bcrypt", BCRYPT_ROUNDS="10") as world:
        stored = await kept(world, long)
        passwords = world.part(Passwords)
        assert await passwords.verify(Secret(long), stored)
        assert not await passwords.verify(Secret(long + "!"), stored)
        assert not await passwords.verify(Secret(long[:72]), stored)
    pepper = SECRET.format(name="PEPPER").encode()
    digest = hmac.digest(pepper, b"password\0" + long.encode(), "sha256")
    assert bcrypt.checkpw(base64.b64encode(digest), stored.hash.encode())


async def test_under_another_pepper_no_password_and_no_code_verifies(worlds: Opener) -> None:
    other = SECRET.format(name="ANOTHER")
    async with worlds() as world, world.client() as client:
        await world.subscriber()
        assert (await client.post(LOGIN, json=ALICE)).status_code == 200
        await client.post(world.path("/auth/otp/request"), json={"email": ALICE["email"]})
        code = {"email": ALICE["email"], "code": await world.code(ALICE["email"])}
    async with worlds(PEPPER=other) as world, world.client() as client:
        assert (await client.post(LOGIN, json=ALICE)).status_code == 401
        assert (await client.post(world.path("/auth/otp/verify"), json=code)).status_code == 400
        assert other not in world.log.getvalue()
    async with worlds() as world, world.client() as client:
        assert (await client.post(LOGIN, json=ALICE)).status_code == 200
        assert (await client.post(world.path("/auth/otp/verify"), json=code)).status_code == 200
        assert SECRET.format(name="PEPPER") not in world.log.getvalue()


@pytest.mark.req("K-07")
async def test_a_pepper_rotates_with_the_sign_ins(worlds: Opener) -> None:
    old = SECRET.format(name="PEPPER")
    async with worlds() as world:
        alice = await world.subscriber()
    rotated = {"PEPPER": SECRET.format(name="NEWER"), "PEPPER_VERSION": "2"}
    async with worlds(**rotated, PEPPER_PREVIOUS=f"1:{old}") as world, world.client() as client:
        assert (await client.post(LOGIN, json=ALICE)).status_code == 200
        renewed = await world.part(Passwords).find(world.database, alice.id)
        assert renewed is not None
        assert renewed.pepper_version == 2
    async with worlds(**rotated) as world, world.client() as client:
        assert (await client.post(LOGIN, json=ALICE)).status_code == 200


@pytest.mark.req("D-35")
@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("fourteen signs", "password_too_short"),
        ("x" * 513, "password_too_long"),
        ("passwordpassword", "password_too_common"),
        ("123456789012345", "password_too_common"),
        ("alice@example.org", "password_too_common"),
        ("correct horse battery staple", "password_too_common"),
        ("Correct-Horse-Battery-Staple", "password_too_common"),
        ("correcthorsebatterystaple1!", "password_too_common"),
        ("2024 CorrectHorseBatteryStaple", "password_too_common"),
        ("Correct Horse B@ttery St@ple", "password_too_common"),
        ("To be, or not to be, that is the question", "password_too_common"),
    ],
)
def test_what_is_short_or_easily_guessed_is_refused(
    small_world: World, password: str, fault: str
) -> None:
    with pytest.raises(InputInvalid) as refused:
        small_world.part(Passwords).screen(Secret(password), "alice@example.org", "Alice")
    assert [error.code for error in refused.value.errors] == [fault]


ALICES = ("alice.benali@clinic.example.co.uk", "Alïce Benali")


@pytest.mark.req("D-35")
@pytest.mark.parametrize(
    "password",
    [
        "alicebenaliexample",
        "Alice-Benali_Clinic!",
        "examplealicebenali2026",
        "clinicexamplecouk",
        "alicealicealicealice",
        "ALÏCE benali alice",
        "watchword clinic alice",
    ],
)
def test_the_words_of_ones_own_address_and_name_are_no_password_however_joined(
    small_world: World, password: str
) -> None:
    with pytest.raises(InputInvalid) as refused:
        small_world.part(Passwords).screen(Secret(password), *ALICES)
    assert [error.code for error in refused.value.errors] == ["password_too_common"]


@pytest.mark.req("D-35")
@pytest.mark.parametrize(
    "password",
    [
        "alice met a heron at dawn",
        "my clinic has a green door",
        "benali 8427193650184",
        "seven lemons for alice benali",
        "the correct horse has no battery",
    ],
)
def test_a_long_password_may_have_ones_name_in_it(small_world: World, password: str) -> None:
    small_world.part(Passwords).screen(Secret(password), *ALICES)


def test_words_that_overlap_in_a_thousand_ways_are_looked_through_at_once() -> None:
    name = " ".join("a" * size for size in range(2, 14))
    assert only_context("a" * MAX_LENGTH, name)
    assert not only_context("a" * 500 + " and more", name)


@pytest.mark.req("D-35")
@pytest.mark.parametrize(
    "password",
    [
        "fifteen letters",
        "only small letters and spaces",
        "lemons " * 9 + "x",
        "kq7" + "zjv w" * 101,
        "пятнадцать слонов",
        "🦔🦔🦔🦔🦔 five hedgehogs",
    ],
)
def test_whatever_is_long_enough_is_taken_without_rules_of_composition(
    small_world: World, password: str
) -> None:
    small_world.part(Passwords).screen(Secret(password))


@pytest.mark.req("D-35")
def test_fifteen_is_the_least_for_a_sole_factor_and_nobody_may_ask_for_less_than_eight(
    tmp_path: Path,
) -> None:
    assert read(development(), cwd=tmp_path).section(PasswordSettings).min_length == 15
    eight = read(development(PASSWORD_MIN_LENGTH="8"), cwd=tmp_path)
    assert eight.section(PasswordSettings).min_length == 8
    for refused in ("7", "129"):
        with pytest.raises(SettingsRefused):
            read(development(PASSWORD_MIN_LENGTH=refused), cwd=tmp_path)
