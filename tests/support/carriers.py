"""Carriers of letters and texts before providers that do as a test says.

A situation is what a provider does: `takes`, `refuses_it`, `refuses_us`, `busy`, `broken`, `silent`,
`hangs_up`, `away`. Each carrier meets them in its provider's own words.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from tests.support.letter import LETTER
from tests.support.ports import free_port
from tests.support.relay import ScriptedRelay, relay
from tests.support.stub import HANG_UP, SILENCE, Stub, answer, stub
from watchword.adapters.aws.sigv4 import AwsKey, Signer
from watchword.adapters.mail.mailgun import MailgunMailer
from watchword.adapters.mail.sendgrid import SendgridMailer
from watchword.adapters.mail.ses import SesMailer
from watchword.adapters.mail.smtp import Relay, SmtpMailer
from watchword.adapters.providers import Provider, Reply, new_client
from watchword.adapters.sms.twilio import TwilioTexter
from watchword.kernel.clock import SystemClock
from watchword.kernel.messages import Text
from watchword.kernel.ports import Mailer
from watchword.kernel.secret import Secret

SHORT: Final = timedelta(seconds=1)  # for those who keep silent
LONG: Final = timedelta(minutes=1)
CLOCK: Final = SystemClock()
TEXT = Text(
    id="01939c-8",
    to="+213550123456",
    body="Cité : 123456",
    template="login/sign_in_code",
    language="fr",
    country="DZ",
)
TEMPLATE = "d-1234567890abcdef1234567890abcdef"
BUSY = answer(429, Retry_After="7")


def sendgrid(api: Provider, templates: Mapping[str, str] | None = None) -> SendgridMailer:
    return SendgridMailer(api, Secret("SG.key"), templates or {})


def ses(api: Provider) -> SesMailer:
    key = AwsKey(id="AKIDEXAMPLE", secret=Secret("not-a-real-key"))
    return SesMailer(api, Signer(key=key, region="eu-west-1", service="ses"), CLOCK)


def mailgun(api: Provider) -> MailgunMailer:
    return MailgunMailer(api, Secret("key-1"), "mg.nova-rdv.dz")


def twilio(api: Provider, sender: str = "+15005550006", **senders: str) -> TwilioTexter:
    return TwilioTexter(api, "AC1", Secret("token-1"), sender, senders)


TAKEN: Final[dict[str, Reply]] = {
    "sendgrid": answer(202, X_Message_Id="sg-1"),
    "ses": answer(200, {"MessageId": "ses-1"}),
    "mailgun": answer(200, {"id": "<mg-1@mg.nova-rdv.dz>", "message": "Queued. Thank you."}),
    "twilio": answer(201, {"sid": "SM1", "status": "queued"}),
}
_SES_FAULTS = {
    "refuses_us": answer(403, {"message": "x"}, X_Amzn_ErrorType="InvalidSignatureException"),
}
_TO = "personalizations.0.to.0.email"
_REFUSES_IT = {
    "ses": answer(
        400, {"message": "Illegal address"}, X_Amzn_ErrorType="BadRequestException:http://x/"
    ),
    "sendgrid": answer(400, {"errors": [{"field": _TO, "message": "alice@example.org"}]}),
    "mailgun": answer(400, {"message": "'to' parameter is not a valid address. alice@example.org"}),
    "twilio": answer(400, {"code": 21211, "message": "alice@example.org is no address"}),
}
_FAULTS: Final[dict[str, Reply]] = {
    "refuses_us": answer(401, {"message": "bad key SG.key"}),
    "busy": BUSY,
    "broken": answer(500),
    "silent": SILENCE,
    "hangs_up": HANG_UP,
    "nobody_knows": answer(504),
}
_RELAY: Final[dict[str, dict[str, str | None]]] = {
    "takes": {},
    "refuses_it": {"RCPT": "550 alice@example.org is unknown"},
    "refuses_us": {"MAIL": "530 say who you are"},
    "busy": {"BODY": "451 later"},
    "broken": {"MAIL": "421 closing"},
    "silent": {"BODY": None},
    "hangs_up": {"BODY": ""},
    "nobody_knows": {"BODY": ""},
}
_MADE: Final[dict[str, Callable[[Provider], Any]]] = {
    "sendgrid": sendgrid,
    "ses": ses,
    "mailgun": mailgun,
    "twilio": twilio,
}
EVERY: Final = (*_MADE, "smtp")


@dataclass(slots=True)
class Counter:
    """A carrier, and whoever it speaks to; `send` sends what it carries."""

    carrier: Any
    send: Callable[[], Awaitable[str | None]]
    provider: Stub | ScriptedRelay | None = None


@asynccontextmanager
async def provider(
    usual: Reply, *answers: Reply, patience: timedelta | None = None
) -> AsyncIterator[tuple[Provider, Stub]]:
    """Yield a provider's API, and the stub behind it; only silence is not waited for."""
    patience = patience or (SHORT if SILENCE in (usual, *answers) else LONG)
    async with stub(usual, *answers) as listening, new_client(patience) as client:
        yield Provider(client, listening.url, CLOCK, patience), listening


@asynccontextmanager
async def counter(name: str, situation: str = "takes") -> AsyncIterator[Counter]:
    """Yield a carrier in a situation."""
    async with AsyncExitStack() as stack:
        if name == "smtp":
            made: Mailer = await _smtp(stack, situation)
            yield Counter(made, lambda: made.send(LETTER))
            return
        faults = _FAULTS | (_SES_FAULTS if name == "ses" else {})
        faults |= {"takes": TAKEN[name], "refuses_it": _REFUSES_IT[name]}
        if situation == "away":
            client = await stack.enter_async_context(new_client(SHORT))
            api, behind = Provider(client, f"http://127.0.0.1:{free_port()}", CLOCK, SHORT), None
        else:
            api, behind = await stack.enter_async_context(provider(faults[situation]))
        carrier = _MADE[name](api)
        sent = TEXT if name == "twilio" else LETTER
        yield Counter(carrier, lambda: carrier.send(sent), behind)


async def _smtp(stack: AsyncExitStack, situation: str) -> SmtpMailer:
    if situation == "away":
        port = free_port()
    else:
        port = (await stack.enter_async_context(relay(_RELAY[situation]))).port
    patience = SHORT if situation == "silent" else LONG
    made = SmtpMailer(Relay(host="127.0.0.1", port=port, timeout=patience), CLOCK)
    stack.push_async_callback(made.close)
    return made
