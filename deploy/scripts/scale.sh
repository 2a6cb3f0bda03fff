#!/bin/sh
# Has so many instances from now on, without a pause: REPLICAS in .env says so to every script that comes after.
#
#   scale.sh COUNT     of all; where some have a name and a file of their own (ha.yaml), REPLICAS is how many more there are
#
# Exit 1: they did not become well; then those that served go on, as many as they were.
set -eu
case ${1:-} in
'' | *[!0-9]* | 0*) set -- ;;
esac
[ $# -eq 1 ] || {
	sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
# shellcheck source=deploy/scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"
go_home
image=$(told WATCHWORD_IMAGE)
[ -n "$image" ] && [ -n "$(everywhere)" ] || fail "Nothing runs here: deploy-docker.sh starts it."
former=$(told REPLICAS)
named=0 # those that are as many as they are, whatever REPLICAS says
for service in $(services); do
	[ "$service" = app ] || named=$((named + $(wished "$service")))
done
[ "$1" -gt "$named" ] || fail "$named of them have a name of their own: at least $((named + 1)) serve here."
number_of() { instances_of "$1" | grep -c . || true; }
numbers() { for service in $(services); do printf '%s=%s;' "$service" "$(number_of "$service")"; done; }
before=$(numbers)
as_many_as_before() { # also of those that were exchanged before one failed
	put REPLICAS "$former"
	for service in $(services); do
		case ";$before" in
		*";$service=$(number_of "$service");"*) ;;
		*) exchange_one "$service" "$image" ||
			say "$service: $(number_of "$service") go on, for as many as before are not well either" ;;
		esac
	done
}
undo=as_many_as_before
put REPLICAS "$(($1 - named))"
exchange "$image" || fail "$1 instances are not well: back to as many as before."
undo=:
say "$1 instances serve."
