-- The role that serves people: it reads and writes rows, and makes, changes and drops no table. The audit trail
-- it can only add to (and take from a row where it came from, which erasure needs).
--
-- Run it once, as the role that owns the tables and migrates (`psql "$OWNER_URL" -f app-role.sql`), after the
-- first `watchword migrate up` and again after a migration that adds to the audit trail. The role itself comes
-- before, with a password of your own:  CREATE ROLE watchword_app LOGIN NOSUPERUSER NOBYPASSRLS
-- Then give DATABASE_URL of watchword_app to the service, and the owner's to `migrate up` and `audit archive`.

GRANT USAGE ON SCHEMA auth TO watchword_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA auth TO watchword_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA auth TO watchword_app;

-- Tables that later migrations of this owner bring:
ALTER DEFAULT PRIVILEGES IN SCHEMA auth GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO watchword_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA auth GRANT USAGE ON SEQUENCES TO watchword_app;

REVOKE INSERT, UPDATE, DELETE ON auth.alembic_version FROM watchword_app;
REVOKE UPDATE, DELETE ON auth.journal FROM watchword_app;
REVOKE UPDATE, DELETE ON auth.audit_chain FROM watchword_app;
REVOKE UPDATE, DELETE ON auth.audit_checkpoints FROM watchword_app;
REVOKE INSERT, UPDATE, DELETE ON auth.audit_archives FROM watchword_app;
GRANT UPDATE (address, user_agent, request_id, salt) ON auth.journal TO watchword_app;
