"""Probes: what a look at a mail server says."""

from tests.support.relay import relay
from watchword.kernel.mail_server import MailServer
from watchword.kernel.secret import Secret
from watchword.plumbing.probes import mail_steps


async def test_what_a_relay_lacks_is_told_in_words() -> None:
    async with relay() as server:
        asked = MailServer(host="127.0.0.1", port=server.port, user="nova", password=Secret("x"))
        steps = [step async for step in mail_steps(asked)]
    assert (steps[-1].name, steps[-1].detail) == ("AUTH", "the relay offers no login (AUTH)")


async def test_a_refused_password_is_told_with_what_mends_it() -> None:
    refused = "535 5.7.8 alice@example.org and letmethrough are unknown"
    async with relay({"AUTH": refused}, login=True) as server:
        asked = MailServer(
            host="127.0.0.1",
            port=server.port,
            secure=False,
            user="nova",
            password=Secret("letmethrough"),
        )
        steps = [step async for step in mail_steps(asked)]

    assert (steps[-1].name, steps[-1].good) == ("AUTH", False)
    assert steps[-1].detail.startswith("535: ")
    assert "app password" in steps[-1].detail
    assert "alice" not in steps[-1].detail
    assert "letmethrough" not in steps[-1].detail
