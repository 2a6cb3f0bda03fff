#!/bin/sh
# The first start of PostgreSQL: roles, extensions and schemas, by init.sql. DB_USER may give the service a name of its
# own; watchword_backup reads everything, for backups. The image runs this once, before anybody else is let in.
set -eu
set -- --no-psqlrc --set ON_ERROR_STOP=1 --username postgres --dbname postgres --set database="$POSTGRES_DB"
psql "$@" <<'END'
\set password `cat "${POSTGRES_SECRETS:-/run/secrets}/postgres_backup_password"`
SET password_encryption = 'scram-sha-256';
CREATE ROLE watchword_backup LOGIN NOSUPERUSER BYPASSRLS PASSWORD :'password';
GRANT pg_read_all_data TO watchword_backup;
GRANT CONNECT ON DATABASE :"database" TO watchword_backup;
END
[ "$APP_LOGIN" = watchword_app ] || set -- "$@" --set app_login="$APP_LOGIN"
psql "$@" --file /usr/share/watchword/init.sql
