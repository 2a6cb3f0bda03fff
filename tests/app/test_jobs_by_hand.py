"""One job by hand: what there is, and that one process of all does it at a time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.program import watchword
from tests.support.world import environment, open_world
from watchword.app import worker
from watchword.kernel.clock import SystemClock
from watchword.plumbing.db import leases
from watchword.plumbing.db.leases import Lease
from watchword.plumbing.db.ports import Database

LATER = 75


def ran(url: str, folder: Path, name: str) -> int:
    """Run a job as an operator does, and return how that ended."""
    return watchword("jobs", "run", name, cwd=folder, environ=environment(url)).returncode


@pytest.mark.req("K-29")
async def test_another_process_that_holds_the_job_is_waited_for(
    database_url: str, tmp_path: Path
) -> None:
    async with open_world(database_url, tmp_path) as world:
        database, now = world.part(Database), SystemClock().now()
        held = Lease("job:retention", uuid4())
        assert await leases.take(database, held, now, timedelta(minutes=5))
        assert ran(database_url, tmp_path, "retention") == LATER
        await leases.give_back(database, held)
        assert ran(database_url, tmp_path, "retention") == 0
        assert await leases.take(database, held, datetime.now(UTC), timedelta(minutes=5))


def test_a_job_that_there_is_not_or_that_never_ends_is_refused(
    sqlite_url: str, tmp_path: Path
) -> None:
    for name in ("nothing", "deliveries", "log-level", "gauges"):
        assert ran(sqlite_url, tmp_path, name) == 2


@pytest.mark.req("N-100", "A-52")
def test_jobs_are_listed_with_their_times(sqlite_url: str, tmp_path: Path) -> None:
    said = watchword("jobs", "list", cwd=tmp_path, environ=environment(sqlite_url))
    lines = {line.split("\t")[0]: line.split("\t")[1:] for line in said.stdout.splitlines()}
    assert lines["cleanup-auth"][0] == "0 */6 * * *"
    assert lines["risk"] == ["every 10 s", ""]
    assert lines["gauges"] == ["every 5 s", ""]
    assert lines["gauge-of-carriers"] == ["every 30 s", ""]
    assert lines["gauge-of-files"] == ["every 300 s", ""]


@pytest.mark.parametrize(("works", "tells"), [(True, True), (True, False), (False, True)])
def test_what_is_looked_at_for_metrics_is_so_in_the_process_that_tells_them(
    works: bool, tells: bool
) -> None:
    found = {job.name for job in worker.jobs(worker.places(works=works, tells=tells))}
    looks = {"gauges", "gauge-of-carriers", "gauge-of-files"}
    assert looks & found == (looks if tells else set())
    assert ("deliveries" in found) is works
    assert {"metrics", "signing-keys"} <= found
