#!/bin/sh
# Puts the database back as it was: stops the service, restores a backup, migrates, starts it again. This is the one
# time that it pauses.
#
#   restore.sh DATE IDENTITY [OPTION...]   a name, a day, or latest; the file of the secret key; options of
#                                          `watchword backup restore`, such as --force
#
# Exit 1: nothing was restored (what cannot be trusted is refused before anything is touched), and it runs as before.
set -eu
# shellcheck source=deploy/scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"
[ $# -ge 2 ] || fail "Usage: restore.sh DATE IDENTITY [OPTION...]"
[ -s "$2" ] || fail "$2 is no file: it must hold the secret key of the backups."
date=$1 identity=$(CDPATH='' cd -- "$(dirname -- "$2")" && pwd -P)/$(basename -- "$2")
shift 2
go_home

schemas() { # GRANT or REVOKE, TO or FROM: whether the owner may make them, which nobody needs otherwise
	docker compose exec -T --user postgres postgres psql --quiet --dbname postgres \
		--command "$1 CREATE ON DATABASE \"$(told POSTGRES_DB watchword)\" $2 watchword_owner"
}

again() {
	# shellcheck disable=SC2046 # words on purpose
	docker compose up --detach --wait --wait-timeout "$PATIENCE" --no-deps $(services)
}

# shellcheck disable=SC2046 # words on purpose
docker compose stop --timeout "$STOP_PATIENCE" $(services) || fail "The service cannot be stopped: nothing was changed."
restored=yes
schemas GRANT TO || restored=
if [ -z "$restored" ] || ! docker compose run --rm --no-deps -T --volume "$identity:/run/identity:ro" migrate \
	backup restore "$date" --identity /run/identity --yes "$@"; then
	schemas REVOKE FROM || true
	again || true
	fail "Nothing was restored."
fi
schemas REVOKE FROM || say "watchword_owner may still make schemas: REVOKE CREATE ON DATABASE"
docker compose run --rm --no-deps -T migrate || fail "The schema could not be migrated: the service stays stopped."
docker compose run --rm --no-deps -T grants || fail "The rights of the roles could not be given: the service stays stopped."
again || fail "The service is not well after the restoration."
say "Restored: $date"
