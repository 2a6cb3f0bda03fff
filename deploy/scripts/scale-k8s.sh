#!/bin/sh
# Have more pods at once, and let the autoscaler keep at least so many.
#
#   scale-k8s.sh OVERLAY COUNT
#
# Never more than the autoscaler's most: for so many the database's connections were counted.

case ${2:-} in
'' | *[!0-9]* | 0*) set -- ;;
esac
[ $# -eq 2 ] || {
	sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
# shellcheck source=deploy/scripts/kubernetes.sh
. "$(dirname -- "$0")/kubernetes.sh"
choose "$1"
most=$(in_namespace get hpa "$AUTOSCALER" --output 'jsonpath={.spec.maxReplicas}')
[ "$2" -le "$most" ] ||
	give_up "$2 pods are more than $most: raise DB_POOL_MAX x pods only with max_connections (docs/operate/kubernetes.md)."
in_namespace patch hpa "$AUTOSCALER" --type merge --patch "{\"spec\":{\"minReplicas\":$2}}"
in_namespace scale "deployment/$DEPLOYMENT" --replicas="$2"
rolled_out "$DEPLOYMENT"
in_namespace get pods --selector "app=$DEPLOYMENT,role=server"
