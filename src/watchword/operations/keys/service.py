"""Keys: rotate them, and make key files for those who bring their own."""

import os
from pathlib import Path

from joserfc.jwk import RSAKey

from watchword.kernel.clock import Clock
from watchword.kernel.parts import service
from watchword.operations.keys.rules import KeyRotated, KeysElsewhere
from watchword.plumbing.db.journal import Journal
from watchword.plumbing.db.ports import Database
from watchword.records.signing_keys.rules import ACTIVE
from watchword.records.signing_keys.service import SigningKeys


@service
class Keys:
    """What operators do with signing keys."""

    database: Database
    signing_keys: SigningKeys
    journal: Journal
    clock: Clock

    async def rotate(self) -> str:
        """Retire the active key and make another; return its `kid`. Problem: `keys_elsewhere`."""
        self._own()
        now = self.clock.now()
        async with self.database.transaction() as tx:
            kid = await self.signing_keys.rotate(tx, now)
            await self.journal.record(tx, KeyRotated(kid=kid), now)
        return kid

    async def active(self) -> str | None:
        """Return the `kid` that a rotation would retire, if any. Problem: `keys_elsewhere`."""
        self._own()
        rows = await self.signing_keys.every()
        return next((row.kid for row in rows if row.state == ACTIVE), None)

    def _own(self) -> None:
        """Keys that the settings name are rotated where they come from. Problem: `keys_elsewhere`."""
        settings = self.signing_keys.settings
        if settings.private_key_path or settings.algorithm == "HS256":
            raise KeysElsewhere


def generate_files(folder: Path, bits: int) -> tuple[Path, Path]:
    """Write a fresh RSA pair as PEM, the private half for its owner alone; FileExistsError."""
    private, public = folder / "private.key", folder / "public.key"
    if public.exists():
        raise FileExistsError(str(public))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = RSAKey.generate_key(bits)
    handle = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key.as_pem(private=True))
    public.write_bytes(key.as_pem(private=False))
    return private, public
