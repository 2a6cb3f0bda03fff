"""What is switched just now, in the memory of this process: to ask costs no query.

    on         whether somebody has it                      possible   whether anybody may have it
    demand     the same, or the problem `not_offered`       named      the flag of a name, or the nearest told

What is said for a tenant goes before what is said for all, and that before the flag's own default. Whoever
keeps the switches (`records/flags`) tells the board; until then every flag is at its default.
"""

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

from watchword.kernel.flags import OFF, ON, Flag, within
from watchword.kernel.ids import DEFAULT_TENANT, TenantId
from watchword.kernel.problems import Kind, NotFound, Problem

ALL: Final = ""

Switched = Mapping[tuple[str, str], int]


class NotOffered(Problem):
    """This is not offered at the moment."""

    code = "not_offered"
    kind = Kind.FORBIDDEN


class Flags:
    """The board of one process; `switched` is a share by flag and tenant (`ALL` is every tenant)."""

    def __init__(self, declared: Iterable[Flag], tenant: TenantId = DEFAULT_TENANT) -> None:
        """Begin with every flag at its default."""
        self.declared = {flag.name: flag for flag in declared}
        self._tenant = str(tenant)
        self._switched: Switched = {}

    def take(self, switched: Switched) -> None:
        """Take what is switched now."""
        self._switched = switched

    def share(self, flag: Flag) -> int:
        """Return who of a hundred has it here."""
        for tenant in (self._tenant, ALL):
            share = self._switched.get((flag.name, tenant))
            if share is not None:
                return share
        return ON if flag.default else OFF

    def on(self, flag: Flag, who: str) -> bool:
        """Tell whether somebody has it: a mailbox, a network, an account."""
        return within(self.share(flag), flag.name, who)

    def possible(self, flag: Flag) -> bool:
        """Tell whether anybody may have it."""
        return self.share(flag) > OFF

    def demand(self, flag: Flag, who: str) -> None:
        """Go on only if somebody has it. Problem: `not_offered`."""
        if not self.on(flag, who):
            raise NotOffered(private=f"flag {flag.name}")

    def named(self, name: str) -> Flag:
        """Return the flag of a name. Problem: `not_found`, with the nearest name."""
        found = self.declared.get(name)
        if found is None:
            near = difflib.get_close_matches(name, self.declared, 1)
            hint = f"; did you mean {near[0]}?" if near else "."
            raise NotFound(f"There is no flag of this name{hint}")
        return found
