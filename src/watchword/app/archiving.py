"""Archiving: where the audit trail is put away, as the settings say."""

from pathlib import Path
from urllib.parse import urlsplit

from watchword.app.wiring import House
from watchword.kernel.clock import Clock
from watchword.kernel.ports import ColdStorage
from watchword.operations.audit.service import Cold
from watchword.plumbing.settings import SesSettings
from watchword.records.audit.rules import S3, AuditSettings
from watchword.records.audit.service import LastSeen


def put_trail(house: House) -> None:
    """Put in what the trail's processes remember, and the way to cold storage."""
    house.put(LastSeen, LastSeen())
    house.put(Cold, _cold(house))


def _cold(house: House) -> Cold:
    """Return the way to cold storage; none where none is set up."""
    settings = house.part(AuditSettings)
    if not settings.archive:
        return Cold()
    if not settings.archive.startswith(S3):
        from watchword.adapters.cold.folder import FolderStorage

        return Cold(FolderStorage(Path(settings.archive)))
    return Cold(_s3(house, settings))


def _s3(house: House, settings: AuditSettings) -> ColdStorage:
    from watchword.adapters.cold.s3 import S3Storage
    from watchword.adapters.mail.sigv4 import AwsKey, Signer

    aws, place = house.part(SesSettings), urlsplit(settings.archive)
    base = settings.s3_url or f"https://s3.{aws.region}.amazonaws.com"
    key = AwsKey(id=aws.key_id, secret=aws.key, session=aws.session)
    signer = Signer(key=key, region=aws.region, service="s3")
    where = f"{base.rstrip('/')}/{place.netloc}{place.path.rstrip('/')}"
    clock: Clock = house.part(Clock)
    return S3Storage(where, signer, clock)


async def close(house: House) -> None:
    """Leave cold storage, if there is a way."""
    cold = house.part(Cold)
    if cold.storage is not None:
        await cold.storage.close()
