#!/bin/sh
# Bring a version to a cluster in one switch: it starts beside the one that serves, is tried, and gets all requests at once.
#
#   blue-green.sh OVERLAY IMAGE@sha256:DIGEST
#
# SMOKE is the command that tries it (else its own readiness). Until the switch nobody meets it. When it is not well
# after the switch, all requests go back at once. Then the pods that served are renewed behind it and take over, so
# that names stay what they are. Whatever fails: exit 1, and the former version serves.

[ $# -eq 2 ] || {
	sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
# shellcheck source=deploy/scripts/kubernetes.sh
. "$(dirname -- "$0")/kubernetes.sh"
choose "$1"
choose_image "$2"
begin_next
say "Sending everybody there ..."
send_to next
is_well
end_next
is_well
say "$ADDRESS is served by $image."
