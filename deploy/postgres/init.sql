-- A fresh PostgreSQL for Watchword: the database, its five roles, its extensions and schemas. Run it once, as a
-- superuser, before the first migration:
--
--     psql -v ON_ERROR_STOP=1 -f init.sql                                              database watchword
--     psql -v ON_ERROR_STOP=1 -v database=auth_db -v app_login=auth_user -f init.sql   names of your own
--
-- Passwords are read from files, one for each role, in $POSTGRES_SECRETS (/run/secrets): postgres_migrator_password,
-- postgres_app_password, postgres_auditor_password, postgres_readonly_password. In the official image put this
-- file and the secrets where it looks for them (/docker-entrypoint-initdb.d); there `database` is POSTGRES_DB.
--
-- watchword_owner     owns schemas and tables; nobody signs in as it
-- watchword_migrator  signs in to migrate, and is the owner from its first statement on
-- watchword_app       serves people          watchword_auditor   reads the audit trail
-- watchword_readonly  reads the views of other systems' names, and PostgreSQL's own statistics
--
-- What they may do to the tables says roles.sql, after the migration.

\if :{?database}
\else
  \set database `echo "${POSTGRES_DB:-watchword}"`
\endif
\set migrator_password `cat "${POSTGRES_SECRETS:-/run/secrets}/postgres_migrator_password"`
\set app_password `cat "${POSTGRES_SECRETS:-/run/secrets}/postgres_app_password"`
\set auditor_password `cat "${POSTGRES_SECRETS:-/run/secrets}/postgres_auditor_password"`
\set readonly_password `cat "${POSTGRES_SECRETS:-/run/secrets}/postgres_readonly_password"`

-- An empty password means that its file is missing: stop here, with this as the reason.
SELECT 1 / (CASE WHEN '' IN (:'migrator_password', :'app_password', :'auditor_password', :'readonly_password')
    THEN 0 ELSE 1 END) AS "every role has a password";

SELECT format('CREATE DATABASE %I', :'database')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database')
\gexec
\connect :"database"

SET password_encryption = 'scram-sha-256';
CREATE ROLE watchword_owner NOLOGIN NOSUPERUSER NOBYPASSRLS;
CREATE ROLE watchword_migrator LOGIN NOSUPERUSER NOBYPASSRLS NOINHERIT IN ROLE watchword_owner
    PASSWORD :'migrator_password';
CREATE ROLE watchword_app LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'app_password';
CREATE ROLE watchword_auditor LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'auditor_password';
CREATE ROLE watchword_readonly LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'readonly_password';
ALTER ROLE watchword_migrator SET role = 'watchword_owner';
GRANT pg_read_all_stats TO watchword_readonly;

-- Who looks by hand sees the rows of the first tenant, and need not say so:
ALTER ROLE watchword_auditor SET watchword.tenant = '00000000-0000-7000-8000-000000000001';
ALTER ROLE watchword_readonly SET watchword.tenant = '00000000-0000-7000-8000-000000000001';

\if :{?app_login}
CREATE ROLE :"app_login" LOGIN NOSUPERUSER NOBYPASSRLS IN ROLE watchword_app PASSWORD :'app_password';
\endif

REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database"
    TO watchword_migrator, watchword_app, watchword_auditor, watchword_readonly;
GRANT CONNECT ON DATABASE :"database" TO watchword_owner WITH GRANT OPTION;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA auth AUTHORIZATION watchword_owner;
CREATE SCHEMA audit AUTHORIZATION watchword_owner;

CREATE SCHEMA extensions;
GRANT USAGE ON SCHEMA extensions TO watchword_readonly;
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS "pgcrypto" WITH SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS "pg_stat_statements" WITH SCHEMA extensions;
