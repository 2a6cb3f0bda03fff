"""The entry: what an import makes is no garbage, so nobody looks for any until all is imported.

To look took a sixth of the start of every command.
"""

import gc


def main() -> None:
    """Import the program and run it; it has the collector on again when it begins its work."""
    gc.disable()
    from watchword.app import program

    program.main()
