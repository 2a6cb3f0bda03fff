"""Archiving: where the audit trail is put away, as the settings say."""

from pathlib import Path
from urllib.parse import urlsplit

from watchword.app.wiring import House
from watchword.kernel.clock import Clock
from watchword.kernel.ports import ColdStorage
from watchword.plumbing.chain.cold import Cold
from watchword.plumbing.settings import AwsSettings
from watchword.records.audit.rules import S3, AuditSettings
from watchword.records.audit.service import LastSeen


def put_trail(house: House) -> None:
    """Put in what the trail's processes remember, and the way to cold storage."""
    house.put(LastSeen, LastSeen())
    house.put(Cold, _cold(house))


def _cold(house: House) -> Cold:
    """Return the way to cold storage; none where none is set up."""
    settings = house.part(AuditSettings)
    clock: Clock = house.part(Clock)
    if not settings.archive:
        return Cold()
    return Cold(storage(settings.archive, settings.s3_url, house.part(AwsSettings), clock))


def storage(place: str, s3_url: str, aws: AwsSettings, clock: Clock) -> ColdStorage:
    """Return the way to a folder, or to `s3://bucket/prefix` at `s3_url`, or where AWS has it."""
    if not place.startswith(S3):
        from watchword.adapters.storage.folder import FolderStorage

        return FolderStorage(Path(place))
    from watchword.adapters.aws.sigv4 import AwsKey, Signer
    from watchword.adapters.storage.s3 import S3Storage

    named = urlsplit(place)
    base = s3_url or f"https://s3.{aws.region}.amazonaws.com"
    key = AwsKey(id=aws.key_id, secret=aws.key, session=aws.session)
    signer = Signer(key=key, region=aws.region, service="s3")
    return S3Storage(f"{base.rstrip('/')}/{named.netloc}", named.path, signer, clock)


async def close(house: House) -> None:
    """Leave cold storage, if there is a way."""
    cold = house.part(Cold)
    if cold.storage is not None:
        await cold.storage.close()
