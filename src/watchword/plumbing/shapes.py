"""Loose values to frozen structs and back to JSON; faults are named field by field.

Unknown fields are refused, and so is one given under two names. Problem: `invalid_input` (422, with
`errors[]`). Nothing of the web is in here, so that rules may declare what they take and give.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, TypeVar

import msgspec

from watchword.kernel.problems import BodyMalformed, FieldError, InputInvalid

MAX_FAULTS = 64

Shape = TypeVar("Shape", bound=msgspec.Struct)


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """A body from outside; JSON names in camelCase, snake_case understood as well (K-05).

    `ways`: where not one set of fields will do, the sets of which one must be there, the usual first.
    """

    ways: ClassVar[tuple[tuple[str, ...], ...]] = ()


class Nothing(Body, frozen=True):
    """The body of a door that needs none: `{}` at most."""


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=False):
    """An answer of ours; JSON names in snake_case."""


def convert(loose: Mapping[str, Any], shape: type[Shape], *, strict: bool = True) -> Shape:
    """Make the shape of loose values, collecting the faults of all fields before refusing."""
    names = _names(shape)
    errors, given = [], {}
    for key, value in loose.items():
        name = names.get(key)
        if name is None:
            errors.append(
                FieldError(_printable(key), "unknown_field", "This field is not known here.")
            )
        elif name in given:
            errors.append(given_twice(key))
        else:
            given[name] = value
    for name, field in _fields(shape).items():
        if name not in given:
            if field.required:
                errors.append(FieldError(name, "missing", "This field is required."))
            continue
        fault = _fault(given[name], field.type, strict=strict)
        if fault:
            errors.append(FieldError(name, "invalid", fault))
    if errors:
        raise InputInvalid(errors=errors[:MAX_FAULTS])
    try:
        return msgspec.convert(given, shape, strict=strict)
    except msgspec.ValidationError as error:
        raise InputInvalid(errors=[FieldError("", "invalid", str(error))]) from error


def json_of(raw: bytes) -> dict[str, Any]:
    """Read a JSON object. Problems: `malformed_body`, `invalid_input` for names given twice."""
    try:
        loose = msgspec.json.decode(raw)
        _read_names(raw.decode())
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, ValueError) as error:
        raise BodyMalformed(private=str(error)) from error
    if not isinstance(loose, dict):
        raise BodyMalformed("Send a JSON object.")
    return loose


def each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the fields of an object, a form or a query, each given once. Problem: `invalid_input`."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        repeated = [name for name, times in Counter(name for name, _ in pairs).items() if times > 1]
        raise InputInvalid(errors=[given_twice(name) for name in repeated[:MAX_FAULTS]])
    return fields


# msgspec keeps the last of equal names and says nothing; this one shows all, in two microseconds.
_read_names = json.JSONDecoder(object_pairs_hook=each_once).decode


def of_form(form: Mapping[str, str], shape: type[Shape]) -> Shape:
    """Make the shape of a form: empty optional fields count as absent; `csrf` is not ours."""
    required = {name for name, field in _fields(shape).items() if field.required}
    names = _names(shape)
    kept = {
        key: value
        for key, value in form.items()
        if key != "csrf" and (value != "" or key not in names or names[key] in required)
    }
    return convert(kept, shape, strict=False)


_encode = msgspec.json.Encoder().encode


def to_json(value: Any) -> bytes:
    """Write JSON."""
    return _encode(value)


@cache
def _fields(shape: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the fields of a shape by their JSON names."""
    return {field.encode_name: field for field in msgspec.structs.fields(shape)}


@cache
def _names(shape: type[msgspec.Struct]) -> dict[str, str]:
    """Map every spelling that we take (as written, snake_case) to the JSON name."""
    spellings = {}
    for field in _fields(shape).values():
        spellings[field.encode_name] = field.encode_name
        spellings[field.name] = field.encode_name
    return spellings


def _fault(value: Any, kind: Any, *, strict: bool) -> str | None:
    if isinstance(value, str) and ("\x00" in value or _lone_surrogate(value)):
        return "This text holds characters that we cannot keep."
    try:
        msgspec.convert(value, kind, strict=strict)
    except msgspec.ValidationError as error:
        return _in_words(str(error))
    return None


def _in_words(message: str) -> str:
    plain = message.partition(" - at ")[0]
    plain = re.sub(r"^Expected `(.+?)`, got `(.+?)`$", r"Expected \1, got \2.", plain)
    return plain.replace("`", "") if plain.endswith(".") else plain.replace("`", "") + "."


def _lone_surrogate(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def given_twice(key: str) -> FieldError:
    """Return the fault of a field that comes twice."""
    return FieldError(_printable(key), "repeated_field", "This field is given twice.")


def _printable(key: str) -> str:
    return key[:80].encode("utf-8", "replace").decode()
