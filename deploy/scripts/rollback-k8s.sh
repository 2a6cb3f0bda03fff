#!/bin/sh
# Go back to the version before, at once. The schema needs nothing: what a release migrates first, the version before can live with.
#
#   rollback-k8s.sh OVERLAY [REVISION]      revisions: kubectl rollout history
#
# While a next version stands beside the one that serves (blue-green, canary), everybody is sent to the latter and the
# next one is removed; nothing else is rolled back then.

[ $# -ge 1 ] && [ $# -le 2 ] || {
	sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
# shellcheck source=deploy/scripts/kubernetes.sh
. "$(dirname -- "$0")/kubernetes.sh"
choose "$1"
TIMEOUT=60s
is_there deployment "$DEPLOYMENT" || give_up "Nothing serves in $NAMESPACE."
if is_there deployment "$DEPLOYMENT-next"; then
	stay
else
	in_namespace rollout undo "deployment/$DEPLOYMENT" ${2:+"--to-revision=$2"}
fi
rolled_out "$DEPLOYMENT"
is_well
say "$ADDRESS is served by $(in_namespace get deployment "$DEPLOYMENT" --output 'jsonpath={.spec.template.spec.containers[0].image}')."
