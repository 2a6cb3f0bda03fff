-- What each role may do. Run it as the owner of the tables, after the first `watchword migrate up` and again
-- after each later one:
--
--     psql "$OWNER_URL" -v ON_ERROR_STOP=1 -f roles.sql
--
-- watchword_app       serves people: reads and writes rows; makes, changes and drops no table. The audit trail it
--                     can only add to (and take from a row where it came from, which erasure needs)
-- watchword_auditor   reads the audit trail, and nothing else
-- watchword_readonly  reads the views by which other systems know us, and no secret
--
-- The roles themselves come from init.sql. `-v app=NAME` gives the rights of watchword_app to a role of that name.

\if :{?app}
\else
  \set app watchword_app
\endif

BEGIN;
SET LOCAL search_path = auth;

GRANT USAGE ON SCHEMA auth TO :"app", watchword_auditor, watchword_readonly;
GRANT USAGE ON SCHEMA audit TO watchword_auditor;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA auth TO :"app";
GRANT USAGE ON ALL SEQUENCES IN SCHEMA auth TO :"app";

-- Tables that later migrations of this owner bring:
ALTER DEFAULT PRIVILEGES IN SCHEMA auth GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"app";
ALTER DEFAULT PRIVILEGES IN SCHEMA auth GRANT USAGE ON SEQUENCES TO :"app";

REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM :"app";
REVOKE UPDATE, DELETE ON journal, audit_chain, audit_checkpoints FROM :"app";
REVOKE INSERT, UPDATE, DELETE ON audit_archives FROM :"app";
GRANT UPDATE (address, user_agent, request_id, salt) ON journal TO :"app";

-- A view asks its owner's policies, not the reader's: no view is for those whom policies bind.
SELECT format('REVOKE ALL ON auth.%I FROM %I', relname, :'app')
FROM pg_class WHERE relnamespace = 'auth'::regnamespace AND relkind IN ('v', 'm')
\gexec

GRANT SELECT ON audit.audit_log, journal, audit_waiting, audit_chain, audit_checkpoints, audit_archives,
    audit_erased TO watchword_auditor;

GRANT SELECT ON patients, auth_sessions, otp_records, gdpr_consents TO watchword_readonly;

COMMIT;
