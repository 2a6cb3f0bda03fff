#!/bin/sh
# Updates a deployment by Compose without a pause: backs up, gets the new image, migrates what the old version bears,
# starts new instances beside the old ones, lets nginx ask the new ones alone, stops the old ones, and looks again.
#
#   update.sh             build from this checkout
#   update.sh REFERENCE   take an image from a registry, by tag or digest
#
# Exit 1: it was not done. Whatever failed, the former version serves; rollback.sh undoes an update that went through.
# The second half of migrations (`migrate up --half after`) is left to you, for when no one wants to go back.
set -eu
# shellcheck source=deploy/scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"
go_home
former=$(told WATCHWORD_IMAGE)
[ -n "$former" ] && [ -n "$(everywhere)" ] || fail "Nothing runs here: deploy-docker.sh starts it."

docker compose run --rm --no-deps -T migrate backup create >&2 || fail "There is no backup: nothing was changed."

new=$(obtained "${1:-}") || fail "There is no new image: $former goes on."
WATCHWORD_IMAGE=$new
export WATCHWORD_IMAGE
if [ "$new" = "$former" ] && is_applied; then
	refresh || fail "nginx does not take its files; it goes on with the former ones."
	say "$new is what runs already."
	exit 0
fi

docker compose run --rm --no-deps -T migrate env validate >&2 || fail "The settings do not suit $new: $former goes on."
docker compose run --rm --no-deps -T migrate || fail "The schema could not be migrated: $former goes on."
docker compose run --rm --no-deps -T grants || fail "The rights of the roles could not be given: $former goes on."
exchange "$new" || fail "$new is not well. Undone: $former goes on."
# shellcheck disable=SC2046 # words on purpose
if ! answer $(everywhere); then
	exchange "$former" || fail "$new does not answer, and $former is not well either: see the logs."
	fail "$new does not answer as it should. Undone: $former is back."
fi
remember "$new"
say "$former -> $new. When nobody wants to go back: docker compose run --rm migrate migrate up --half after"
