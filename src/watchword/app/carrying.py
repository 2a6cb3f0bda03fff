"""Carrying: the carriers of letters and texts that the settings ask for, made when first asked."""

import contextlib
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from watchword.app.settings import Settings
from watchword.app.wiring import House
from watchword.flows.delivery_feedback.rules import PATH, WebhookSettings
from watchword.flows.delivery_feedback.service import Reporters
from watchword.kernel.addresses import greeting, is_loopback
from watchword.kernel.clock import Clock, SystemClock
from watchword.kernel.messages import Message, Text
from watchword.kernel.ports import Fetcher, Mailer, Reporter, Texter
from watchword.plumbing.carriers.carrier import CarrierHealth, look_at
from watchword.plumbing.db import dev_messages
from watchword.plumbing.db.ports import Database
from watchword.plumbing.settings import (
    AwsSettings,
    Carrying,
    DkimSettings,
    MailgunSettings,
    MailSettings,
    SendgridSettings,
    ServerSettings,
    SesSettings,
    SmtpSettings,
    TextCarrying,
    TextSettings,
    TwilioSettings,
)
from watchword.plumbing.settings.mail import AT_HOME, OWN_RELAY, RELAYS
from watchword.plumbing.settings.server import DEVELOPMENT

if TYPE_CHECKING:
    import httpx2

    from watchword.adapters.mail.dkim import Signer
    from watchword.adapters.providers import Provider


class Abroad:
    """Whoever carries letters and texts away; those who speak HTTPS share one client."""

    def __init__(self, house: House) -> None:
        """Make them for this house."""
        self._house = house
        self._clock = house.part(Clock)

    def mailers(self) -> list[Mailer]:
        """Return the carriers of letters, in their order."""
        carrying = self._house.part(Carrying)
        return [self._mailer(name, carrying) for name in carrying.names]

    def texters(self) -> list[Texter]:
        """Return the carriers of texts, in their order; without any account they stay on this machine."""
        return [self._texter(name) for name in self._house.part(TextCarrying).names]

    def _texter(self, name: str) -> Texter:
        return {
            "twilio": self._twilio,
            "console": _console_texter,
            "mailbox": self._text_mailbox,
        }[name]()

    @property
    def _developing(self) -> bool:
        return self._house.part(ServerSettings).environment == DEVELOPMENT

    def _text_mailbox(self) -> Texter:
        from watchword.adapters.sms.mailbox import MailboxTexter

        database = self._house.part(Database)

        async def keep(text: Text) -> None:
            await dev_messages.keep_text(database, text, self._clock.now())

        return MailboxTexter(keep, _console_texter())

    def leaving(self) -> list[Mailer]:
        """Return the carriers of letters that leave this machine."""
        carrying = self._house.part(Carrying)
        return [self._mailer(name, carrying) for name in carrying.names if name not in AT_HOME]

    def providers(self) -> tuple[list[Mailer], list[Texter]]:
        """Return those of them alone who are asked by HTTPS."""
        carrying = self._house.part(Carrying)
        names = [name for name in carrying.names if name not in {*RELAYS, *AT_HOME}]
        texters = [self._texter(name) for name in self._house.part(TextCarrying).abroad]
        return [self._mailer(name, carrying) for name in names], texters

    def reporters(self, fetcher: Fetcher | None = None) -> Reporters:
        """Return those who read the posts of providers, where we can tell whose they are.

        `fetcher` fetches what a proof needs; without one it is fetched from where it says.
        """
        return Reporters(dict(self._reporters(fetcher)))

    def _reporters(self, fetcher: Fetcher | None) -> Iterator[tuple[str, Reporter]]:
        mailgun, ses = self._house.part(MailgunSettings), self._house.part(SesSettings)
        sendgrid, twilio = self._house.part(SendgridSettings), self._house.part(TwilioSettings)
        max_age = self._house.part(WebhookSettings).max_age
        if mailgun.signing_key:
            from watchword.adapters.feedback.mailgun import MailgunReporter

            yield "mailgun", MailgunReporter(mailgun.signing_key, max_age)
        if sendgrid.webhook_key:
            from watchword.adapters.feedback.sendgrid import SendgridReporter

            yield "sendgrid", SendgridReporter(sendgrid.webhook_key, max_age)
        if ses.topics:
            from watchword.adapters.feedback.ses import SesReporter
            from watchword.adapters.feedback.sns import SnsNotices
            from watchword.adapters.fetching import HttpsFetcher

            fetcher = fetcher or HttpsFetcher(self._client)
            yield "ses", SesReporter(SnsNotices(ses.topics, fetcher, max_age))
        if twilio.complete:
            from watchword.adapters.feedback.twilio import TwilioReporter

            yield "twilio", TwilioReporter(twilio.account, twilio.token)

    def _twilio(self) -> Texter:
        from watchword.adapters.sms.twilio import TwilioTexter

        settings = self._house.part(TwilioSettings)
        return TwilioTexter(
            self._provider(settings.url),
            settings.account,
            settings.token,
            settings.sender,
            self._house.part(TextSettings).senders,
            self._callback(),
        )

    def _callback(self) -> str:
        """Return where Twilio tells what became of a text; empty where it could not reach us."""
        url = self._house.part(ServerSettings).public_url
        return "" if is_loopback(self._public_host()) else f"{url}{PATH}/twilio"

    def _greeting(self) -> str:
        try:
            return greeting(self._public_host())
        except ValueError:  # a name that browsers know, and mail servers do not
            return "localhost"

    def _public_host(self) -> str:
        return urlsplit(self._house.part(ServerSettings).public_url).hostname or ""

    async def close(self) -> None:
        """Close the client, if anybody wanted one."""
        if "_client" in vars(self):
            await self._client.aclose()

    def _mailer(self, name: str, carrying: Carrying) -> Mailer:
        if name in RELAYS:
            return self._relay(name, carrying.relay(name))
        return {
            "sendgrid": lambda: self._sendgrid(carrying.sendgrid),
            "ses": lambda: self._ses(carrying.ses, carrying.aws),
            "mailgun": lambda: self._mailgun(carrying.mailgun),
            "console": self._console,
            "mailbox": self._mailbox,
        }[name]()

    def _relay(self, name: str, smtp: SmtpSettings) -> Mailer:
        from watchword.adapters.mail.smtp import Relay, SmtpMailer

        relay = Relay(
            host=smtp.host,
            port=smtp.port,
            secure=smtp.secure,
            user=smtp.user,
            password=smtp.password,
            greeting=smtp.given_greeting or self._greeting(),
            connections=smtp.connections,
            letters_each=smtp.letters_each,
        )
        return SmtpMailer(relay, self._clock, name, self._signer() if name == OWN_RELAY else None)

    def _signer(self) -> "Signer | None":
        """Return what signs our letters where nobody else does."""
        dkim = self._house.part(DkimSettings)
        if not dkim.signs:
            return None
        from watchword.adapters.mail.dkim import Signer

        domain = dkim.domain or self._house.part(MailSettings).dns_domain
        return Signer(domain=domain, selector=dkim.selector, key=dkim.key)

    def _sendgrid(self, settings: SendgridSettings) -> Mailer:
        from watchword.adapters.mail.sendgrid import SendgridMailer

        return SendgridMailer(self._provider(settings.url), settings.key, settings.templates)

    def _ses(self, settings: SesSettings, aws: AwsSettings) -> Mailer:
        from watchword.adapters.aws.sigv4 import AwsKey, Signer
        from watchword.adapters.mail.ses import SesMailer

        key = AwsKey(id=aws.key_id, secret=aws.key, session=aws.session)
        signer = Signer(key=key, region=aws.region, service="ses")
        return SesMailer(self._provider(settings.url(aws.region)), signer, self._clock)

    def _mailgun(self, settings: MailgunSettings) -> Mailer:
        from watchword.adapters.mail.mailgun import MailgunMailer

        return MailgunMailer(self._provider(settings.url), settings.key, settings.domain)

    def _console(self) -> Mailer:
        from watchword.adapters.mail.console import ConsoleMailer

        return ConsoleMailer(sys.stdout)

    def _mailbox(self) -> Mailer:
        from watchword.adapters.mail.mailbox import MailboxMailer

        database = self._house.part(Database)

        async def keep(message: Message, raw: str) -> None:
            await dev_messages.keep(database, message, raw, self._clock.now())

        return MailboxMailer(keep, self._clock, self._console() if self._developing else None)

    def _provider(self, url: str) -> "Provider":
        from watchword.adapters.providers import Provider

        return Provider(self._client, url, self._clock)

    @cached_property
    def _client(self) -> "httpx2.AsyncClient":
        from watchword.adapters.providers import new_client

        return new_client()


@contextlib.asynccontextmanager
async def mailers_of(settings: Settings) -> AsyncIterator[list[Mailer]]:
    """Yield the carriers of letters, without opening a house: none where letters stay on this machine."""
    house = House(settings.sections)
    house.put(Clock, SystemClock())
    abroad = Abroad(house)
    try:
        yield abroad.leaving()
    finally:
        await abroad.close()


async def ask_providers(
    settings: Settings,
) -> tuple[Sequence[CarrierHealth], Sequence[CarrierHealth]]:
    """Ask the providers of letters and of texts how they are, without opening a house."""
    house = House(settings.sections)
    house.put(Clock, SystemClock())
    abroad = Abroad(house)
    mailers, texters = abroad.providers()
    try:
        return await look_at(mailers), await look_at(texters)
    finally:
        await abroad.close()


def _console_texter() -> Texter:
    from watchword.adapters.sms.console import ConsoleTexter

    return ConsoleTexter(sys.stdout)
