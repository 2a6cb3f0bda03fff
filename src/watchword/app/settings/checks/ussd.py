"""The USSD menu: a secret of the gateway that nobody guesses, for whoever has it is every number."""

from watchword.app.settings.checks.findings import Findings
from watchword.app.settings.checks.guessable import is_easily_guessed, is_sample
from watchword.app.settings.values import Settings
from watchword.flows.ussd.rules import UssdSettings


def gateway(settings: Settings, findings: Findings) -> None:
    """What the gateway proves itself by."""
    secret = settings.section(UssdSettings).secret.reveal()
    if is_sample(secret):
        findings.unsafe("USSD_GATEWAY_SECRET", "is the one of a guide: make your own.")
    elif secret and is_easily_guessed(secret):
        findings.unsafe(
            "USSD_GATEWAY_SECRET", "is easily guessed: make one with `openssl rand -hex 32`."
        )
