"""The entry: nobody looks for garbage until all is imported."""

from watchword.app import collector


def main() -> None:
    """Import the program and run it; it has the collector on again when it begins its work."""
    collector.rest()
    from watchword.app import program

    program.main()
