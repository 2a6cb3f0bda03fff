"""What every test may use."""

import gc
import os
from collections.abc import Generator

import pytest
from hypothesis import settings

pytest_plugins = ["tests.support.services.plugin", "tests.support.worlds"]

# A slow moment of the machine is no fault of a property: nothing here asserts on time.
# Developers search with new examples each time; CI repeats the same ones, so that its word is firm.
settings.register_profile("developer", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if "CI" in os.environ else "developer")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect thousands of tests, which stay: nobody need look through them for garbage, ever."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
        gc.set_threshold(20_000, 20, 50)
