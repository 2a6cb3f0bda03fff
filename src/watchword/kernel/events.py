"""Facts: what happened, in the past tense, typed. The journal keeps them; everybody else reads.

A fact holds ids and plain words, never a secret, an address or a name. `type` is the stable name of
the ledger (`id.session.created`); `user_id` is whom it is about.
"""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened."""

    type: ClassVar[str]

    user_id: UUID | None = None
