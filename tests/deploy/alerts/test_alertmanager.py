"""Alertmanager's configuration: by a schema of what it may say, and by what it must."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.support.promql import PROMETHEUS, read, rules

DURATION = {"type": "string", "pattern": r"^[0-9]+(s|m|h|d)$"}
MATCHERS = {"type": "array", "items": {"type": "string", "pattern": r'^\w+(=|!=|=~|!~)".*"$'}}
ROUTE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["receiver"],
    "properties": {
        "receiver": {"type": "string"},
        "group_by": {"type": "array", "items": {"type": "string"}},
        "group_wait": DURATION,
        "group_interval": DURATION,
        "repeat_interval": DURATION,
        "continue": {"type": "boolean"},
        "matchers": MATCHERS,
        "routes": {"type": "array", "items": {"$ref": "#/$defs/route"}},
    },
}
MAIL = {
    "type": "object",
    "additionalProperties": False,
    "required": ["to"],
    "properties": {"to": {"type": "string"}, "send_resolved": {"type": "boolean"}},
}
SLACK = {
    "type": "object",
    "additionalProperties": False,
    "required": ["api_url_file", "channel"],
    "properties": {
        "api_url_file": {"type": "string", "pattern": "^/run/secrets/"},
        "channel": {"type": "string", "pattern": "^#"},
        "send_resolved": {"type": "boolean"},
        "title": {"type": "string"},
        "text": {"type": "string"},
    },
}
SCHEMA: dict[str, Any] = {
    "$defs": {"route": ROUTE},
    "type": "object",
    "additionalProperties": False,
    "required": ["route", "receivers"],
    "properties": {
        "global": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "resolve_timeout": DURATION,
                "smtp_smarthost": {"type": "string", "pattern": r"^[^:]+:\d+$"},
                "smtp_from": {"type": "string"},
                "smtp_auth_username": {"type": "string"},
                "smtp_auth_password_file": {"type": "string", "pattern": "^/run/secrets/"},
                "smtp_require_tls": {"const": True},
            },
        },
        "route": {"$ref": "#/$defs/route"},
        "inhibit_rules": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["source_matchers", "target_matchers"],
                "properties": {
                    "source_matchers": MATCHERS,
                    "target_matchers": MATCHERS,
                    "equal": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
        "receivers": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name"],
                "properties": {
                    "name": {"type": "string"},
                    "email_configs": {"type": "array", "items": MAIL},
                    "slack_configs": {"type": "array", "items": SLACK},
                },
            },
        },
    },
}
TOLD = read(PROMETHEUS / "alertmanager.yml")


def test_it_says_what_alertmanager_understands_and_holds_no_secret() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert not list(Draft202012Validator(SCHEMA).iter_errors(TOLD))


def test_a_word_that_alertmanager_does_not_know_is_found() -> None:
    wrong = {**TOLD, "route": {**TOLD["route"], "repeat": "4h"}}
    assert list(Draft202012Validator(SCHEMA).iter_errors(wrong))


@pytest.mark.req("R-69")
def test_what_is_urgent_goes_by_mail_and_slack_and_the_rest_by_mail() -> None:
    receivers = {each["name"]: set(each) - {"name"} for each in TOLD["receivers"]}
    assert receivers[TOLD["route"]["receiver"]] == {"email_configs"}
    [urgent] = TOLD["route"]["routes"]
    assert urgent["matchers"] == ['severity="critical"']
    assert receivers[urgent["receiver"]] == {"email_configs", "slack_configs"}


def test_an_alert_is_told_once_and_again_after_hours() -> None:
    routes = [TOLD["route"], *TOLD["route"]["routes"]]
    assert all(each["repeat_interval"].endswith("h") for each in routes)
    assert TOLD["route"]["group_by"] == ["alertname", "job"]


def test_what_keeps_others_silent_are_alerts_that_there_are() -> None:
    known = {rule["alert"] for rule in rules("auth_rules.yml", "watchword.rules.yml")}
    named = {
        matcher.partition("=")[2].strip('"')
        for each in TOLD["inhibit_rules"]
        for matcher in [*each["source_matchers"], *each["target_matchers"]]
        if matcher.startswith("alertname=")
    }
    assert named <= known
    assert len(named) == 4
