"""What the API says of itself: its OpenAPI document."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Described:
    """The document of this deployment; `app` gives it, whoever explains the API reads it."""

    document: dict[str, Any]
