"""Gallery: how to get to every page there is, in whatever language the person's browser asks for.

SCENES    name -> what a person does to stand before that page
Props     what the scenes share: an account that is signed in, and links that nobody has spent
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from tests.support.person import Newcomer, Person
from tests.support.site import Site
from tests.support.world import NEW_PASSWORD, PASSWORD

LANGUAGE = "watchword-lang"  # the cookie of a choice
MEMBER = "zoe@example.org"
MOVING = "eve@example.org"  # whose address is about to change


@dataclass(frozen=True, slots=True, kw_only=True)
class Props:
    """An account, the cookies of its session, and unspent links."""

    cookies: Any
    verify: str
    reset: str
    unlock: str
    confirm: str
    undo: str
    setup: str

    @classmethod
    async def make(cls, site: Site, newcomer: Newcomer) -> "Props":
        """Make them, once for all scenes."""
        zoe = await newcomer(at=site, email=MEMBER)
        await site.account(MEMBER)
        await zoe.signs_in()
        await site.register("pending@example.org")
        cookies = await zoe.context.cookies()
        moving = await newcomer(at=site, email=await site.account(MOVING))
        await moving.opens("/login?return_to=/account/email")
        await moving.signs_in()
        await moving.types(newEmail=f"new.{MOVING}")
        await submits(moving)
        await zoe.opens("/forgot-password")
        await zoe.types(email=MEMBER)
        await submits(zoe)
        for _ in range(5):
            await site.client.post(
                "/api/v1/auth/login", json={"email": MEMBER, "password": "not this one"}
            )
        letters = {
            "verify": ("pending@example.org", "registration/verification"),
            "reset": (MEMBER, "password_reset/password_reset"),
            "unlock": (MEMBER, "lockout/account_locked"),
            "confirm": (f"new.{MOVING}", "address_change/confirm"),
            "undo": (MOVING, "address_change/notice"),
        }
        links = {name: (await site.letter(*which))["link"] for name, which in letters.items()}
        return cls(cookies=cookies, setup=site.setup_link, **links)


async def submits(person: Person) -> None:
    """Send the first form of the card, whatever its button is called here."""
    await person.leaves_by(person.page.locator("main form button[type=submit]").first)


Scene = Callable[[Person, Props], Awaitable[Any]]


def _at(path: str) -> Scene:
    async def scene(person: Person, _props: Props) -> None:
        await person.opens(path)

    return scene


def _behind(link: str) -> Scene:
    async def scene(person: Person, props: Props) -> None:
        await person.opens(getattr(props, link))

    return scene


def _sending(path: str, **fields: str) -> Scene:
    async def scene(person: Person, _props: Props) -> None:
        await person.opens(path)
        await person.types(**{name: value or person.email for name, value in fields.items()})
        await submits(person)

    return scene


def _then(first: Scene, **fields: str) -> Scene:
    async def scene(person: Person, props: Props) -> None:
        await first(person, props)
        await person.types(**fields)
        await submits(person)

    return scene


async def _verified(person: Person, _props: Props) -> None:
    await person.site.register(person.email)
    await person.opens(
        (await person.site.letter(person.email, "registration/verification"))["link"]
    )
    await submits(person)


async def _password_reset(person: Person, _props: Props) -> None:
    await person.site.account(person.email)
    body = {"email": person.email}
    await person.site.client.post("/api/v1/auth/forgot-password", json=body)
    letter = await person.site.letter(person.email, "password_reset/password_reset")
    await person.opens(letter["link"])
    await person.types(password=NEW_PASSWORD)
    await submits(person)


async def _pin_link(person: Person, _props: Props) -> None:
    await person.site.account(person.email)
    body = {"email": person.email}
    await person.site.client.post("/api/v1/auth/ussd-pin-reset/request", json=body)
    await person.opens((await person.site.letter(person.email, "pin_reset/pin_code"))["link"])


async def _pin_chosen(person: Person, _props: Props) -> None:
    await person.site.account(person.email)
    await person.opens("/forgot-pin")
    await person.types(contact=person.email)
    await submits(person)
    await person.types(code=(await person.site.letter(person.email, "pin_reset/pin_code"))["code"])
    await submits(person)


async def _sign_in_link(person: Person, _props: Props) -> None:
    await person.site.account(person.email)
    await person.site.client.post("/api/v1/auth/otp/request", json={"email": person.email})
    await person.opens((await person.site.letter(person.email, "login/sign_in_code"))["link"])


async def _account_saved(person: Person, _props: Props) -> None:
    await person.opens("/account")
    await person.input("language").select_option(await person.html("lang"))
    await submits(person)


async def _unlocked(person: Person, _props: Props) -> None:
    await person.site.account(person.email)
    wrong = {"email": person.email, "password": "not this one"}
    for _ in range(5):
        await person.site.client.post("/api/v1/auth/login", json=wrong)
    await person.opens((await person.site.letter(person.email, "lockout/account_locked"))["link"])
    await submits(person)


def _address(template: str) -> Scene:
    async def scene(person: Person, _props: Props) -> None:
        await person.site.account(person.email)
        await person.opens("/login?return_to=/account/email")
        await person.types(email=person.email, password=PASSWORD)
        await submits(person)
        new = f"new.{person.email}"
        await person.types(newEmail=new)
        await submits(person)
        to = new if template == "confirm" else person.email
        await person.opens((await person.site.letter(to, f"address_change/{template}"))["link"])
        await submits(person)

    return scene


def _erased(*, undone: bool) -> Scene:
    async def scene(person: Person, _props: Props) -> None:
        await person.site.account(person.email)
        await person.opens("/login?return_to=/account/erase")
        await person.types(email=person.email, password=PASSWORD)
        await submits(person)
        await submits(person)
        if undone:
            found = await person.site.letter(person.email, "erasure/erasure_asked")
            await person.opens(found["link"])
            await submits(person)

    return scene


def _copy(path: str) -> Scene:
    async def scene(person: Person, _props: Props) -> None:
        await person.site.account(person.email)
        await person.opens("/login?return_to=/account/data")
        await person.types(email=person.email, password=PASSWORD)
        await submits(person)
        await submits(person)
        found = await person.site.letter(person.email, "data_export/export_ready")
        await person.opens(path or found["link"])

    return scene


def _letter(view: str) -> Scene:
    async def scene(person: Person, _props: Props) -> None:
        found = await person.site.letter("pending@example.org", "registration/verification")
        await person.opens(f"/dev/mail/{found['id']}{view}")

    return scene


NOBODY = {"email": "", "password": "not this one"}

SCENES: dict[str, Scene] = {
    "login": _at("/login"),
    "login-refused": _sending("/login", **NOBODY),
    "login-empty": _sending("/login"),
    "code-request": _at("/login/code"),
    "code": _sending("/login/code", email=""),
    "code-wrong": _then(_sending("/login/code", email=""), code="123456"),
    "sign-in-link": _sign_in_link,
    "sign-in-link-dead": _at("/login/link?token=wwt_1_nothing"),
    "signed-out": _at("/signed-out"),
    "register": _at("/register"),
    "register-wrong": _sending("/register", email="zoe@", password="short", phone="12"),
    "check-mailbox": _sending("/resend-verification", email=""),
    "check-mailbox-wrong": _then(_sending("/resend-verification", email=""), code="123456"),
    "resend": _at("/resend-verification"),
    "verify": _behind("verify"),
    "verified": _verified,
    "link-dead": _at("/verify-email?token=wwt_1_nothing"),
    "forgot": _at("/forgot-password"),
    "forgot-sent": _sending("/forgot-password", email=""),
    "forgot-sent-wrong": _then(
        _sending("/forgot-password", email=""), code="123456", password=NEW_PASSWORD
    ),
    "reset-code": _at("/reset-password/code"),
    "reset-code-wrong": _sending("/reset-password/code", email="zoe@", password="short"),
    "reset": _behind("reset"),
    "reset-wrong": _then(_behind("reset"), password="password"),
    "reset-done": _password_reset,
    "forgot-text": _sending("/forgot-password", email="+213550123456"),
    "forgot-pin": _at("/forgot-pin"),
    "forgot-pin-wrong": _sending("/forgot-pin", contact="12"),
    "forgot-pin-sent": _sending("/forgot-pin", contact=""),
    "forgot-pin-sent-wrong": _then(_sending("/forgot-pin", contact=""), code="123456"),
    "pin": _pin_link,
    "pin-wrong": _then(_pin_link, pin="1234"),
    "pin-dead": _at("/reset-pin?token=wwt_1_nothing"),
    "pin-choose": _pin_chosen,
    "pin-choose-wrong": _then(_pin_chosen, pin="0000"),
    "pin-done": _then(_pin_chosen, pin="0937"),
    "unlock": _behind("unlock"),
    "unlocked": _unlocked,
    "account": _at("/account"),
    "account-saved": _account_saved,
    "account-wrong": _then(_at("/account"), firstName="", phone="12"),
    "security": _at("/account/security"),
    "security-wrong": _then(
        _at("/account/security"), currentPassword="not this one", newPassword="short"
    ),
    "sessions": _at("/account/sessions"),
    "activity": _at("/account/activity"),
    "consents": _at("/account/consents"),
    "consents-given": _sending("/account/consents"),
    "data": _at("/account/data"),
    "copy-ready": _copy("/account/data"),
    "copy-link": _copy(""),
    "erase": _at("/account/erase"),
    "erase-done": _erased(undone=False),
    "erase-undone": _erased(undone=True),
    "erase-dead": _at("/erasure/undo?token=wwt_1_nothing"),
    "export-dead": _at("/account/data/download?token=wwt_1_nothing"),
    "privacy": _at("/privacy"),
    "unsubscribe-dead": _at("/unsubscribe?token=wwu_1_nothing"),
    "identities": _at("/account/identities"),
    "arrival-lost": _at("/auth/callback?state=nothing"),
    "email": _at("/account/email"),
    "email-wrong": _then(_at("/account/email"), newEmail=MEMBER),
    "email-sent": _then(_at("/account/email"), newEmail="zoe.new@example.org"),
    "address-confirm": _behind("confirm"),
    "address-done": _address("confirm"),
    "address-undo": _behind("undo"),
    "address-undone": _address("notice"),
    "setup": _behind("setup"),
    "setup-wrong": _then(_behind("setup"), email="zoe", password="short"),
    "setup-dead": _at("/setup?token=wwt_1_nothing"),
    "not-found": _at("/nowhere"),
    "phone": _at("/account/phone"),
    "ussd": _at("/dev/ussd"),
    "ussd-dialled": _sending("/dev/ussd", number="+221770123456"),
    "mailbox": _at("/dev/mail"),
    "letter": _letter("?tab=html"),
    "letter-text": _letter("?tab=text"),
    "letter-source": _letter("?tab=source"),
    "docs": _at("/docs"),
}

_MEMBERS = {
    "account",
    "security",
    "sessions",
    "email",
    "consents",
    "phone",
    "activity",
    "identities",
    "data",
    "export",
}
MEMBERS_ONLY = {"erase", *(name for name in SCENES if name.split("-")[0] in _MEMBERS)}


async def stand_before(scene: str, person: Person, props: Props, language: str) -> None:
    """Lead a person to a page as somebody new, who reads that language."""
    await person.context.clear_cookies()
    await person.context.add_cookies(
        [{"name": LANGUAGE, "value": language, "url": person.site.url}]
    )
    if scene in MEMBERS_ONLY:
        await person.context.add_cookies(props.cookies)
    person.email = f"{language}.{person.email}"
    await SCENES[scene](person, props)
