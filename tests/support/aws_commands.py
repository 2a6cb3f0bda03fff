"""Commands of `aws`, held against AWS's own model: an option that is none, or a wrong value, is found."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import botocore.session  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.validate import ParamValidator  # type: ignore[import-untyped]

_OF_THE_COMMAND = {"query", "output", "cli-input-json"}
_SHORTHAND = ("{", "awsvpcConfiguration=", "deploymentCircuitBreaker=")


@cache
def _service(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def _model(service: str, operation: str) -> Any:
    return _service(service).operation_model(operation)


def validated(service: str, operation: str, parameters: dict[str, Any]) -> None:
    """Assert that an operation takes its parameters."""
    report = ParamValidator().validate(parameters, _model(service, operation).input_shape)
    assert not report.has_errors(), report.generate_report()


def commands(said: Iterable[list[str]]) -> dict[str, dict[str, Any]]:
    """Return the parameters of each operation that `aws` was asked for, word by word; KeyError: unknown."""
    found = {}
    for name, service, command, *words in said:
        if name != "aws" or command == "wait":
            continue
        operations = {xform_name(each, "-"): each for each in _service(service).operation_names}
        operation = operations[command]
        parameters = _parameters(_model(service, operation).input_shape, words)
        if "--cli-input-json" not in words:
            validated(service, operation, parameters)
        found[operation] = parameters
    return found


def _parameters(shape: Any, words: list[str]) -> dict[str, Any]:
    members = {xform_name(name, "-"): (name, kind) for name, kind in shape.members.items()}
    found: dict[str, Any] = {}
    for option, values in _options(words):
        if option not in _OF_THE_COMMAND:
            positive = option if option in members else option.removeprefix("no-")
            name, kind = members[positive]
            found[name] = _value(kind, values, positive=option == positive)
    return {name: value for name, value in found.items() if value is not None}


def _options(words: list[str]) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for word in words:
        if word.startswith("--"):
            found.append((word.removeprefix("--"), []))
        else:
            found[-1][1].append(word)
    return found


def _value(kind: Any, values: list[str], *, positive: bool) -> Any:
    """Read what was said as a shape wants it; nothing for the shorthand of a structure."""
    if kind.type_name == "boolean":
        return positive
    if kind.type_name == "integer":
        return int(values[0])
    if kind.type_name == "structure":
        assert values[0].startswith(_SHORTHAND), values
        return None
    if kind.type_name == "list" and kind.member.type_name == "structure":
        return [dict(pair.split("=") for pair in value.split(",")) for value in values]
    return values if kind.type_name == "list" else values[0]
