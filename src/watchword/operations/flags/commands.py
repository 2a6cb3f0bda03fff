"""`watchword flags ...`."""

from typing import Annotated

import typer

from watchword.operations.flags.rules import CONSOLE, FlagTold, Wish, wish
from watchword.operations.flags.service import Switching
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import read_or_refuse, run_in_house
from watchword.plumbing.commands.options import AsJson

flags = typer.Typer(help="Behaviours that are switched while the service runs.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The flag's name.")]
Tenant = Annotated[
    str, typer.Option("--tenant", help="For this tenant alone: its id, or default for ours.")
]
_COLUMNS = ("name", "value", "default", "tenants", "meaning")


@flags.command("list", epilog="Example: watchword flags list")
def list_flags(as_json: AsJson = False) -> None:
    """List every flag there is, how it stands, and what it switches."""
    found = run_in_house(lambda house: house.part(Switching).every())
    if as_json:
        console.output(found, as_json=True)
        return
    rows = [{**_row(each), "tenants": _tenants(each)} for each in found]
    console.rows(rows, _COLUMNS, as_json=False)


@flags.command("set", epilog="Example: watchword flags set oauth.github off")
def set_flag(
    name: Name,
    value: Annotated[str, typer.Argument(metavar="on|off|N%", help="How it is to stand.")],
    tenant: Tenant = "",
    as_json: AsJson = False,
) -> None:
    """Switch a flag: on, off, or on for a share of those whom it is about, the same ones each time."""
    _switch(name, read_or_refuse(lambda: wish(value, tenant)), as_json=as_json)


@flags.command("clear", epilog="Example: watchword flags clear oauth.github")
def clear(name: Name, tenant: Tenant = "", as_json: AsJson = False) -> None:
    """Leave a flag to its default again; with --tenant, that tenant to what holds for all."""
    _switch(name, read_or_refuse(lambda: wish(None, tenant)), as_json=as_json)


def _switch(name: str, wanted: Wish, *, as_json: bool) -> None:
    told = run_in_house(lambda house: house.part(Switching).switch(name, wanted, CONSOLE))
    console.output(told, as_json=as_json, text=f"{told.name}: {told.value}{_for(told)}")


def _row(flag: FlagTold) -> dict[str, str]:
    return {name: getattr(flag, name) for name in ("name", "value", "default", "meaning")}


def _tenants(flag: FlagTold) -> str:
    return ", ".join(f"{tenant} {value}" for tenant, value in flag.tenants.items()) or "-"


def _for(flag: FlagTold) -> str:
    return f" ({_tenants(flag)})" if flag.tenants else ""


groups = {"flags": flags}
