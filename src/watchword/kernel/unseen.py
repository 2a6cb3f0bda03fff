"""Signs that nobody sees, or that turn the order of others: words with them are not what they look like.

    soft hyphen, joiners, zero-width spaces, fillers, tags
    marks, embeddings, overrides and isolates of direction (Unicode's bidirectional controls)
Source: Unicode Technical Standard 39 (security mechanisms); CVE-2021-42574.
"""

import re
from typing import Final

UNSEEN: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufeff\uffa0\U000e0000-\U000e0fff]"
)
