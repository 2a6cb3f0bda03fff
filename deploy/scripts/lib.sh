# shellcheck shell=sh
# Words that the scripts for Compose share. They work in deploy/compose, whose .env says which deployment it is.
#
#   told NAME DEFAULT     what .env says
#   obtained [REFERENCE]  an image from a registry, or built from this checkout: by its digest
#   remember IMAGE        which image this deployment has, and which it had
#   everywhere            the containers of all instances
#   exchange IMAGE        every instance for one of another image, start first; undone when one is not well
#
# A function with a body in parentheses keeps its variables to itself.

COMPOSE_HOME=${COMPOSE_HOME:-$(CDPATH='' cd -- "$(dirname -- "$0")/../compose" && pwd -P)}
PATIENCE=${PATIENCE:-180} # seconds until an instance must be well
LOOK_EVERY=${LOOK_EVERY:-2}
STOP_PATIENCE=40

say() { printf '%s\n' "$*" >&2; }

fail() {
	say "$*"
	exit 1
}

told() ( # <name> <default>
	value=$(sed -n "s/^$1=//p" .env | tail -n 1 | sed 's/^"\(.*\)"$/\1/')
	printf '%s\n' "${value:-${2:-}}"
)

go_home() {
	cd "$COMPOSE_HOME" || exit 1
	docker compose version >/dev/null 2>&1 || fail "docker compose is missing: install Docker with its plugin Compose."
	[ -f .env ] || fail "$COMPOSE_HOME/.env is missing: copy one of systems/*.env, then change it."
}

# --- images -------------------------------------------------------------------

obtained() ( # [reference]
	if [ -n "${1:-}" ]; then
		docker pull "$1" >&2 && pinned "$1"
		exit
	fi
	name=$(told WATCHWORD_IMAGE watchword)
	name=${name%@*}
	name=${name##*/}
	name=${name%%:*}
	revision=$(git -C ../.. rev-parse --short HEAD 2>/dev/null || echo unknown)
	docker build --file ../docker/Dockerfile --build-arg "REVISION=$revision" --tag "$name:local" ../.. >&2 &&
		pinned "$name:local"
)

pinned() ( # <reference>: by its digest, or, where no registry gave it one, by a tag of its own
	digest=$(docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$1") || exit 1
	digest=$(printf '%s\n' "$digest" | head -n 1)
	if [ -z "$digest" ]; then
		id=$(docker image inspect --format '{{.Id}}' "$1") || exit 1
		digest=${1%:*}:$(printf '%s' "${id#sha256:}" | cut -c 1-24)
		docker tag "$1" "$digest" || exit 1
	fi
	printf '%s\n' "$digest"
)

remember() ( # <image>: in .env; the former one is kept for rollback.sh
	former=$(told WATCHWORD_IMAGE)
	[ "$former" != "$1" ] || exit 0
	mkdir -p state
	cp -p .env .env.new
	{
		sed '/^WATCHWORD_IMAGE=/d' .env
		printf 'WATCHWORD_IMAGE=%s\n' "$1"
	} >.env.new
	case $former in
	'' | *:local) ;; # a name that is another image now
	*) printf '%s\n' "$former" >state/previous ;;
	esac
	mv .env.new .env
)

# --- instances ------------------------------------------------------------------

services() { docker compose config --services | grep -xE 'app|auth-[0-9]+' | sort; }

instances_of() { docker compose ps --quiet "$1"; }

everywhere() (
	for service in $(services); do
		instances_of "$service"
	done
)

others() ( # <containers> <containers>: those of the first that are none of the second
	known=" $(printf '%s' "$2" | tr '\n' ' ') "
	for container in $1; do
		case $known in
		*" $container "*) ;;
		*) printf '%s\n' "$container" ;;
		esac
	done
)

are_well() ( # <container>...: whether all become so in time
	waited=0
	for container in "$@"; do
		while :; do
			state=$(docker inspect --format '{{.State.Status}} {{.State.Health.Status}}' "$container") || exit 1
			case $state in
			"running healthy") break ;;
			"running starting") ;;
			*) exit 1 ;;
			esac
			[ "$waited" -lt "$PATIENCE" ] || exit 1
			sleep "$LOOK_EVERY"
			waited=$((waited + LOOK_EVERY))
		done
	done
)

answer() ( # <container>...: whether each says that it is well
	for container in "$@"; do
		docker exec "$container" watchword health >/dev/null || exit 1
	done
)

# --- the proxy ------------------------------------------------------------------

nginx() { docker compose exec -T proxy nginx -p /etc/nginx -c nginx.conf "$@"; }

spread() ( # [address...]: over these; without, over whoever is called app
	port=$(told PORT 3000)
	lines=
	[ $# -gt 0 ] || set -- app
	for address in "$@"; do
		lines="$lines    server $address:$port max_fails=3 fail_timeout=30s;\\n"
	done
	text=$(sed "s/^    server .*/${lines%\\n}/" ../nginx/instances.conf)
	printf '%s\n' "$text" >instances.conf # in place: the proxy has this very file
)

workers() { docker compose exec -T proxy pgrep -f 'nginx: worker process' | tr '\n' ' '; }

reload() ( # and wait until nobody goes by the former configuration
	nginx -t -q || exit 1
	former=$(workers)
	nginx -s reload || exit 1
	waited=0
	while [ -n "$(others "$former" "$(others "$former" "$(workers)")")" ]; do
		[ "$waited" -lt "$STOP_PATIENCE" ] || exit 0
		sleep "$LOOK_EVERY"
		waited=$((waited + LOOK_EVERY))
	done
)

address_of() ( # <container>: where the proxy reaches it
	proxy=$(docker compose ps --quiet proxy) && [ -n "$proxy" ] || exit 1
	network=$(docker inspect --format '{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}' "$proxy") || exit 1
	docker inspect --format "{{(index .NetworkSettings.Networks \"$network\").IPAddress}}" "$1"
)

ask_only() ( # <containers>
	addresses=
	for container in $1; do
		address=$(address_of "$container") && [ -n "$address" ] || exit 1
		addresses="$addresses $address"
	done
	# shellcheck disable=SC2086 # words on purpose
	spread $addresses
	reload
)

# --- one image for another --------------------------------------------------------

exchange() ( # <image>: service by service; when one fails, all are as before
	former=$(told WATCHWORD_IMAGE)
	done=
	for service in $(services); do
		if ! exchange_one "$service" "$1"; then
			for each in $done; do
				exchange_one "$each" "$former" || say "$each: $1 goes on, for $former is not well either"
			done
			exit 1
		fi
		done="$done $service"
	done
)

exchange_one() ( # <service> <image>
	old=$(instances_of "$1")
	count=$(printf '%s\n' "$old" | grep -c .) || fail "No instance of $1 runs: deploy-docker.sh starts it."
	say "$1: $count of $2 beside those that run"
	if ! WATCHWORD_IMAGE=$2 docker compose up --detach --no-deps --no-recreate --scale "$1=$((2 * count))" "$1"; then
		take_back "$1" "$old"
		exit 1
	fi
	new=$(others "$(instances_of "$1")" "$old")
	# shellcheck disable=SC2086 # words on purpose
	if [ -z "$new" ] || ! are_well $new; then
		for container in $new; do
			docker logs --tail 50 "$container" >&2 || true
		done
		take_back "$1" "$old"
		exit 1
	fi
	if ! ask_only "$(others "$(everywhere)" "$old")"; then
		take_back "$1" "$old"
		exit 1
	fi
	# shellcheck disable=SC2086 # words on purpose
	if ! docker stop --time "$STOP_PATIENCE" $old >/dev/null || ! docker rm $old >/dev/null; then
		say "$1: a former instance could not be removed; nobody is sent to it: docker ps"
		exit 0
	fi
	spread
	reload
)

take_back() ( # <service> <its containers that stay>
	new=$(others "$(instances_of "$1")" "$2")
	ask_only "$(others "$(everywhere)" "$new")" || true
	for container in $new; do
		docker rm --force "$container" >/dev/null || true
	done
	spread
	reload || true
	say "$1: the new instances are not well; the former ones go on"
)
