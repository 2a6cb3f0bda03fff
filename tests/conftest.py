"""What every test may use."""

pytest_plugins = ["tests.support.services.plugin", "tests.support.worlds"]
