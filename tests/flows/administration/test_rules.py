"""What an act makes of an account, decided without a database."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from watchword.flows.administration.rules import Act, becomes
from watchword.kernel.ids import SubscriberId
from watchword.records.subscribers.rules import LastAdmin, Subscriber, keep_one_admin

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def account(
    status: str, *, verified: bool = True, role: str = "user", number: int = 1
) -> Subscriber:
    """Return an account."""
    return Subscriber(
        id=SubscriberId(UUID(int=number)),
        email="alice@example.org",
        email_verified_at=NOW if verified else None,
        given_name="Alice",
        family_name="",
        name="Alice",
        phone=None,
        phone_verified_at=None,
        status=status,
        role=role,
        language="en",
        language_by="seen",
        contested=False,
        version=1,
        created_at=NOW,
        updated_at=NOW,
    )


@pytest.mark.parametrize(
    ("act", "before", "after"),
    [
        (Act.LOCK, "active", "locked"),
        (Act.LOCK, "locked", "locked"),
        (Act.LOCK, "disabled", "disabled"),
        (Act.UNLOCK, "locked", "active"),
        (Act.UNLOCK, "disabled", "disabled"),
        (Act.UNLOCK, "active", "active"),
        (Act.DISABLE, "active", "disabled"),
        (Act.DISABLE, "locked", "disabled"),
        (Act.DISABLE, "disabled", "disabled"),
        (Act.ENABLE, "disabled", "active"),
        (Act.ENABLE, "locked", "locked"),
        (Act.LOCK, "erased", "erased"),
        (Act.ENABLE, "erased", "erased"),
        (Act.LOCK, "erasing", "locked"),
        (Act.DISABLE, "erasing", "disabled"),
        (Act.ENABLE, "erasing", "erasing"),
    ],
)
def test_an_act_moves_an_account_from_state_to_state(act: Act, before: str, after: str) -> None:
    assert becomes(act, account(before)) == after


@pytest.mark.parametrize(("act", "before"), [(Act.UNLOCK, "locked"), (Act.ENABLE, "disabled")])
def test_who_waits_for_their_erasure_goes_on_waiting(act: Act, before: str) -> None:
    assert becomes(act, account(before), erasing=True) == "erasing"


@pytest.mark.parametrize(("act", "before"), [(Act.UNLOCK, "locked"), (Act.ENABLE, "disabled")])
def test_who_never_proved_the_mailbox_comes_back_as_pending(act: Act, before: str) -> None:
    assert becomes(act, account(before, verified=False)) == "pending_verification"


def test_the_last_active_administrator_stays_one() -> None:
    last = account("active", role="admin")
    keep_one_admin([last.id], last, "active", "admin")
    with pytest.raises(LastAdmin):
        keep_one_admin([last.id], last, "locked", "admin")
    with pytest.raises(LastAdmin):
        keep_one_admin([last.id], last, "active", "user")


def test_one_of_two_administrators_may_go() -> None:
    first, second = account("active", role="admin"), account("active", role="admin", number=2)
    keep_one_admin([first.id, second.id], first, "locked", "admin")


def test_a_locked_administrator_is_not_the_last_active_one() -> None:
    active, locked = account("active", role="admin"), account("locked", role="admin", number=2)
    keep_one_admin([active.id], locked, "disabled", "admin")
