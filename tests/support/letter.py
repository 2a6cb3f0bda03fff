"""A letter that every carrier can take."""

from watchword.kernel.messages import Message

LETTER = Message(
    id="<01939c-7@example.org>",
    to="alice@example.org",
    sender="Watchword <noreply@example.org>",
    subject="Confirm your address",
    text="Hello\nhttps://id.example.org/verify?token=x\n",
    html='<!doctype html><html lang="en"><p>Hello</p></html>',
    template="registration/verification",
    known_as="verification",
    language="en",
)
