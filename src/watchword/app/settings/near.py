"""Names that look like ours but are not: probably typing errors, told with the nearest name."""

import difflib
from collections.abc import Collection, Mapping

_ALIKE = 0.85
_ALIKE_IN_FAMILY = 0.72
_SHORTEST = 5
_FAMILIES = (
    "AMQP_",
    "API_",
    "APP_",
    "BACKUP_",
    "CLINIC_",
    "CORS_",
    "DATABASE_",
    "DB_",
    "EMAIL_",
    "JWT_",
    "KAFKA_",
    "MAILGUN_",
    "METRICS_",
    "ORG_",
    "OTP_",
    "PASSWORD_",
    "PEPPER",
    "RATE_LIMIT_",
    "REDIS_",
    "SECRETS_",
    "SENDGRID_",
    "SESSION_",
    "SIRA_",
    "SMTP_",
    "TWILIO_",
    "USSD_",
)


def strange(given: Mapping[str, str], known: Collection[str], where: str) -> list[str]:
    """Return a sentence for each name that is nearly one of ours."""
    told = []
    for name in sorted(set(given) - set(known)):
        nearest = _nearest(name.upper(), known)
        if nearest:
            told.append(f"{name} in {where} is no setting; did you mean {nearest}?")
    return told


def _nearest(name: str, known: Collection[str]) -> str | None:
    if len(name) < _SHORTEST:
        return None
    alike = _ALIKE_IN_FAMILY if name.startswith(_FAMILIES) else _ALIKE
    plain = [each for each in known if not each.endswith("_FILE") or name.endswith("_FILE")]
    found = difflib.get_close_matches(name, _likely(name, plain, alike), 1, alike)
    return found[0] if found else None


def _likely(name: str, known: Collection[str], alike: float) -> list[str]:
    """Leave out what its length or its signs alone make too unlike: to compare hundreds takes long."""
    signs, length = set(name), len(name)
    likely = []
    for each in known:
        both = length + len(each)
        if 2 * min(length, len(each)) < alike * both:
            continue
        if both - len(signs.symmetric_difference(each)) >= alike * both:
            likely.append(each)
    return likely
