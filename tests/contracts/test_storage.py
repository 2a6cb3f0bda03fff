"""Storage: a folder and a bucket keep the same objects in the same way."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.support import moto
from tests.support.stub import stub
from tests.support.world import StoppedClock
from watchword.adapters.aws.sigv4 import AwsKey, Signer
from watchword.adapters.providers import Reply
from watchword.adapters.storage.folder import FolderStorage
from watchword.adapters.storage.s3 import S3Storage
from watchword.kernel.clock import SystemClock
from watchword.kernel.ports import ColdStorage
from watchword.kernel.secret import Secret

SIGNER = Signer(
    key=AwsKey(id=moto.KEY["AWS_ACCESS_KEY_ID"], secret=Secret(moto.KEY["AWS_SECRET_ACCESS_KEY"])),
    region=moto.REGION,
    service="s3",
)
SMALL_PART = 5 * 1024 * 1024  # the least that S3 takes


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Run S3 as moto has it, with a bucket; yield its address."""
    with moto.aws() as url:
        moto.client("s3", url).create_bucket(Bucket="kept")
        yield url


@pytest.fixture(params=["folder", "s3"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ColdStorage]:
    if request.param == "folder":
        yield FolderStorage(tmp_path / "kept")
        return
    url = request.getfixturevalue("s3")
    storage = S3Storage(f"{url}/kept", f"/{tmp_path.name}", SIGNER, SystemClock(), part=SMALL_PART)
    yield storage
    await storage.close()


async def test_what_was_kept_is_given_back_and_listed(storage: ColdStorage, tmp_path: Path) -> None:
    file = tmp_path / "some.age"
    file.write_bytes(b"sealed")
    await storage.put("20260301_020000/manifest.json", b"{}")
    await storage.put_file("20260301_020000/some.age", file)
    await storage.put("latest", b"first")
    await storage.put("latest", b"second")
    assert await storage.names() == [
        "20260301_020000/manifest.json",
        "20260301_020000/some.age",
        "latest",
    ]
    assert await storage.get("latest") == b"second"
    back = tmp_path / "back"
    assert await storage.get_file("20260301_020000/some.age", back)
    assert back.read_bytes() == b"sealed"


async def test_what_is_not_there_is_nothing(storage: ColdStorage, tmp_path: Path) -> None:
    assert await storage.names() == []
    assert await storage.get("latest") is None
    assert not await storage.get_file("20260301_020000/some.age", tmp_path / "back")
    await storage.delete("latest")


async def test_what_was_deleted_is_gone(storage: ColdStorage) -> None:
    await storage.put("20260301_020000/manifest.json", b"{}")
    await storage.put("20260302_020000/manifest.json", b"{}")
    await storage.delete("20260301_020000/manifest.json")
    assert await storage.names() == ["20260302_020000/manifest.json"]


async def test_a_large_file_comes_back_as_it_was(storage: ColdStorage, tmp_path: Path) -> None:
    file, back = tmp_path / "large", tmp_path / "back"
    content = bytes(range(256)) * (2 * SMALL_PART // 256) + b"the rest"
    file.write_bytes(content)
    await storage.put_file("large.age", file)
    assert await storage.get_file("large.age", back)
    assert back.read_bytes() == content


def said(text: str, **headers: str) -> Reply:
    return Reply(status=200, headers=headers, body=text.encode())


async def test_parts_that_s3_does_not_put_together_although_it_says_200_are_no_object(
    tmp_path: Path,
) -> None:
    file = tmp_path / "large"
    file.write_bytes(b"12")
    begun = said("<R><UploadId>the upload</UploadId></R>")
    parts = [said("", ETag='"first"'), said("", ETag='"second"')]
    failed = said("<?xml version='1.0'?>\n\n<Error><Code>InternalError</Code></Error>")
    async with stub(said(""), begun, *parts, failed) as s3:
        storage = S3Storage(f"{s3.url}/kept", "", SIGNER, StoppedClock(), part=1)
        with pytest.raises(OSError, match="did not put the parts together: InternalError"):
            await storage.put_file("large.age", file)
        await storage.close()
    last = s3.asked[-1]
    assert (last.method, last.path) == ("DELETE", "/kept/large.age?uploadId=the%20upload")


async def test_uploads_that_a_killed_process_left_go_when_they_are_old_and_ours(
    s3: str, tmp_path: Path
) -> None:
    storage = S3Storage(f"{s3}/kept", tmp_path.name, SIGNER, SystemClock())
    client = moto.client("s3", s3)
    for name in ("a/ours", "b/of others"):
        client.create_multipart_upload(Bucket="kept", Key=f"{tmp_path.name}/{name}")

    def left() -> list[str]:
        told = client.list_multipart_uploads(Bucket="kept").get("Uploads", [])
        return sorted(each["Key"].removeprefix(f"{tmp_path.name}/") for each in told)

    now = SystemClock().now()
    await storage.tidy(now - timedelta(days=20_000), lambda name: name.startswith("a/"))
    assert left() == ["a/ours", "b/of others"]
    await storage.tidy(now + timedelta(days=3650), lambda name: name.startswith("a/"))
    assert left() == ["b/of others"]
    await storage.close()


async def test_a_list_longer_than_a_page_is_whole(s3: str, tmp_path: Path) -> None:
    storage = S3Storage(f"{s3}/kept", tmp_path.name, SIGNER, SystemClock(), page=2)
    names = [f"name-{number}" for number in range(5)]
    for name in names:
        await storage.put(name, b"")
    assert await storage.names() == names
    await storage.close()


async def test_a_folder_that_cannot_be_made_is_out_of_reach(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file")
    with pytest.raises(OSError, match="kept"):
        await FolderStorage(tmp_path / "kept").put("latest", b"")


async def test_nobody_is_there() -> None:
    storage = S3Storage("http://127.0.0.1:9/kept", "", SIGNER, StoppedClock())
    with pytest.raises(OSError, match="out of reach"):
        await storage.get("latest")
    await storage.close()
