#!/bin/sh
# Asks Redis for a sign of life, as the service, and writes no key:  healthcheck.sh [--tls --cacert FILE] [-p PORT]
set -eu
REDISCLI_AUTH=$(cat "${REDIS_SECRETS:-/run/secrets}/redis_password")
export REDISCLI_AUTH
[ "$("${REDIS_CLI:-redis-cli}" "$@" ping)" = PONG ]
