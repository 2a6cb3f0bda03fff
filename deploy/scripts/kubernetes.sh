# shellcheck shell=sh
# What the scripts for a cluster share. It is read by them (`. kubernetes.sh`) and does nothing by itself.
#
#   choose   an overlay, and the names that its scripts need
#   render   what Kustomize makes of it, with an image and a number of pods
#   ground, migrate, serve, lead   apply its parts, each when the one before is well
#   begin_next, end_next           a second version beside the one that serves
#
# Whatever fails ends the script with 1 and runs `$undo`: what that has to put right is known at each step.

set -eu

HERE=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
KUBERNETES=$HERE/../kubernetes
TIMEOUT=${TIMEOUT:-300s}
MIGRATION_TIMEOUT=${MIGRATION_TIMEOUT:-660} # seconds: a little more than the job gives itself
undo=:
work=

say() { printf '%s\n' "$*" >&2; }

give_up() {
	say "$@"
	exit 1
}

at_the_end() {
	status=$?
	trap - EXIT
	set +e
	if [ "$status" -ne 0 ] && [ "$undo" != : ]; then
		say "Not done: the version that served goes on serving."
		$undo
	fi
	[ -z "$work" ] || rm -rf "$work"
	exit "$status"
}
trap at_the_end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

choose() { # <overlay>: sets the names of names.env
	command -v kubectl >/dev/null 2>&1 || give_up "kubectl is not on PATH: install it, then start again."
	overlay=$1
	names=$KUBERNETES/overlays/$overlay/names.env
	[ -f "$names" ] || give_up "There is no overlay $overlay in deploy/kubernetes/overlays."
	# shellcheck disable=SC2034 # scale-k8s.sh asks for AUTOSCALER
	NAMESPACE='' DEPLOYMENT='' SERVICE='' SERVICE_PORT='' AUTOSCALER='' ADDRESS='' IMAGE=''
	# shellcheck source=/dev/null
	. "$names"
}

make_room() { # to render in; one whose script was killed is not locked any more, and leaves
	find "$KUBERNETES/overlays" -maxdepth 1 -name '.render.*' -mmin +60 -exec flock --nonblock {} rm -rf {} \; || : # another left meanwhile
	work=$(mktemp -d "$KUBERNETES/overlays/.render.XXXXXX")
	exec 8<"$work"
	flock 8
}

choose_image() { # <image>: by digest, or nothing would say what runs
	digest=${1##*@sha256:}
	case $1 in
	?*@sha256:*) ;;
	*) give_up "Name the image by its digest: $IMAGE@sha256:..." ;;
	esac
	case $digest in
	*[!0-9a-f]*) give_up "$digest is no digest." ;;
	esac
	[ "${#digest}" -eq 64 ] || give_up "$digest is no digest."
	image=$1
}

in_namespace() { kubectl --namespace "$NAMESPACE" "$@"; }

is_there() { # <kind> <name>
	found=$(in_namespace get "$1" "$2" --ignore-not-found --output name) || give_up "The cluster does not answer."
	[ -n "$found" ]
}

pods_now() { # how many pods there are to be, at least three
	count=$(in_namespace get deployment "$DEPLOYMENT" --ignore-not-found --output 'jsonpath={.spec.replicas}')
	[ "${count:-0}" -gt 3 ] || count=3
	printf '%s' "$count"
}

refuse_two_at_once() { # of this machine; ci.yml sees to its own
	command -v flock >/dev/null 2>&1 || give_up "flock is missing: install util-linux."
	exec 9>>"${LOCKS:-$KUBERNETES/overlays}/.lock.$NAMESPACE"
	flock --nonblock 9 || give_up "Another script rolls a version out to $NAMESPACE just now: let it end."
	! is_there deployment "$DEPLOYMENT-next" ||
		give_up "A next version stands beside this one: let its script end, or run rollback-k8s.sh $overlay."
}

render() { # <file> [component]: the image and the number of pods are put in, so that no release scales down
	[ -n "$work" ] || make_room
	pods=$(pods_now)
	{
		printf 'resources: [../%s]\n' "$overlay"
		[ -z "${2:-}" ] || printf 'components: [../../components/%s]\n' "$2"
		printf 'images:\n- {name: "%s", newName: "%s", digest: "sha256:%s"}\n' \
			"$IMAGE" "${image%@*}" "$digest"
		printf 'replicas:\n- {name: "%s", count: %s}\n' "$DEPLOYMENT" "$pods"
	} >"$work/kustomization.yaml"
	kubectl kustomize "$work" >"$work/$1"
}

apply() { # <file> <part>
	kubectl apply --filename "$work/$1" --selector "part=$2"
}

ground() { # settings, secrets and what else the pods stand on
	say "Namespace, settings, secrets ..."
	apply stable.yaml ground
	in_namespace wait externalsecret --all --for=condition=Ready --timeout=120s
}

migrate() { # the half that the old version can live with; a failure changes nothing else
	say "Migrations ..."
	in_namespace delete job migration --ignore-not-found --wait
	apply stable.yaml migration
	until_then=$(($(date +%s) + MIGRATION_TIMEOUT)) # by the clock: a cluster that answers late takes of it, too
	until ended=$(in_namespace get job migration --output 'jsonpath={.status.conditions[?(@.status=="True")].type}' --request-timeout=10s) &&
		case $ended in *Complete* | *Failed*) true ;; *) false ;; esac do
		[ "$(date +%s)" -lt "$until_then" ] ||
			give_up "The migrations did not end within $MIGRATION_TIMEOUT s (MIGRATION_TIMEOUT): kubectl get job migration."
		sleep 2
	done
	case $ended in
	*Failed*)
		in_namespace logs job/migration --tail=50 >&2 || true
		give_up "The migrations failed."
		;;
	esac
}

rolled_out() { # <deployment>
	in_namespace rollout status "deployment/$1" --timeout="$TIMEOUT"
}

serve() { # the pods, one by one; a version that does not become ready is taken back
	say "Pods of $image ..."
	remember
	apply stable.yaml server
	rolled_out "$DEPLOYMENT"
}

remember() { # the revision that serves: one step back could be one too many
	! is_there deployment "$DEPLOYMENT" || undo=serve_as_before
	former=$(in_namespace get deployment "$DEPLOYMENT" --ignore-not-found \
		--output 'jsonpath={.metadata.annotations.deployment\.kubernetes\.io/revision}')
}

serve_as_before() {
	in_namespace rollout undo "deployment/$DEPLOYMENT" --to-revision="$former"
	rolled_out "$DEPLOYMENT"
}

lead() { # the ways to the pods
	apply stable.yaml access
}

is_well() { # as people reach it, by TLS and by name: a redirect or another's page is no answer
	say "Asking $ADDRESS ..."
	told=$(curl --silent --show-error --fail --max-time 10 --retry 10 --retry-delay 3 --retry-all-errors "$ADDRESS") ||
		give_up "$ADDRESS does not answer."
	case $told in
	*'"status":"healthy"'* | *'"status":"degraded"'*) ;;
	*) give_up "$ADDRESS answers, but not as this service." ;;
	esac
}

# --- a second version beside the one that serves --------------------------------------

begin_next() { # as many pods as serve now, with no requests but ours
	is_there deployment "$DEPLOYMENT" || give_up "Nothing serves yet: begin with deploy-k8s.sh $overlay."
	refuse_two_at_once
	render stable.yaml
	render next.yaml next
	ground
	migrate
	undo=stay
	say "Pods of $image beside those that serve ..."
	kubectl apply --filename "$work/next.yaml"
	rolled_out "$DEPLOYMENT-next"
	say "Trying it ..."
	if [ -n "${SMOKE:-}" ]; then
		sh -c "$SMOKE"
	else
		in_namespace exec "deployment/$DEPLOYMENT-next" -- watchword health --ready
	fi
}

send_to() { # <track>: all requests, at once
	in_namespace patch service "$SERVICE" --type merge --patch "{\"spec\":{\"selector\":{\"track\":\"$1\"}}}"
}

share() { # <percent>: of those who come through the gateway; of none the next version is not even named
	backends="{\"name\":\"$SERVICE\",\"port\":$SERVICE_PORT,\"weight\":$((100 - $1))}"
	[ "$1" -eq 0 ] || backends="$backends,{\"name\":\"$SERVICE-next\",\"port\":$SERVICE_PORT,\"weight\":$1}"
	in_namespace patch httproute auth --type json \
		--patch "[{\"op\":\"replace\",\"path\":\"/spec/rules/0/backendRefs\",\"value\":[$backends]}]"
}

has_route() { # 1: there is none; 2: who knows
	if told=$(in_namespace get httproute auth --ignore-not-found --output name 2>&1); then
		case $told in */auth*) return 0 ;; *) return 1 ;; esac
	fi
	case $told in *"doesn't have a resource type"*) return 1 ;; esac
	say "$told"
	return 2
}

unshared() {
	if has_route; then share 0; else [ $? -eq 1 ]; fi
}

stay() { # nobody goes to the next version any more, and it leaves: not while somebody may be sent to it
	send_to stable && unshared && remove_next && return
	say "The next version stays, for people may still be sent to it. Once the cluster answers: rollback-k8s.sh $overlay"
	return 1
}

stay_as_before() { # the next version serves until the former one does again
	serve_as_before && stay
}

remove_next() { # its pods finish what they have in hand
	in_namespace delete deployment,service,configmap --selector "app=$DEPLOYMENT,track=next" --ignore-not-found --wait=false
}

end_next() { # the next version serves; the first one is renewed behind it, and takes over again
	say "Renewing the pods that served ..."
	remember
	undo=stay_as_before
	apply stable.yaml server
	rolled_out "$DEPLOYMENT"
	lead
	undo=:
	remove_next
	undo=serve_as_before
}
