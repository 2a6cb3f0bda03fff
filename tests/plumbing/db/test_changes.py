"""News within one process."""

from watchword.plumbing.db.changes import EVERYTHING, Changes


def test_listeners_hear_of_their_topic_only() -> None:
    changes, sessions, keys = Changes(), list[str](), list[str]()
    changes.listen("sessions", sessions.append)
    changes.listen("keys", keys.append)
    changes.tell("sessions", "session:1")

    assert (sessions, keys) == (["session:1"], [])


def test_everything_means_every_listener_and_every_subject() -> None:
    changes, heard = Changes(), list[str]()
    changes.listen("sessions", heard.append)
    changes.listen("keys", heard.append)
    changes.tell(EVERYTHING)

    assert heard == ["", ""]


def test_trust_ends_when_it_was_said_to_end() -> None:
    changes = Changes()
    changes.trust_until(10)

    assert (changes.trusted(9.9), changes.trusted(10)) == (True, False)
    changes.trust_until(0)
    assert not changes.trusted(9.9)
