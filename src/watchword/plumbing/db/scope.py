"""Scope: the schema that our tables are in, and the tenant whose rows are ours (PostgreSQL)."""

from dataclasses import dataclass
from typing import Final

from watchword.kernel.ids import DEFAULT_TENANT, TenantId

SCHEMA: Final = "auth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a connection of ours is told once; a backup that is brought back is in a schema of its own."""

    schema: str = SCHEMA
    tenant: TenantId = DEFAULT_TENANT
