#!/bin/sh
# Puts the database back as it was: stops the service and whatever else is connected to the database, such as an exporter of
# metrics; restores a backup, migrates, and starts all of them again. This is the one time that the service pauses.
#
#   restore.sh DATE IDENTITY [OPTION...]   a name, a day, or latest; the file of the secret key; options of
#                                          `watchword backup restore`, such as --force
#
# What was stopped is started again however it ends: when it is refused, fails, or is asked to end. One that was killed
# is run again, or deploy-docker.sh is: they know from state/stopped what it had stopped.
#
# Exit 1: it was refused before anything was touched, and all runs as before; or it says what is left to do.
set -eu
# shellcheck source=deploy/scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"
[ $# -ge 2 ] || fail "Usage: restore.sh DATE IDENTITY [OPTION...]"
[ -s "$2" ] || fail "$2 is no file: it must hold the secret key of the backups."
date=$1 identity=$(CDPATH='' cd -- "$(dirname -- "$2")" && pwd -P)/$(basename -- "$2")
shift 2
go_home

connected() ( # the services that run and share the database's socket, which is the only way to it
	running=$(docker compose ps --services)
	docker compose config |
		awk '/^  [^ ]/ { service = $1 } / source: database_socket$/ { sub(":", "", service); print service }' |
		sort -u | grep -vxE 'postgres|migrate|grants' | grep -xF "$running"
)

start() { # <services>
	# shellcheck disable=SC2086 # words on purpose
	[ -z "$1" ] || docker compose up --detach --wait --wait-timeout "$PATIENCE" --no-deps $1
}

as_it_was() { # of a database that was restored, and cannot be served yet, the service keeps away
	let_it_end
	schemas REVOKE FROM
	if [ -n "$restored" ]; then
		start "$(others "$stopped" "$(services)")"
		say "Restored, and the service stays stopped: deploy-docker.sh migrates, gives the roles their rights, and starts it."
	elif start "$stopped"; then
		rm -f state/stopped
		say "What was stopped runs again."
	else
		say "What was stopped does not run again: deploy-docker.sh starts it."
	fi
}

restored=
let_it_end
stopped=$({
	services
	connected || true
	cat state/stopped 2>/dev/null || true
} | sort -u)
known=$(docker compose config --services) || fail "The files of Compose cannot be read: nothing was changed."
stopped=$(others "$stopped" "$(others "$stopped" "$known")")
printf '%s\n' "$stopped" >state/stopped
undo=as_it_was
# shellcheck disable=SC2086 # words on purpose
docker compose stop --timeout "$STOP_PATIENCE" $stopped || fail "The service cannot be stopped."
schemas GRANT TO || fail "Nothing was restored."
# By stdin, for the user of the image may not read the operator's file, and no copy of the key stays anywhere.
docker compose run --rm --name "$(restoration)" --no-deps -T migrate \
	backup restore "$date" --identity - --yes "$@" <"$identity" || fail "It was not restored, or not to its end: see above."
restored=yes
docker compose run --rm --no-deps -T migrate || fail "The schema could not be migrated."
docker compose run --rm --no-deps -T grants || fail "The rights of the roles could not be given."
undo=:
schemas REVOKE FROM || true
start "$stopped" || fail "The service is not well after the restoration."
rm -f state/stopped
say "Restored: $date"
