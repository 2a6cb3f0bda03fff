"""How a grant is spelled, and which tickets it stands between."""

from typing import Final

from watchword.records.resets.rules import What
from watchword.records.tickets.rules import Purpose

ALGORITHM: Final = "HS256"
TYPE: Final = "reset+jwt"
CODE_FOR: Final = {What.PASSWORD: Purpose.PASSWORD_RESET, What.PIN: Purpose.PIN_RESET}
GRANT_FOR: Final = {What.PASSWORD: Purpose.PASSWORD_GRANT, What.PIN: Purpose.PIN_GRANT}
