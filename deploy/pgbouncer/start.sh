#!/bin/sh
# Starts PgBouncer for users whose passwords are secrets:  start.sh [pgbouncer.ini]
#
# POSTGRES_SECRETS (/run/secrets) holds postgres_app_password and postgres_readonly_password; APP_LOGIN is the name
# of the service's user (watchword_app). The list that is made of them, in PGBOUNCER_RUN (/run/pgbouncer), is for
# PgBouncer's eyes alone: keep that folder in memory.
set -eu
umask 077

secrets=${POSTGRES_SECRETS:-/run/secrets}
users=${PGBOUNCER_RUN:-/run/pgbouncer}/userlist.txt

user() {
    password=$(cat "$secrets/$2")
    [ -n "$password" ] || { echo "start.sh: $secrets/$2 is empty" >&2; exit 78; }
    printf '"%s" "%s"\n' "$1" "$(printf %s "$password" | sed 's/"/""/g')"
}

service=$(user "${APP_LOGIN:-watchword_app}" postgres_app_password)
readonly=$(user watchword_readonly postgres_readonly_password)
printf '%s\n' "$service" "$readonly" > "$users"
exec "${PGBOUNCER:-pgbouncer}" "${1:-/etc/pgbouncer/pgbouncer.ini}"
