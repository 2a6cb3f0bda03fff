#!/bin/sh
# The first start of PostgreSQL: roles, extensions and schemas, by init.sql. DB_USER may give the service a name of its
# own; the image runs this once, before anybody else is let in.
set -eu
set -- --no-psqlrc --set ON_ERROR_STOP=1 --username postgres --dbname postgres --set database="$POSTGRES_DB"
[ "$APP_LOGIN" = watchword_app ] || set -- "$@" --set app_login="$APP_LOGIN"
psql "$@" --file /usr/share/watchword/init.sql
