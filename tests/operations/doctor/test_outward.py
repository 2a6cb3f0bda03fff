"""The doctor asks those whom we tell of events and of risk signals, by the way that posts to them go."""

from pathlib import Path

import pytest

from tests.operations.mail.test_commands import aside, beside
from tests.support.relay import certificate
from tests.support.risk import KEY, OTHER_KEY, sira
from tests.support.stub import answer, listening
from tests.support.terminal import Said, Terminal
from tests.support.voucher import Voucher
from tests.support.vouchers import Github


def webhook(url: str, keys: str = KEY) -> dict[str, str]:
    return {
        "EVENTS_WEBHOOKS": f"shop={url}/hooks",
        "EVENTS_WEBHOOK_NETWORKS": "127.0.0.0/8",
        "EVENTS_WEBHOOK_SECRETS": f"shop={keys}",
    }


def examined(url: str, folder: Path, more: dict[str, str], check: str) -> dict[str, str]:
    """Return what the doctor finds of one check, asked for those who are told."""
    said = Terminal(url, folder, more=more).run("doctor", "--events", "--json")
    [found] = [each for each in said.json["checks"] if each["check"] == check]
    assert said.code == (0 if found["outcome"] == "ok" else 1)
    assert KEY not in said.out + said.err
    return dict(found)


@pytest.mark.req("M-50")
def test_a_receiver_of_signals_that_answers_is_well_and_is_posted_nothing(
    database_url: str, tmp_path: Path
) -> None:
    with beside(answer(405)) as receiver:
        found = examined(database_url, tmp_path, sira(receiver.url), "signals")
    assert (found["outcome"], found["fix"]) == ("ok", "")
    told = "receiver answers, without TLS, signed with 1 key, 0 waiting, 0 dead"
    assert found["detail"] == told
    assert [asked.method for asked in receiver.asked] == ["HEAD"]


def test_a_receiver_of_signals_that_cannot_prove_its_name_is_a_failure(
    sqlite_url: str, tmp_path: Path
) -> None:
    server, _ = certificate(tmp_path)  # signed by nobody whom we know
    with beside(answer(202), tls=server) as receiver:
        url = receiver.url.replace("http:", "https:")
        more = sira(url, SIRA_WEBHOOK_SECRET=f"{KEY}|{OTHER_KEY}")
        found = examined(sqlite_url, tmp_path, more, "signals")
    assert found["outcome"] == "failed"
    assert "the certificate proves nothing" in found["detail"]
    assert "by TLS, signed with 2 keys" in found["detail"]
    assert "SIRA_WEBHOOK_URL" in found["fix"]
    assert receiver.asked == []


def test_a_receiver_in_our_own_network_is_a_failure_that_names_the_network(
    sqlite_url: str, tmp_path: Path
) -> None:
    with beside(answer(202)) as receiver:
        more = sira(receiver.url, SIRA_WEBHOOK_NETWORKS="")
        found = examined(sqlite_url, tmp_path, more, "signals")
    assert found["outcome"] == "failed"
    assert "leads into a private network" in found["detail"]
    assert "SIRA_WEBHOOK_NETWORKS" in found["fix"]
    assert receiver.asked == []


def test_where_nobody_is_told_of_signals_there_is_nothing_to_say(
    sqlite_url: str, tmp_path: Path
) -> None:
    found = examined(sqlite_url, tmp_path, {}, "signals")
    assert (found["outcome"], found["detail"]) == ("ok", "told to nobody")


def test_without_a_key_the_settings_come_first(sqlite_url: str, tmp_path: Path) -> None:
    more = sira("https://sira.example.org", SIRA_WEBHOOK_SECRET="")
    found = examined(sqlite_url, tmp_path, more, "signals")
    assert (found["outcome"], found["fix"]) == ("skipped", "watchword env validate")
    assert "SIRA_WEBHOOK_SECRET" in found["detail"]


def test_of_a_webhook_for_events_tls_and_keys_are_told(sqlite_url: str, tmp_path: Path) -> None:
    server, _ = certificate(tmp_path)
    with beside(answer(202), tls=server) as shop:
        url = shop.url.replace("http:", "https:")
        found = examined(sqlite_url, tmp_path, webhook(url), "events")
    assert (found["outcome"], found["fix"]) == (
        "failed",
        "watchword events status, and watchword events dead",
    )
    assert "webhook:shop the certificate proves nothing" in found["detail"]
    assert "by TLS, signed with 1 key" in found["detail"]
    assert shop.asked == []


def test_a_webhook_for_events_that_answers_is_well(sqlite_url: str, tmp_path: Path) -> None:
    with beside(answer(404)) as shop:
        keys = f"{KEY}|{OTHER_KEY}"
        found = examined(sqlite_url, tmp_path, webhook(shop.url, keys), "events")
    told = "webhook:shop answers, without TLS, signed with 2 keys, 0 waiting, 0 dead"
    assert (found["outcome"], found["detail"]) == ("ok", told)


def looked_at(url: str, folder: Path, more: dict[str, str]) -> Said:
    """Return what the doctor says of those whom people sign in with."""
    return Terminal(url, folder, more=more).run("doctor", "--providers", "--json")


def test_a_provider_of_sign_ins_is_asked_who_it_is_and_for_its_keys(
    sqlite_url: str, tmp_path: Path
) -> None:
    staff, github = Voucher(), Github()
    with aside(listening(staff)), aside(listening(github)):
        told = {**github.settings, **staff.settings}
        said = looked_at(sqlite_url, tmp_path, told)
        abroad = looked_at(sqlite_url, tmp_path, {**told, "OAUTH_NETWORKS": ""})
        staff.description = {"issuer": "https://evil.example.org"}
        other = looked_at(sqlite_url, tmp_path, told)
    [found] = said.json["checks"]
    assert (said.code, found["outcome"]) == (0, "ok")
    assert found["detail"] == (
        "github says nothing of itself, so it was not asked, staff answers, publishes 1 key"
    )
    for each, reason in ((abroad, "Forbidden"), (other, "another_issuer")):
        [found] = each.json["checks"]
        assert (each.code, found["outcome"]) == (1, "failed")
        assert f"staff cannot be used: {reason}" in found["detail"]
        assert "OAUTH_NETWORKS" in found["fix"]
    assert github.asked == []


def test_where_people_sign_in_with_nobody_else_nobody_is_asked(
    sqlite_url: str, tmp_path: Path
) -> None:
    [found] = looked_at(sqlite_url, tmp_path, {}).json["checks"]
    assert (found["outcome"], found["detail"]) == ("ok", "people sign in with nobody else")
