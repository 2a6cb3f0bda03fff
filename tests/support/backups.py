"""Backups in tests: a pair of keys, and the settings of a service that makes them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyrage

from tests.support.services import postgres
from tests.support.world import World
from watchword.kernel.secret import Secret
from watchword.operations.backup.rules import Restored, Verdict, Wish
from watchword.operations.backup.service import Backups, Kit, Restorer, Verifier
from watchword.records.backups.rules import Manifest


def unheard(_done: int, _total: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Keys:
    """A recipient, and its identity."""

    pair: Any = field(default_factory=pyrage.x25519.Identity.generate)

    @property
    def recipient(self) -> str:
        """Return what is given to the service."""
        return str(self.pair.to_public())

    @property
    def identity(self) -> Secret:
        """Return what is kept elsewhere."""
        return Secret(f"# created: today\n{self.pair}\n")

    def file(self, folder: Path) -> Path:
        """Write it as age-keygen does; return the path."""
        path = folder / "backup.key"
        path.write_text(self.identity.reveal())
        return path


def settings(folder: Path, keys: Keys, **more: str) -> dict[str, str]:
    """Return the settings of a service that backs up into a folder."""
    return {
        "BACKUP_RECIPIENT": keys.recipient,
        "BACKUP_DIR": str(folder / "backups"),
        "BACKUP_CONFIG_PATHS": "-",
        **programs(),
        **more,
    }


def programs() -> dict[str, str]:
    """Return where pg_dump is."""
    return {"BACKUP_POSTGRES_BIN": str(postgres.find().home / "bin")}


async def create(world: World) -> Manifest:
    """Make a backup."""
    made = await world.part(Backups).create(unheard)
    assert made is not None
    return made


async def verify(world: World, keys: Keys, asked: str = "latest") -> Verdict:
    """Verify one."""
    return await world.part(Verifier).verify(asked, keys.identity, unheard)


async def restore(kit: Kit, keys: Keys, asked: str = "latest", **more: Any) -> Restored:
    """Restore one."""
    return await Restorer(kit).restore(Wish(asked=asked, **more), keys.identity, unheard)
