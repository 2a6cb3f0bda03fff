"""Receiving: what requests are counted by, and what they are answered with."""

from urllib.parse import urlsplit

from watchword.app.wiring import House
from watchword.kernel.chance import Chance
from watchword.kernel.clock import Clock
from watchword.kernel.ports import Authenticator, Counters
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database
from watchword.plumbing.issuer import Issuer
from watchword.plumbing.metrics.counting import Metrics
from watchword.plumbing.sealing import derive
from watchword.plumbing.settings import LimitSettings, SecretSettings, ServerSettings
from watchword.plumbing.throttle import Throttle
from watchword.plumbing.web.call import Pages, Web
from watchword.plumbing.web.cookies import Cookies
from watchword.plumbing.web.csrf import Csrf
from watchword.plumbing.words.languages import Words
from watchword.records.services.service import Services
from watchword.records.signing_keys.rules import TokenSettings


def issuer(house: House) -> Issuer:
    """Return under which address we are known."""
    server = house.part(ServerSettings)
    return Issuer(house.part(TokenSettings).issuer or server.public_url, server.pages_url)


def throttle(house: House) -> Throttle:
    """Return what counts requests, and refuses those beyond a limit."""
    limits = house.part(LimitSettings)
    return Throttle(
        limits.rules,
        house.part(Counters),
        house.part(Clock),
        house.part(Metrics),
        legacy=limits.legacy_headers,
    )


def web(house: House) -> Web:
    """Return what requests are answered with."""
    server, secrets = house.part(ServerSettings), house.part(SecretSettings)
    origins = {_origin_of(server.public_url), _origin_of(server.pages_url), *server.cors_origins}
    return Web(
        house=house,
        authenticator=house.part(Authenticator),
        services=house.part(Services),
        throttle=house.part(Throttle),
        database=house.part(Database),
        journal=house.part(Journal),
        cookies=Cookies(server.public_url.startswith("https:")),
        csrf=Csrf(derive(secrets.csrf_secret.reveal(), "csrf"), frozenset(origins)),
        words=house.part(Words),
        pages=house.part(Pages),
        clock=house.part(Clock),
        chance=house.part(Chance),
        default_language=server.default_language,
        public_url=server.public_url,
    )


def _origin_of(url: str) -> str:
    """Return scheme and host of an address, as browsers write an origin."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
