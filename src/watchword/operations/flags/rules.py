"""What is asked and told of flags."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from watchword.kernel.flags import Flag, share_of, told
from watchword.kernel.ids import DEFAULT_TENANT
from watchword.kernel.problems import FieldError, InputInvalid
from watchword.plumbing.flags import ALL
from watchword.plumbing.shapes import Answer, Body

CONSOLE: Final = "console"
DEFAULT: Final = "default"
_OUR_OWN: Final = "default"


class SetFlag(Body, frozen=True):
    """`on`, `off` or a share such as `25%`; `tenant` is a tenant's id, else it holds for all."""

    value: str
    tenant: str = ""


class FlagTold(Answer, frozen=True):
    """A flag, its default, what holds for all, and what holds for single tenants."""

    name: str
    meaning: str
    default: str
    value: str
    tenants: dict[str, str]
    changed_at: str | None


class FlagsTold(Answer, frozen=True):
    """Every flag there is."""

    flags: list[FlagTold]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How a flag is to stand; without a share, as if nobody had said anything."""

    tenant: str
    share: int | None

    @property
    def value(self) -> str:
        """Return it as it is told."""
        return DEFAULT if self.share is None else told(self.share)


def wish(value: str | None, tenant: str) -> Wish:
    """Read a wish; without a value it takes the switch away. Problem: `invalid_input`."""
    errors = []
    share, whose = None, ALL
    try:
        share = None if value is None else share_of(value)
    except ValueError as error:
        errors.append(FieldError("value", "invalid", f"Please {error}."))
    try:
        whose = _tenant(tenant)
    except ValueError:
        errors.append(FieldError("tenant", "invalid", "Please write the id of a tenant."))
    if errors:
        raise InputInvalid(errors=errors)
    return Wish(tenant=whose, share=share)


def standing(flag: Flag, rows: Iterable[Any]) -> FlagTold:
    """Tell how a flag stands, by the rows that are switched."""
    own = [row for row in rows if row.name == flag.name]
    shares: Mapping[str, str] = {row.holds_for: told(row.share) for row in own}
    default = "on" if flag.default else "off"
    last = max((row.changed_at for row in own), default=None)
    return FlagTold(
        name=flag.name,
        meaning=flag.sentence,
        default=default,
        value=shares.get(ALL, default),
        tenants={tenant: share for tenant, share in shares.items() if tenant != ALL},
        changed_at=last.isoformat() if last else None,
    )


def _tenant(text: str) -> str:
    """Return whose it is; `default` is our own. ValueError: no id."""
    word = text.strip()
    if not word:
        return ALL
    return str(DEFAULT_TENANT if word == _OUR_OWN else UUID(word))
