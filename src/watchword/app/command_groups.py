"""The commands of the slices, by the group they stand in: `watchword <group> <command>`."""

import typer

from watchword.app.slices import modules


def command_groups(asked: str = "") -> dict[str, typer.Typer]:
    """Return the commands of all slices by the name of their group; of one that several bring, all.

    `asked`: those alone of the files in which that name stands, the group of that name among them.
    """
    found: dict[str, typer.Typer] = {}
    for _, module in modules("commands", saying=asked):
        for name, group in getattr(module, "groups", {}).items():
            found[name] = _joined(found[name], group) if name in found else group
    return found


def _joined(first: typer.Typer, more: typer.Typer) -> typer.Typer:
    """Return a group with the commands of both, and the words of the first."""
    joined = typer.Typer()
    joined.info, joined.registered_callback = first.info, first.registered_callback
    joined.registered_commands = [*first.registered_commands, *more.registered_commands]
    joined.registered_groups = [*first.registered_groups, *more.registered_groups]
    return joined
