"""PostgreSQL's errors in our words: what a statement may raise, and what it says of its connection.

taken, unmet           a row is there already; a condition of the transaction does not hold
refuses, behind        the database does not let us; its tables are older than this code
unavailable            it is away, or so busy that it gave up: another try may succeed
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import asyncpg

from watchword.kernel.problems import InputInvalid
from watchword.plumbing.db.ports import (
    DatabaseRefuses,
    DatabaseUnavailable,
    SchemaBehind,
    Taken,
    Unmet,
)

LOST = (
    OSError,
    TimeoutError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.TransactionRollbackError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidCachedStatementError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InternalClientError,
)
_LACKING = (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError)
_REFUSING = (
    asyncpg.InsufficientPrivilegeError,
    asyncpg.RaiseError,
    asyncpg.RestrictViolationError,
)
_NOT_TEXT = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)


def tell(error: BaseException) -> NoReturn:
    """Say the driver's errors in our words; what is a fault of ours stays as it is."""
    if isinstance(error, asyncpg.UniqueViolationError):
        raise Taken(error.constraint_name or "") from error
    if isinstance(error, asyncpg.DivisionByZeroError):  # see `bundle`; nothing else here divides
        raise Unmet from error
    if isinstance(error, _NOT_TEXT):
        raise InputInvalid(private=f"postgres: {error!r}") from error
    if isinstance(error, _LACKING):
        raise SchemaBehind(private=f"postgres: {error!r}") from error
    if isinstance(error, _REFUSING):
        raise DatabaseRefuses(private=f"postgres: {error!r}") from error
    if isinstance(error, LOST) or _is_lost(error):
        raise DatabaseUnavailable(private=f"postgres: {error!r}") from error
    raise error


def _is_lost(error: BaseException) -> bool:
    """Tell whether asyncpg says that the connection is gone; its other words are our own faults."""
    return isinstance(error, asyncpg.InterfaceError) and "closed" in str(error)


def answered(error: BaseException) -> bool:
    """Tell whether the server itself said this and stays, so that the connection is as we know it.

    One that takes no writes any more is not who we connected to.
    """
    if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
        return False
    return isinstance(error, asyncpg.PostgresError) and error.severity_en == "ERROR"


@contextmanager
def connecting() -> Iterator[None]:
    """Say in our words why the server did not let us in."""
    try:
        yield
    except asyncpg.PostgresError as error:  # whatever its reason
        raise DatabaseUnavailable(private=f"postgres: {error!r}") from error
    except Exception as error:  # noqa: BLE001 - told in our words, or raised as it is
        tell(error)
