-- A role that serves one tenant, and can see no other's rows whatever it says its tenant is. Run it as the owner
-- of the tables, and again after each migration: until then such a role has no right to a new table.
--
--     psql "$OWNER_URL" -v ON_ERROR_STOP=1 -v role=NAME -v tenant=UUID -f tenant-role.sql
--
-- The role comes before:  CREATE ROLE NAME LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '...'
-- It must be a member of no other role: membership in watchword_app would let it become that one.

\set app :role
\ir roles.sql

SELECT format('GRANT CONNECT ON DATABASE %I TO %I', current_database(), :'role')
\gexec
ALTER DEFAULT PRIVILEGES IN SCHEMA auth REVOKE ALL ON TABLES FROM :"role";
REVOKE USAGE ON SCHEMA audit FROM :"role";

SELECT format('DROP POLICY IF EXISTS %I ON auth.%I', 'only_for_' || :'role', relname)
FROM pg_class WHERE relnamespace = 'auth'::regnamespace AND relkind = 'r' AND relrowsecurity
\gexec

SELECT format(
    'CREATE POLICY %I ON auth.%I AS RESTRICTIVE TO %I USING (tenant_id = %L) WITH CHECK (tenant_id = %L)',
    'only_for_' || :'role', relname, :'role', :'tenant'::uuid, :'tenant'::uuid)
FROM pg_class WHERE relnamespace = 'auth'::regnamespace AND relkind = 'r' AND relrowsecurity
\gexec
