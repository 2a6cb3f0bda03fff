"""Environments to read settings from: complete ones, for each profile, that production accepts."""

import secrets

SECRETS = (
    "CSRF_SECRET",
    "JWT_REFRESH_SECRET",
    "JWT_RESET_SECRET",
    "JWT_SECRET",
    "PEPPER",
    "SESSION_SECRET",
)
CLINIC = {
    "CLINIC_NAME": "Cabinet Dentaire NOVA",
    "CLINIC_PHONE_E164": "+213555000000",
    "CLINIC_EMAIL": "contact@nova-rdv.dz",
    "CLINIC_ADDRESS": "Cité 109, Daboussy El Achour, Alger",
}


def fresh_secrets() -> dict[str, str]:
    """Return a secret for each purpose."""
    return {name: secrets.token_hex(64) for name in SECRETS}


def production(**more: str) -> dict[str, str]:
    """Return an environment that production starts with; `more` changes it, empty takes away."""
    return {
        **fresh_secrets(),
        "APP_ENV": "production",
        "PUBLIC_BASE_URL": "https://auth.example.org",
        "TRUSTED_PROXIES": "10.0.0.0/8",
        "WEB_CONCURRENCY": "2",
        "DATABASE_URL": "postgresql://auth:kept-elsewhere@db.example.org/auth_db",
        "REDIS_URL": "rediss://redis.example.org:6379/0",
        "EMAIL_FROM": "Watchword <noreply@example.org>",
        "SMTP_HOST": "smtp.example.org",
        "SMTP_USER": "auth",
        "SMTP_PASSWORD": "kept-elsewhere",
        **more,
    }


def development(**more: str) -> dict[str, str]:
    """Return an environment that development starts with."""
    return {"APP_ENV": "development", "JWT_SECRET": secrets.token_hex(64), **more}
