"""`watchword keys ...`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from watchword.operations.keys.service import Keys, generate_files
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import run_in_house
from watchword.plumbing.commands.options import AsJson, DryRun, Yes
from watchword.plumbing.house import House
from watchword.records.signing_keys.service import SigningKeys

keys = typer.Typer(help="The keys that sign access tokens.", no_args_is_help=True)


@keys.command("list", epilog="Example: watchword keys list --json")
def list_keys(as_json: AsJson = False) -> None:
    """List the keys that sign and verify; never a private half."""

    async def work(house: House) -> list[dict[str, Any]]:
        signing_keys = house.part(SigningKeys)
        await signing_keys.load()
        known = {row.kid: row for row in await signing_keys.every()}
        found = []
        for kid, (algorithm, _) in signing_keys.ring.verifiers.items():
            row = known.get(kid)
            found.append(
                {
                    "kid": kid,
                    "algorithm": algorithm,
                    "state": row.state if row else "active",
                    "created_at": row.created_at if row else None,
                    "retired_at": row.retired_at if row else None,
                }
            )
        return found

    columns = ("kid", "algorithm", "state", "created_at", "retired_at")
    console.rows(run_in_house(work), columns, as_json=as_json)


@keys.command("rotate", epilog="Example: watchword keys rotate --yes")
def rotate(dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False) -> None:
    """Retire the active key and make another; tokens it signed stay good until they expire."""

    async def would(house: House) -> dict[str, str | None]:
        return {"would_retire": await house.part(Keys).active()}

    question = "Retire the active signing key, and make another?"
    if not console.agreed(
        question, lambda: run_in_house(would), dry_run=dry_run, yes=yes, as_json=as_json
    ):
        return
    kid = run_in_house(lambda house: house.part(Keys).rotate())
    console.output({"kid": kid}, as_json=as_json, text=kid)


@keys.command("generate", epilog="Example: watchword keys generate keys")
def generate(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the files go.")],
    bits: Annotated[int, typer.Option("--bits", min=2048, max=8192, help="Their size.")] = 3072,
    as_json: AsJson = False,
) -> None:
    """Write a fresh RSA pair; files that exist are never written over."""
    try:
        private, public = generate_files(folder, bits)
    except FileExistsError as error:
        raise console.refuse(f"{error.filename or error} exists: choose another folder.") from error
    told = {"JWT_PRIVATE_KEY_PATH": str(private), "JWT_PUBLIC_KEY_PATH": str(public)}
    text = [f"{name}={value}" for name, value in told.items()]
    console.output(told, as_json=as_json, text=text)


groups = {"keys": keys}
