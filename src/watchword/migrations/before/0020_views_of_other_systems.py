"""Views by the names that other systems knew.

    patients  auth_sessions  otp_records  gdpr_consents  audit.audit_log

They are for reading (PostgreSQL). A view shows what its owner may see, so whoever reads one needs no right
to the tables below it; the tenant is asked for in each, for owners whom row-level security does not bind.
A later revision that changes the type of a column, or drops one, makes the views anew.
"""

from alembic import op

from watchword.migrations.words import on_postgres, schema_of_views

revision = "before_0020"
down_revision = "before_0019"
branch_labels = None

_OURS = "tenant_id = nullif(current_setting('watchword.tenant', true), '')::uuid"

_SCHEMA = "DO $$ BEGIN IF to_regnamespace('{0}') IS NULL THEN CREATE SCHEMA {0}; END IF; END $$"
_ADDRESS = """
CREATE FUNCTION address_of(told text) RETURNS inet LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN RETURN nullif(told, '')::inet;
EXCEPTION WHEN invalid_text_representation THEN RETURN NULL;
END $$
"""
_PATIENTS = f"""
CREATE VIEW patients WITH (security_barrier) AS SELECT
    id, name::varchar(100) AS name, email::varchar(254) AS email, phone::varchar(16) AS phone_e164,
    email_verified_at IS NOT NULL AS email_verified, phone_verified_at IS NOT NULL AS phone_verified,
    upper(status)::varchar(50) AS account_status, created_at, updated_at
FROM users WHERE status <> 'erased' AND {_OURS}
"""  # noqa: S608 - our own words
_AUTH_SESSIONS = f"""
CREATE VIEW auth_sessions WITH (security_barrier) AS SELECT
    id, user_id AS patient_id, encode(digest, 'hex')::varchar(255) AS token_hash,
    least(expires_at, idle_until) AS expires_at, created_at, address_of(address) AS ip_address, user_agent,
    ended_at IS NULL AND expires_at > now() AND idle_until > now() AS is_active
FROM sessions WHERE {_OURS}
"""  # noqa: S608 - our own words
_OTP_RECORDS = f"""
CREATE VIEW otp_records WITH (security_barrier) AS SELECT
    id, address_key::varchar(254) AS email, encode(code_digest, 'hex')::varchar(255) AS code_hash,
    code_expires_at AS expires_at, guesses AS attempts, spent_at IS NOT NULL AS verified,
    purpose::varchar(50) AS purpose, created_at
FROM tickets WHERE {_OURS}
"""  # noqa: S608 - our own words
_LATEST = """
LEFT JOIN LATERAL (
    SELECT deed IN ('granted', 'renewed') AS given, at, address FROM consents
    WHERE consents.user_id = users.id AND purpose = '{0}' AND deed <> 'asked' ORDER BY number DESC LIMIT 1
) AS {0} ON true"""
_GDPR_CONSENTS = f"""
CREATE VIEW gdpr_consents WITH (security_barrier) AS SELECT
    oldest.id, users.id AS patient_id,
    coalesce(processing.given, false) AS data_processing_consent,
    processing.at AS data_processing_timestamp, address_of(processing.address) AS data_processing_ip,
    coalesce(marketing.given, false) AS marketing_emails_consent,
    marketing.at AS marketing_emails_timestamp,
    coalesce(transactional.given, false) AS transactional_emails_consent,
    transactional.at AS transactional_emails_timestamp,
    oldest.at AS created_at, greatest(processing.at, marketing.at, transactional.at) AS updated_at
FROM users
JOIN LATERAL (
    SELECT id, at FROM consents WHERE consents.user_id = users.id ORDER BY number LIMIT 1
) AS oldest ON true
{"".join(_LATEST.format(purpose) for purpose in ("processing", "marketing", "transactional"))}
WHERE users.{_OURS}
"""  # noqa: S608 - our own words
_AUDIT_LOG = f"""
CREATE VIEW {{0}}.audit_log WITH (security_barrier) AS SELECT
    id, at AS "timestamp", user_id, type AS action, facts AS details,
    address_of(address) AS ip_address, user_agent, request_id
FROM journal WHERE {_OURS}
"""  # noqa: S608 - our own words


def upgrade() -> None:
    """Apply."""
    if not on_postgres():
        return
    views = schema_of_views()
    for made in (
        _SCHEMA.format(views),
        _ADDRESS,
        _PATIENTS,
        _AUTH_SESSIONS,
        _OTP_RECORDS,
        _GDPR_CONSENTS,
        _AUDIT_LOG.format(views),
    ):
        op.execute(made)
