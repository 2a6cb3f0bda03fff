"""Administration from the console: `watchword users ...` and `watchword sessions ...`."""

import sys
from typing import Annotated, Any

import typer

from watchword.flows.administration.rules import (
    CONSOLE,
    MOST,
    Act,
    ListUsers,
    ManagedUser,
    NewAccount,
)
from watchword.flows.administration.service import Administration
from watchword.kernel import ids
from watchword.kernel.ids import SubscriberId
from watchword.kernel.problems import NotFound
from watchword.plumbing.commands import console
from watchword.plumbing.commands.console import Exit, read_or_refuse, run_in_house
from watchword.plumbing.commands.options import AsJson, DryRun, Yes
from watchword.plumbing.contact import email_address
from watchword.plumbing.house import House
from watchword.plumbing.shapes import convert
from watchword.records.subscribers.rules import ADMIN, USER

users = typer.Typer(help="Accounts: make them, look at them, lock and unlock them.")
sessions = typer.Typer(help="Sessions: who is signed in, and ending that.")

Who = Annotated[str, typer.Argument(metavar="WHO", help="An e-mail address or an id.")]
Email = Annotated[str, typer.Option("--email", help="The e-mail address.")]
_COLUMNS = ("id", "email", "status", "role", "email_verified", "name", "created_at")
_SESSION_COLUMNS = ("id", "transport", "last_used_at", "expires_at", "address", "user_agent")


async def _find(house: House, who: str) -> ManagedUser:
    administration = house.part(Administration)
    user_id = ids.parse(who)
    if user_id is not None:
        return await administration.show(SubscriberId(user_id))
    found = await administration.find(email_address(who))
    if found is None:
        raise NotFound("There is no account of this address.")
    return found


@users.command("create", epilog="Example: watchword users create --email ada@example.org --admin")
def create(
    email: Email,
    name: Annotated[str, typer.Option("--name", help="The person's name.")] = "",
    admin: Annotated[bool, typer.Option("--admin", help="An administrator; verified too.")] = False,
    verified: Annotated[bool, typer.Option("--verified", help="The mailbox is proven.")] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make an account; without a password, print the link to choose one."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    wanted = NewAccount(
        email=email,
        name=name or email.partition("@")[0],
        role=ADMIN if admin else USER,
        verified=verified or admin,
        password=password,
    )
    made, links = run_in_house(lambda house: house.part(Administration).create(wanted, CONSOLE))
    told: dict[str, Any] = {"id": made.id, "email": made.email}
    told |= {"status": made.status, "role": made.role}
    if links.password:
        told["password_link"] = links.password
    if links.verification:
        told["verification_link"] = links.verification
    console.output(told, as_json=as_json)


@users.command("list", epilog="Example: watchword users list --status locked --json")
def list_users(
    q: Annotated[str, typer.Option("--q", help="Part of the address.")] = "",
    status: Annotated[str, typer.Option("--status", help="Only those of this status.")] = "",
    after: Annotated[str, typer.Option("--after", help="Only those after this id.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List accounts in the order of their making."""
    given = {"after": after, "limit": limit, "q": q, "status": status}
    query = read_or_refuse(
        lambda: convert({name: value for name, value in given.items() if value}, ListUsers)
    )
    found = run_in_house(lambda house: house.part(Administration).page(query))
    console.rows(found.users, _COLUMNS, as_json=as_json)
    if found.next:
        console.talk(f"There are more: --after {found.next}")


@users.command("show", epilog="Example: watchword users show ada@example.org")
def show(who: Who, as_json: AsJson = False) -> None:
    """Show an account."""
    console.output(run_in_house(lambda house: _find(house, who)), as_json=as_json)


@users.command("lock", epilog="Example: watchword users lock ada@example.org --yes")
def lock(who: Who, dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False) -> None:
    """Lock an account: its sessions end at once."""
    if _agreed(Act.LOCK, who, dry_run=dry_run, yes=yes, as_json=as_json):
        _act(Act.LOCK, who, as_json=as_json)


@users.command("unlock", epilog="Example: watchword users unlock ada@example.org")
def unlock(who: Who, as_json: AsJson = False) -> None:
    """Unlock an account, and forgive its wrong guesses."""
    _act(Act.UNLOCK, who, as_json=as_json)


@users.command("disable", epilog="Example: watchword users disable ada@example.org --yes")
def disable(who: Who, dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False) -> None:
    """Disable an account: its sessions end at once."""
    if _agreed(Act.DISABLE, who, dry_run=dry_run, yes=yes, as_json=as_json):
        _act(Act.DISABLE, who, as_json=as_json)


@users.command("enable", epilog="Example: watchword users enable ada@example.org")
def enable(who: Who, as_json: AsJson = False) -> None:
    """Enable an account again."""
    _act(Act.ENABLE, who, as_json=as_json)


def _agreed(act: Act, who: str, *, dry_run: bool, yes: bool, as_json: bool) -> bool:
    """Tell whether to lock or disable an account, by whose sessions people notice."""

    async def would(house: House) -> dict[str, Any]:
        found, administration = await _find(house, who), house.part(Administration)
        status = await administration.foresee(act, _id_of(found))
        ended = len(await administration.sessions_of(_id_of(found)))
        return {f"would_{act}": found.email, "status": status, "would_end_sessions": ended}

    question = f"{act.capitalize()} {who}, and end every session of theirs?"
    return console.agreed(
        question, lambda: run_in_house(would), dry_run=dry_run, yes=yes, as_json=as_json
    )


def _act(act: Act, who: str, *, as_json: bool) -> None:
    async def work(house: House) -> ManagedUser:
        found = await _find(house, who)
        return await house.part(Administration).act(act, _id_of(found), CONSOLE)

    _tell(run_in_house(work), as_json=as_json)


@users.command("role", epilog="Example: watchword users role ada@example.org admin")
def role(
    who: Who,
    becomes: Annotated[str, typer.Argument(metavar="ROLE", help="user, vendor or admin.")],
    as_json: AsJson = False,
) -> None:
    """Give an account another role."""
    if becomes not in {USER, "vendor", ADMIN}:
        raise console.refuse("ROLE is one of: user, vendor, admin", Exit.USAGE)

    async def work(house: House) -> ManagedUser:
        found = await _find(house, who)
        return await house.part(Administration).give_role(_id_of(found), becomes, CONSOLE)

    _tell(run_in_house(work), as_json=as_json)


@sessions.command("list", epilog="Example: watchword sessions list --email ada@example.org")
def list_sessions(email: Email, as_json: AsJson = False) -> None:
    """List the living sessions of an account, the last used first."""

    async def work(house: House) -> list[Any]:
        found = await _find(house, email)
        return list(await house.part(Administration).sessions_of(_id_of(found)))

    console.rows(run_in_house(work), _SESSION_COLUMNS, as_json=as_json)


@sessions.command(
    "revoke", epilog="Example: watchword sessions revoke --email ada@example.org --all --yes"
)
def revoke(
    session: Annotated[str, typer.Argument(metavar="[ID]", help="The session's id.")] = "",
    email: Annotated[str, typer.Option("--email", help="Whose sessions, with --all.")] = "",
    every: Annotated[bool, typer.Option("--all", help="All sessions of an account.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """End one session, or all of an account."""
    session_id = ids.parse(session)
    if bool(session) == (every and bool(email)) or (session and session_id is None):
        raise console.refuse("Give a session's ID, or --email and --all.", Exit.USAGE)

    async def look(house: House) -> dict[str, int]:
        if session:
            return {"would_end": 1}
        found = await _find(house, email)
        return {"would_end": len(await house.part(Administration).sessions_of(_id_of(found)))}

    async def end(house: House) -> int:
        administration = house.part(Administration)
        if session_id is not None:
            return int(await administration.end_session(session_id, CONSOLE))
        found = await _find(house, email)
        return await administration.end_sessions(_id_of(found), CONSOLE)

    question = f"End {session or 'all sessions of ' + email}?"
    if not console.agreed(
        question, lambda: run_in_house(look), dry_run=dry_run, yes=yes, as_json=as_json
    ):
        return
    ended = run_in_house(end)
    console.output({"ended": ended}, as_json=as_json)
    if session and not ended:
        raise console.refuse("There is no such session, or it has ended.")


def _tell(user: ManagedUser, *, as_json: bool) -> None:
    if as_json:
        console.output(user, as_json=True)
        return
    text = f"{user.email}: {user.status}, {user.role}"
    console.output({}, as_json=False, text=text)


def _id_of(user: ManagedUser) -> SubscriberId:
    found = ids.parse(user.id)
    assert found is not None
    return SubscriberId(found)


groups = {"users": users, "sessions": sessions}
