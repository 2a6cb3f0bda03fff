"""Digits as people type them: a code, a PIN."""

import unicodedata


def as_sent(typed: str) -> str:
    """Return what was typed or pasted as it was sent: no spaces, dashes or marks, digits of ours."""
    return "".join(
        str(unicodedata.decimal(character, character))
        for character in typed
        if not (character.isspace() or unicodedata.category(character) in {"Cf", "Pd"})
    )
