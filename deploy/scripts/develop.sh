#!/bin/sh
# The whole of a development on this machine: PostgreSQL (database romapi_dev, user romapi) and Redis in containers,
# on loopback alone, and the service beside them, until Ctrl+C.
#
#   develop.sh           start both stores, wait until they are well, then start the service on them
#   develop.sh --down    stop both; the data stays          develop.sh --erase    the data, too
#
# POSTGRES_PORT, REDIS_PORT and PORT are other ports than 5432, 6379 and 8000; a REDIS_URL that is given stays. What is
# more goes to ./run: --reload.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd -P)
stores() { docker compose --file "$here/deploy/compose/development.yaml" "$@"; }

docker compose version >/dev/null 2>&1 || {
	echo "docker compose is missing: install Docker with its plugin Compose, or start the service alone: ./run" >&2
	exit 69
}
case ${1:-} in
--down)
	stores down
	exit
	;;
--erase)
	stores down --volumes
	exit
	;;
esac
stores up --detach --wait
: "${POSTGRES_PORT:=5432}" "${REDIS_PORT:=6379}"
APP_ENV=development
DATABASE_URL=postgresql://romapi:development@127.0.0.1:$POSTGRES_PORT/romapi_dev
: "${REDIS_URL:=redis://127.0.0.1:$REDIS_PORT/0}"
export APP_ENV DATABASE_URL REDIS_URL
exec "$here/run" "$@"
