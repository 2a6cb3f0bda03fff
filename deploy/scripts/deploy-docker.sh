#!/bin/sh
# Brings a deployment by Compose up, or up to date: builds the image (or pulls the one that is named), migrates, starts,
# and waits until all is well. What runs already is exchanged without a pause; run twice, the second time changes nothing.
#
#   deploy-docker.sh             build from this checkout
#   deploy-docker.sh REFERENCE   take an image from a registry
#
# Exit 1: something is missing (all of it is named, and nothing was begun), or it did not become well (what runs
# already goes on).
set -eu
# shellcheck source=deploy/scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
go_home

check() { # everything that a person must bring
	wrong=
	told=$("$here/secrets.sh" --check 2>&1) || wrong="$told
"
	for file in tls/fullchain.pem tls/privkey.pem; do
		[ -s "$file" ] || wrong="${wrong}Missing: $COMPOSE_HOME/$file
"
	done
	[ -n "$(told PUBLIC_BASE_URL)" ] || wrong="${wrong}Missing in .env: PUBLIC_BASE_URL
"
	[ -z "$wrong" ] || fail "${wrong}Nothing was begun."
}

lay_out() { # folders of this deployment; the user of the image writes to two of them
	mkdir -p logs keys acme backups state
	if [ "$(id -u)" -eq 0 ]; then
		chown "$(told UID 1001):$(told GID 1001)" logs backups
	fi
	[ -f instances.conf ] || spread
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

docker compose run --rm --no-deps -T migrate env validate >&2 || fail "The settings are not complete: nothing was changed."
docker compose up --detach --wait --wait-timeout "$PATIENCE" --no-deps postgres redis redis-cache ||
	give_up "The stores are not well."
docker compose run --rm --no-deps -T migrate || give_up "The schema could not be migrated."
docker compose run --rm --no-deps -T grants || give_up "The rights of the roles could not be given."
if [ -n "$(everywhere)" ]; then
	[ "$(told WATCHWORD_IMAGE)" = "$new" ] || exchange "$new" ||
		give_up "The new version is not well; the former one goes on."
else
	# shellcheck disable=SC2046 # words on purpose
	docker compose up --detach --wait --wait-timeout "$PATIENCE" --no-deps $(services) || give_up "The service is not well."
fi
remember "$new"
# shellcheck disable=SC2046 # words on purpose
docker compose up --detach --wait --wait-timeout "$PATIENCE" --no-deps \
	$(docker compose config --services | grep -vxE 'app|auth-[0-9]+|migrate|grants') || give_up "The proxy is not well."
# shellcheck disable=SC2046 # words on purpose
answer $(everywhere) || give_up "It does not answer as it should."
say "Watchword ($new) answers at $(told PUBLIC_BASE_URL)"
