"""A message as every carrier takes it: rendered, addressed, ready to leave."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One e-mail: `to` and `sender` are RFC 5322 mailboxes, `id` stays the same over retries."""

    id: str
    to: str
    sender: str
    subject: str
    text: str
    html: str
    template: str
    language: str
    headers: dict[str, str] = field(default_factory=dict)
    code: str | None = field(default=None, repr=False)
