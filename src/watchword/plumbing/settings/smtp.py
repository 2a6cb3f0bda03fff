"""The SMTP server that carries our letters; TLS is always used and verified beyond this machine."""

from watchword.kernel.addresses import greeting
from watchword.kernel.parsing import boolean, whole
from watchword.kernel.parts import section, setting
from watchword.kernel.secret import Secret
from watchword.plumbing.settings.hosts import host


@section
class SmtpSettings:
    """SMTP."""

    host: str = setting(
        "SMTP_HOST", "Its host; empty when letters go another way.", parse=host, default=""
    )
    port: int = setting("SMTP_PORT", "Its port.", parse=whole(1, 65535), default="587")
    secure: bool = setting(
        "SMTP_SECURE",
        "TLS from the first byte (port 465); false begins plainly and requires STARTTLS.",
        parse=boolean,
        default="false",
    )
    user: str = setting("SMTP_USER", "Who we are there.", default="")
    password: Secret = setting(
        "SMTP_PASSWORD",
        "Our password there.",
        parse=Secret,
        default="",
        aliases=("SMTP_PASS",),
        secret=True,
    )
    given_greeting: str = setting(
        "SMTP_EHLO_NAME",
        "The name, or the address, by which we greet it (EHLO); without one the host of PUBLIC_BASE_URL.",
        parse=greeting,
        default="",
    )
    connections: int = setting(
        "SMTP_MAX_CONNECTIONS",
        "How many connections to it are open at most; many servers refuse more than ten from one client.",
        parse=whole(1, 256),
        default="5",
    )
    letters_each: int = setting(
        "SMTP_MAX_MESSAGES",
        "How many letters a connection carries before a new one takes its place.",
        parse=whole(1, 100_000),
        default="100",
    )
