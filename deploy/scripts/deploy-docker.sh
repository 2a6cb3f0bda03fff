#!/bin/sh
# Brings a deployment by Compose up, or up to date: builds the image (or pulls the one that is named), migrates, starts,
# and waits until all is well. What runs already is exchanged without a pause, when the image, .env or a secret is
# another one now; nginx reads its files and the certificate anew. Run twice, the second time changes nothing.
#
#   deploy-docker.sh             build from this checkout
#   deploy-docker.sh REFERENCE   take an image from a registry
#
# Exit 1: something is missing (all of it is named, and nothing was begun), or it did not become well: what runs
# already goes on. Where only settings are others, it names the services that have these by then.
set -eu
# shellcheck source=deploy/scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"
go_home

check() { # everything that a person must bring
	wrong=
	told=$("$SCRIPTS/secrets.sh" --check 2>&1) || wrong="$told
"
	for file in tls/fullchain.pem tls/privkey.pem; do
		[ -s "$file" ] || wrong="${wrong}Missing: $COMPOSE_HOME/$file
"
	done
	[ -n "$(told PUBLIC_BASE_URL)" ] || wrong="${wrong}Missing in .env: PUBLIC_BASE_URL
"
	[ -z "$wrong" ] || fail "${wrong}Nothing was begun."
}

lay_out() { # folders of this deployment
	mkdir -p logs keys acme backups state
	[ -f instances.conf ] || spread
}

give_away() { # <image>: two of them are for its user to write to, whoever we are
	docker run --rm --user 0 --network none --volume "$COMPOSE_HOME/logs:/given/logs" --volume "$COMPOSE_HOME/backups:/given/backups" \
		--entrypoint chown "$1" --reference=/app/logs /given/logs /given/backups
}

give_up() {
	docker compose logs --tail 50 app migrate >&2 || true
	fail "$*"
}

check
lay_out
new=$(obtained "${1:-}") || fail "There is no image: nothing was changed."
WATCHWORD_IMAGE=$new
export WATCHWORD_IMAGE
give_away "$new" || fail "logs and backups cannot be given to the user of the image: nothing was changed."

docker compose run --rm --no-deps -T migrate env validate >&2 || fail "The settings are not complete: nothing was changed."
docker compose up --detach --wait --wait-timeout "$PATIENCE" --no-deps postgres redis redis-cache ||
	give_up "The stores are not well."
if [ -f state/stopped ]; then # a restoration was killed
	let_it_end
	schemas REVOKE FROM || true
fi
docker compose run --rm --no-deps -T migrate || give_up "The schema could not be migrated."
docker compose run --rm --no-deps -T grants || give_up "The rights of the roles could not be given."
if [ -n "$(everywhere)" ]; then
	is_applied || exchange "$new" || fail "The new instances are not well: those that served go on."
else
	# shellcheck disable=SC2046 # words on purpose
	docker compose up --detach --wait --wait-timeout "$PATIENCE" --no-deps $(services) || give_up "The service is not well."
	note_applied
fi
remember "$new"
# shellcheck disable=SC2046 # words on purpose
docker compose up --detach --wait --wait-timeout "$PATIENCE" --no-deps \
	$(docker compose config --services | grep -vxE 'app|auth-[0-9]+|migrate|grants') || give_up "The proxy is not well."
rm -f state/stopped
refresh || give_up "nginx does not take its files; it goes on with the former ones."
# shellcheck disable=SC2046 # words on purpose
answer $(everywhere) || give_up "It does not answer as it should."
say "Watchword ($new) answers at $(told PUBLIC_BASE_URL)"
