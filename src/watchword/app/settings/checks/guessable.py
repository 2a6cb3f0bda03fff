"""Whether a secret could be guessed: samples that were copied, and texts with too little in them."""

import itertools
import math
import re
import zlib
from collections import Counter

BITS = 96
_SAMPLES = (
    "${",
    "<base64",
    "at-least-32",
    "change-me",
    "change-this",
    "change_me",
    "changeit",
    "changeme",
    "dev-jwt-secret",
    "dev-refresh-secret",
    "example",
    "insecure",
    "kept by the gateway",
    "key-here",
    "minimum",
    "not-for-production",
    "password",
    "placeholder",
    "replace-me",
    "replace_me",
    "secret-key",
    "secret_key",
    "secure_redis",
    "super-secret",
    "supersecret",
)
_PLAIN = {"admin", "auth", "guest", "postgres", "redis", "root", "secret", "test", "watchword"}
_YOURS = re.compile(r"(?<![a-z0-9])your[-_]")  # within a random text it stands by chance
_STEPS = 0.5


def is_sample(text: str) -> bool:
    """Tell whether this is a value that some guide shows."""
    lowered = text.lower()
    if lowered in _PLAIN or _YOURS.search(lowered):
        return True
    return any(sample in lowered for sample in _SAMPLES)


def is_easily_guessed(text: str) -> bool:
    """Tell whether there is less in it than in 96 random bits: repetitions, runs, few signs."""
    if len(text) < 2:  # noqa: PLR2004 - one sign says nothing
        return True
    runs = sum(abs(ord(a) - ord(b)) <= 1 for a, b in itertools.pairwise(text))
    if runs > _STEPS * (len(text) - 1):
        return True
    core = text[: _period(text)]
    by_signs = -sum(n * math.log2(n / len(core)) for n in Counter(core).values())
    by_packing = (len(zlib.compress(text.encode(), 9)) - 8) * 8
    return min(by_signs, by_packing) < BITS


def _period(text: str) -> int:
    """Return after how many signs the text repeats itself; its length when it does not."""
    return next(n for n in range(1, len(text) + 1) if text[n:] == text[: len(text) - n])
