"""Faults: read several fields and refuse them all at once, so that people mend a form in one go."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from watchword.kernel.problems import FieldError, InputInvalid

P = ParamSpec("P")
R = TypeVar("R")


def refuse_both(**ways: str | None) -> None:
    """Refuse two ways at once: nobody can tell which was meant. Problem: `invalid_input` naming them."""
    given = [name for name, value in ways.items() if value is not None]
    if len(given) > 1:
        message = f"Send {' or '.join(given)}, not both."
        raise InputInvalid(errors=[FieldError(name, "not_both", message) for name in given])


class Faults:
    """The faults found so far."""

    def __init__(self) -> None:
        """Start with none."""
        self.found: list[FieldError] = []

    def read(self, parse: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
        """Parse; keep the faults and return nothing when it is refused."""
        try:
            return parse(*args, **kwargs)
        except InputInvalid as problem:
            self.found.extend(problem.errors)
            return None

    def add(self, field: str, code: str, message: str) -> None:
        """Note a fault."""
        self.found.append(FieldError(field, code, message))

    def refuse(self) -> None:
        """Raise `invalid_input` if there are any."""
        if self.found:
            raise InputInvalid(errors=self.found)
