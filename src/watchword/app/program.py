"""The program: a service goes straight to its work, all else is the command line's.

`serve` and `worker` without options, as a service is started, have nothing to be read. They leave the
command line out, which would stay in memory for as long as they run and let them start later.
"""

import sys
from pathlib import Path

from watchword.app import collector
from watchword.app.reading import refused
from watchword.app.settings import SettingsRefused
from watchword.kernel.problems import Problem
from watchword.plumbing import folders
from watchword.plumbing.commands import console


def main() -> None:
    """Do what the arguments say; what stops it is told in a sentence."""
    try:
        sys.exit(_run(tuple(sys.argv[1:])))
    except SettingsRefused as refusal:
        sys.exit(refused(refusal))
    except Problem as problem:
        raise console.fail(problem) from problem
    except OSError as error:
        sys.exit(_stuck(error))
    except KeyboardInterrupt:
        sys.exit(130)


def _run(arguments: tuple[str, ...]) -> int:
    if arguments == ("serve",):
        from watchword.app import starting

        collector.begin()
        return starting.start(dev=False)
    if arguments == ("worker",):
        from watchword.app import starting

        collector.begin()
        return starting.work()
    from watchword.app import cli

    return cli.run()


def _stuck(error: OSError) -> int:
    """Say which folder or file cannot be used, and what mends it; what else failed is a fault of ours."""
    if not isinstance(error.filename, str):
        raise error
    console.talk(folders.trouble(Path(error.filename), error))
    return console.Exit.LATER if folders.is_full(error) else console.Exit.REFUSED
