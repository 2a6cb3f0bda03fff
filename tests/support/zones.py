"""A zone made of a few lines, for the rules that are pure functions over one."""

from collections.abc import Mapping

from watchword.plumbing.dns.zone import NO_DATA, NO_NAME, Answer, State, Zone, found


def zone(records: Mapping[str, tuple[str, ...]], broken: frozenset[str] = frozenset()) -> Zone:
    """Return a zone of `{"example.org TXT": ("v=spf1 -all",)}`."""

    def look(name: str, kind: str) -> Answer:
        if name in broken:
            return Answer(state=State.BROKEN, detail="SERVFAIL")
        values = records.get(f"{name} {kind}", ())
        if values:
            return found(*values)
        known = any(key.split(" ")[0] == name for key in records)
        return NO_DATA if known else NO_NAME

    return look
