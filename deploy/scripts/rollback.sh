#!/bin/sh
# Goes back to the image that ran before, without a pause: the schema suits it, as long as nobody ran the second half
# of the migrations (`migrate up --half after`).
#
#   rollback.sh          the image that state/previous names
#   rollback.sh IMAGE    another one, by its digest
#
# Exit 1: there is none, or it does not become well; then the present one goes on.
set -eu
# shellcheck source=deploy/scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"
go_home
former=${1:-$(cat state/previous 2>/dev/null || true)}
[ -n "$former" ] || fail "No former image is recorded: name one, by its digest."
present=$(told WATCHWORD_IMAGE)
if [ "$former" = "$present" ] && is_applied; then
	say "$former is what runs already."
	exit 0
fi
docker image inspect "$former" >/dev/null 2>&1 || docker pull "$former" >&2 || fail "$former cannot be had: $present goes on."
exchange "$former" || fail "$former is not well: $present goes on."
remember "$former"
say "$present -> $former"
