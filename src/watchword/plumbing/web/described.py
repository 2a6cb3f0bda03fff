"""What the API says of itself: its OpenAPI document."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from watchword.plumbing.shapes import to_json


class Described:
    """The document of this deployment; `app` gives it, whoever explains the API reads it.

    It is written when first asked for: no start waits for it.
    """

    def __init__(self, write: Callable[[], dict[str, Any]]) -> None:
        """Keep the way to write it."""
        self._write = write

    @cached_property
    def document(self) -> dict[str, Any]:
        """Return the document."""
        return self._write()

    @cached_property
    def body(self) -> bytes:
        """Return the document as it is sent."""
        return to_json(self.document)
