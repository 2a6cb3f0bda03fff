"""What every test may use."""

import os

from hypothesis import settings

pytest_plugins = ["tests.support.services.plugin", "tests.support.worlds"]

# A slow moment of the machine is no fault of a property: nothing here asserts on time.
# Developers search with new examples each time; CI repeats the same ones, so that its word is firm.
settings.register_profile("developer", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if "CI" in os.environ else "developer")
