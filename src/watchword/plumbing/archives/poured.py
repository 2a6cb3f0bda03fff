"""Poured: what somebody writes into a stream is read as it comes, and never stands on a disk."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import BinaryIO, TypeVar

Result = TypeVar("Result")


def through(pour: Callable[[BinaryIO], None], work: Callable[[BinaryIO], Result]) -> Result:
    """Return what the work makes of what is poured; it may stop reading early. Errors are those of both."""
    reading, writing = os.pipe()
    with ThreadPoolExecutor(1) as beside, os.fdopen(reading, "rb") as source:
        pouring = beside.submit(_pour_and_close, pour, writing)
        try:
            return work(source)
        finally:
            source.read()
            pouring.result()


def _pour_and_close(pour: Callable[[BinaryIO], None], writing: int) -> None:
    with os.fdopen(writing, "wb") as target:
        pour(target)
