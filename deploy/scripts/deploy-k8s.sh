#!/bin/sh
# Bring a version to a cluster: settings, migrations, pods, ways; each when the one before is well.
#
#   deploy-k8s.sh OVERLAY IMAGE@sha256:DIGEST
#
# A version that does not become ready, or does not answer at its address, is taken back: exit 1, and the
# former one serves. The same words again do the same.

[ $# -eq 2 ] || {
	sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
# shellcheck source=deploy/scripts/kubernetes.sh
. "$(dirname -- "$0")/kubernetes.sh"
choose "$1"
choose_image "$2"
refuse_two_at_once
render stable.yaml
ground
migrate
serve
lead
in_namespace get pods --selector "app=$DEPLOYMENT,role=server"
in_namespace get services
is_well
say "$ADDRESS is served by $image."
