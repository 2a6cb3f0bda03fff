#!/bin/sh
# Bring a version to a cluster for a share of its users, then for more, then for all.
#
#   canary.sh OVERLAY IMAGE@sha256:DIGEST [PERCENT...]      else 5 25 100
#
# WATCH is how many seconds each share is watched (600); CHECK is the command that judges it then, such as a question to
# Prometheus (docs/operate/roll-out.md). Whatever fails: exit 1, and everybody is with the former version again.

[ $# -ge 2 ] || {
	sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
# shellcheck source=deploy/scripts/kubernetes.sh
. "$(dirname -- "$0")/kubernetes.sh"
choose "$1"
choose_image "$2"
shift 2
[ $# -gt 0 ] || set -- 5 25 100
for percent; do
	case $percent in
	[1-9] | [1-9][0-9] | 100) ;;
	*) give_up "$percent is no share: write 1 to 100." ;;
	esac
done
has_route || give_up "There is no HTTPRoute \`auth\` in $NAMESPACE: shares need Gateway API. Use blue-green.sh."
begin_next
for percent; do
	say "$percent of 100 go there ..."
	share "$percent"
	sleep "${WATCH:-600}"
	rolled_out "$DEPLOYMENT-next"
	[ -z "${CHECK:-}" ] || sh -c "$CHECK"
	is_well
done
end_next
is_well
say "$ADDRESS is served by $image."
