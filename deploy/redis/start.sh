#!/bin/sh
# Starts Redis (or Valkey) with users whose passwords are secrets:  start.sh state.conf [--include tls.conf ...]
#
# Snapshots and the append-only file are kept in REDIS_DATA (/data); REDIS_SERVER (redis-server) is the program,
# valkey-server for example.
# REDIS_SECRETS (/run/secrets) holds redis_password, the service's, and redis_operator_password. The service has no
# more commands than it needs; whoever looks after the store signs in as `operator`. With redis_monitor_password there is
# `monitor`, too, who reads numbers and no keys. No password is written anywhere: the list of users that is made here,
# in REDIS_RUN (/run/redis), holds their digests. REDIS_USERS (users.acl) is another list: cache.acl lets the service
# have nothing but the cache's keys.
set -eu
umask 077

here=$(dirname "$0")
secrets=${REDIS_SECRETS:-/run/secrets}
users=${REDIS_RUN:-/run/redis}/users.acl

digest() {
    password=$(cat "$secrets/$1")
    [ -n "$password" ] || { echo "start.sh: $secrets/$1 is empty" >&2; exit 78; }
    printf %s "$password" | sha256sum | cut -d ' ' -f 1
}

service=$(digest redis_password)
operator=$(digest redis_operator_password)
monitor=/@MONITOR@/d
[ ! -s "$secrets/redis_monitor_password" ] || monitor="s/@MONITOR@/$(digest redis_monitor_password)/"
sed -e "s/@SERVICE@/$service/" -e "s/@OPERATOR@/$operator/" -e "$monitor" "$here/${REDIS_USERS:-users.acl}" > "$users"
exec "${REDIS_SERVER:-redis-server}" "$@" --dir "${REDIS_DATA:-/data}" --aclfile "$users"
