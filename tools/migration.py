"""Write a new revision: what the tables in the code have and the migrations have not.

    python -m tools.migration before "add the colour of hats"     the next revision of that half
    python -m tools.migration before "first tables" --first       the first one, written anew

What is written is a draft: read it, think of both databases and of the old program that still runs
beside the new one (`tests/contracts/expanding.py` has what that cannot bear), and add `protect(...)` for new
tables where it is missing.
"""

import argparse
import asyncio
import re
import tempfile
from pathlib import Path
from typing import Any

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations.ops import CreateTableOp, MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine

from watchword.app import slices
from watchword.migrations import migrate
from watchword.migrations.known import HERE, revisions
from watchword.plumbing.db import columns, dev_messages, journal, leases, outbox

PAGE = '''"""{subject}"""

import sqlalchemy as sa
from alembic import op
{dialects}
from watchword.migrations.words import {words}

revision = "{id}"
down_revision = {previous}
branch_labels = {labels}


def upgrade() -> None:
    """Apply."""
{body}
'''


def metadata() -> Any:
    """Return the tables of every slice and of the plumbing."""
    _ = (*slices.modules("store"), dev_messages, journal, leases, outbox)
    return columns.metadata


def render(kind: str, thing: Any, _context: Any) -> Any:
    """Write our own types and the tenant's column in our own words."""
    if kind == "column" and thing.name == "tenant_id":
        return "tenant()"
    if kind == "type" and isinstance(thing, columns.Moment):
        return "moment()"
    return False


def difference(path: Path) -> MigrationScript:
    """Compare the code with a database at this path."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        options = {"render_item": render, "compare_type": True, "render_as_batch": False}
        context = MigrationContext.configure(connection, opts=options)
        return produce_migrations(context, metadata())


def draft(half: str, subject: str, script: MigrationScript, number: int) -> str:
    """Write the revision's page."""
    operations = script.upgrade_ops
    assert operations is not None
    body = render_python_code(operations, render_item=render)
    body = body.replace("JSONB(astext_type=Text())", "JSONB()")
    new = [op.table_name for op in operations.ops if isinstance(op, CreateTableOp)]
    if new:
        body += "\n    protect(" + ", ".join(f'"{name}"' for name in new) + ")"
    body = re.sub(r"^\s*# ### .*\n?", "", body, flags=re.MULTILINE)
    body = "\n".join(
        line and f"    {line}" if not line.startswith("    ") else line
        for line in body.splitlines()
    )
    used = [word for word in ("moment", "protect", "tenant") if f"{word}(" in body]
    return PAGE.format(
        subject=subject[0].upper() + subject[1:] + ".",
        dialects="from sqlalchemy.dialects import postgresql\n" if "postgresql." in body else "",
        words=", ".join(used),
        id=f"{half}_{number:04d}",
        previous=f'"{half}_{number - 1:04d}"' if number > 1 else "None",
        labels=f'("{half}",)' if number == 1 else "None",
        body=body,
    )


def main() -> None:
    """Write the file and name it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("half", choices=("before", "after"))
    arguments.add_argument("subject")
    arguments.add_argument("--first", action="store_true")
    wanted = arguments.parse_args()
    number = 1 if wanted.first else 1 + sum(r.half == wanted.half for r in revisions())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "compared.db"
        if not wanted.first:
            asyncio.run(migrate.up(f"sqlite:///{path}"))
        page = draft(wanted.half, wanted.subject, difference(path), number)
    slug = re.sub(r"\W+", "_", wanted.subject.lower()).strip("_")
    target = HERE / wanted.half / f"{number:04d}_{slug}.py"
    target.write_text(page)
    print(target)


if __name__ == "__main__":
    main()
