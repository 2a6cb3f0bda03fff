"""Running revisions on an open connection, by Alembic."""

from collections.abc import Callable, Iterable
from io import StringIO
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.exc import DBAPIError, PendingRollbackError

from watchword.migrations.known import MigrationFailed, revisions, status_of
from watchword.plumbing.db.scope import SCHEMA

Steps = Callable[[Any, MigrationContext], list[Any]]


def heads(connection: Connection) -> tuple[str, ...]:
    """Return the newest applied revision of each half."""
    return MigrationContext.configure(connection).get_current_heads()


def upgrade(connection: Connection, home: Path, halves: Iterable[str]) -> list[str]:
    """Apply what is pending of these halves, in their order; return the ids."""
    scripts = _scripts(home)
    applied: list[str] = []

    def steps(at: tuple[str, ...], _context: MigrationContext) -> list[Any]:
        if unknown := status_of(at, home).unknown:
            raise MigrationFailed(
                f"The database is newer than this program: it has {', '.join(unknown)}."
            )
        return _steps(scripts, home, halves, at)

    def note(step: Any, **_: object) -> None:
        applied.append(step.up_revision_id)

    _run(connection, scripts, steps, note)
    return applied


def mark(connection: Connection, home: Path, revision: str, *, applied: bool) -> None:
    """Write down that a revision and those before it are applied, or that it and later ones are not."""
    half, _, number = revision.rpartition("_")
    earlier = f"{half}_{int(number) - 1:04d}"
    if any(known.id == earlier for known in revisions(home)):
        target = revision if applied else earlier
    else:
        target = revision if applied else f"{half}@base"
    if connection.dialect.name == "postgresql":
        _make_schema(connection)
    MigrationContext.configure(connection).stamp(_scripts(home), target)
    connection.commit()


def script(dialect: str, home: Path, halves: Iterable[str]) -> str:
    """Return what a fresh database needs, as one script."""
    scripts = _scripts(home)
    written = StringIO()
    if dialect == "postgresql":
        written.write(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA};\n\nSET search_path = {SCHEMA};\n\n")

    def steps(at: Any, _context: MigrationContext) -> list[Any]:
        return _steps(scripts, home, halves, at)

    with EnvironmentContext(Config(), scripts, fn=steps, as_sql=True) as environment:
        environment.configure(
            dialect_name=dialect,
            output_buffer=written,
            literal_binds=True,
            transactional_ddl=True,
            transaction_per_migration=dialect == "postgresql",
        )
        with environment.begin_transaction():
            environment.run_migrations()
    return written.getvalue()


def destroy(connection: Connection) -> None:
    """Drop everything there is."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"))
    else:
        everything = MetaData()
        everything.reflect(connection)
        everything.drop_all(connection)
    connection.commit()


def _run(
    connection: Connection,
    scripts: ScriptDirectory,
    steps: Steps,
    note: Callable[..., None] = lambda **_: None,
) -> None:
    """Run steps in transactions; what fails is rolled back and told."""
    postgres = connection.dialect.name == "postgresql"
    try:
        with EnvironmentContext(Config(), scripts, fn=steps) as environment:
            environment.configure(
                connection=connection,
                transactional_ddl=True,
                transaction_per_migration=postgres,
                on_version_apply=note,
            )
            with environment.begin_transaction():
                if postgres:
                    _make_schema(connection)
                environment.run_migrations()
                if not postgres:
                    _check_references(connection)
    except DBAPIError as error:
        connection.rollback()
        raise MigrationFailed(f"A migration failed: {error.orig}") from error
    except PendingRollbackError as error:  # what a lost connection comes to outside a transaction
        connection.rollback()
        raise MigrationFailed("A migration failed: the database hung up; say it again.") from error


def _make_schema(connection: Connection) -> None:
    """Make our schema within the first revision's transaction."""
    missing = "SELECT current_schema() IS NULL AND to_regnamespace(:schema) IS NULL"
    if connection.scalar(text(missing), {"schema": SCHEMA}):
        connection.execute(text(f"CREATE SCHEMA {SCHEMA}"))


def _check_references(connection: Connection) -> None:
    """Refuse to leave a row that points to nothing (SQLite)."""
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        raise MigrationFailed("A migration left a row that points to nothing; it was undone.")


def _steps(scripts: ScriptDirectory, home: Path, halves: Iterable[str], at: Any) -> list[Any]:
    """Return the steps from where a database stands to the end of these halves."""
    wanted = [half for half in halves if any(known.half == half for known in revisions(home))]
    return [step for half in wanted for step in scripts._upgrade_revs(f"{half}@head", at)]  # noqa: SLF001 - as Alembic's own command does


def _scripts(home: Path) -> ScriptDirectory:
    folders = [home / "before", home / "after"]
    return ScriptDirectory(str(home), version_locations=[str(f) for f in folders if f.is_dir()])
