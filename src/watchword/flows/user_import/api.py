"""The import's door: an administrator who signed in a short while ago sends a file."""

import io
from collections import Counter

from starlette.responses import Response

from watchword.flows.user_import.rules import (
    CSV,
    JSON_LINES,
    KNOWN,
    MOST_BYTES,
    MOST_LINES,
    NDJSON,
    REFUSED,
    TAKEN,
    How,
    Imported,
    csv_lines,
    json_lines,
)
from watchword.flows.user_import.service import UserImport
from watchword.kernel.problems import (
    BodyMalformed,
    BodyTooLarge,
    BodyTooSlow,
    InputInvalid,
    MediaTypeUnsupported,
)
from watchword.plumbing.shapes import convert, each_once
from watchword.plumbing.web.bodies import kind_of, read_bytes
from watchword.plumbing.web.call import Call
from watchword.plumbing.web.doors import Who, post


async def import_users(call: Call[None]) -> Response:
    """Make accounts from a file, CSV or JSON lines; the answer tells what became of each line.

    With `?dry_run=true` nothing is written. A line whose address has an account is `known`, and
    changes nothing.
    """
    how = convert(each_once(call.request.query_params.multi_items()), How, strict=False)
    kind = kind_of(call.request)
    if kind not in {CSV, JSON_LINES, NDJSON}:
        raise MediaTypeUnsupported(f"Send the file as {CSV} or {JSON_LINES}.")
    text = await _text(call)
    lines = csv_lines(text) if kind == CSV else json_lines(text)
    taking = call.part(UserImport).take(
        lines, str(call.me.user_id), call.visitor, dry_run=how.dry_run
    )
    told = [each async for each in taking]
    number = Counter(each.outcome for each in told)
    answer = Imported(
        dry_run=how.dry_run,
        complete=all(each.complete for each in told),
        taken=number[TAKEN],
        known=number[KNOWN],
        refused=number[REFUSED],
        lines=told,
    )
    return call.json(answer)


async def _text(call: Call[None]) -> io.StringIO:
    """Read the whole file, before anything is made of it."""
    raw = await read_bytes(call.request, most=MOST_BYTES)
    if _line_ends(raw) > MOST_LINES:
        raise BodyTooLarge(f"Send at most {MOST_LINES} lines at once, or use the command.")
    try:
        return io.StringIO(raw.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as error:
        raise BodyMalformed("Send the file as UTF-8.") from error


def _line_ends(raw: bytes) -> int:
    """Count the ends of lines, in each of the three ways to write them."""
    return raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")


doors = [
    post(
        "/admin/users/import",
        import_users,
        raw=(CSV, JSON_LINES, NDJSON),
        query={"dry_run": "true: say what would become of each line, and write nothing."},
        answer=Imported,
        who=Who.ADMIN,
        limits=("api", "upload"),
        problems=(InputInvalid, MediaTypeUnsupported, BodyMalformed, BodyTooLarge, BodyTooSlow),
    )
]
