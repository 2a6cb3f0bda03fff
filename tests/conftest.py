"""What every test may use."""

from hypothesis import settings

pytest_plugins = ["tests.support.services.plugin", "tests.support.worlds"]

# A slow moment of the machine is no fault of a property: nothing here asserts on time.
settings.register_profile("watchword", deadline=None)
settings.load_profile("watchword")
