"""The worker's share: say at each start, and every hour, that row-level security does not bind us."""

from datetime import timedelta

from watchword.operations.doctor import store
from watchword.operations.doctor.rules import judge_isolation
from watchword.plumbing.db.ports import Database
from watchword.plumbing.findings import Outcome
from watchword.plumbing.house import House
from watchword.plumbing.logs.logger import log
from watchword.plumbing.settings import ServerSettings
from watchword.plumbing.work.jobs import Job


async def watch_isolation(house: House) -> None:
    """Log what is wrong and what mends it, where people are served from PostgreSQL."""
    database = house.part(Database)
    if house.part(ServerSettings).development or database.dialect == "sqlite":
        return
    found = judge_isolation(await store.isolation(database))
    if found.outcome is not Outcome.OK:
        log().error(f"tenants are not kept apart: {found.detail}", fix=found.fix)


jobs = [Job("isolation", watch_isolation, every=timedelta(hours=1))]
