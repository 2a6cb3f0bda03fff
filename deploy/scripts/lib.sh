# shellcheck shell=sh
# Words that the scripts for Compose share. They work in deploy/compose, whose .env says which deployment it is.
#
#   go_home               to deploy/compose, alone: two scripts at once are refused. From then on a script that fails, or is
#                         asked to end (Ctrl+C, a lost terminal), runs $undo and takes back an exchange that it began
#   told NAME DEFAULT     what .env says, as Compose reads it
#   obtained [REFERENCE]  an image from a registry, or built from this checkout: by its digest
#   put NAME VALUE        written into it, on a line of its own; no value takes it out
#   remember IMAGE        which image this deployment has, and which it had
#   everywhere            the containers of all instances
#   is_applied            whether what runs is what .env, the secrets and WATCHWORD_IMAGE wish
#   exchange IMAGE        every instance for one of that image and of what .env says now, start first; undone when one
#                         is not well, where the image is another one. There are then as many as are wished, whatever a
#                         killed script left
#
# A function with a body in parentheses keeps its variables to itself.

SCRIPTS=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
COMPOSE_HOME=${COMPOSE_HOME:-$(CDPATH='' cd -- "$SCRIPTS/../compose" && pwd -P)}
PATIENCE=${PATIENCE:-180} # seconds until an instance must be well
LOOK_EVERY=${LOOK_EVERY:-2}
STOP_PATIENCE=40
undo=:

say() { printf '%s\n' "$*" >&2; }

fail() {
	say "$*"
	exit 1
}

dotenv() { LC_ALL=C awk -v name="$1" -v without="${2:-}" -f "$SCRIPTS/dotenv.awk" .env; }

told() ( # <name> <default>
	value=$(dotenv "$1") || exit 1
	printf '%s\n' "${value:-${2:-}}"
)

go_home() {
	cd "$COMPOSE_HOME" || exit 1
	docker compose version >/dev/null 2>&1 || fail "docker compose is missing: install Docker with its plugin Compose."
	[ -f .env ] || fail "$COMPOSE_HOME/.env is missing: copy one of systems/*.env, then change it."
	dotenv COMPOSE_FILE >/dev/null || fail "$COMPOSE_HOME/.env cannot be read: nothing was begun."
	port=$(told PORT 3000)
	case $port in
	*[!0-9]*) fail ".env says PORT=$port, which is no port: nothing was begun." ;;
	esac
	alone
	trap at_the_end EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

at_the_end() {
	status=$?
	trap - EXIT
	set +e
	if [ "$status" -ne 0 ]; then
		for file in state/serving.*; do
			[ ! -f "$file" ] || clear_up "${file#state/serving.}"
		done
		$undo
	fi
	exit "$status"
}

alone() { # until this script, and whatever it began, has ended
	command -v flock >/dev/null 2>&1 || fail "flock is missing: install util-linux."
	mkdir -p state
	exec 9>>state/lock
	flock --nonblock 9 || fail "Another script works on this deployment just now: let it end. Nothing was begun."
}

# --- restorations -------------------------------------------------------------

schemas() { # GRANT or REVOKE, TO or FROM: whether the owner may make them, which nobody needs otherwise
	right="$1 CREATE ON DATABASE \"$(told POSTGRES_DB watchword)\" $2 watchword_owner"
	docker compose exec -T --user postgres postgres psql --quiet --dbname postgres --command "$right" || {
		say "The database was not told, so tell it: $right"
		return 1
	}
}

restoration() { printf '%s-restore' "$(told COMPOSE_PROJECT_NAME watchword)"; }

let_it_end() { docker wait "$(restoration)" >/dev/null 2>&1 || true; } # whoever began it may be dead

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
	docker build --file ../docker/Dockerfile --build-arg "REVISION=$revision" \
		--build-arg "UID=$(told UID 1001)" --build-arg "GID=$(told GID 1001)" --tag "$name:local" ../.. >&2 &&
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
	case $former in
	'' | *:local) ;; # a name that is another image now
	*) printf '%s\n' "$former" >state/previous ;;
	esac
	put WATCHWORD_IMAGE "$1"
)

put() { # <name> <value>: into .env
	cp -p .env .env.new &&
		dotenv "$1" without >.env.new &&
		{ [ -z "$2" ] || printf '%s=%s\n' "$1" "$(in_quotes "$2")" >>.env.new; } &&
		mv .env.new .env
}

in_quotes() { # <value>: where Compose would read it otherwise
	case $1 in
	*[!A-Za-z0-9_./:@+-]*) printf "'%s'" "$(printf '%s' "$1" | sed "s/'/\\\\'/g")" ;;
	*) printf '%s' "$1" ;;
	esac
}

# --- instances ------------------------------------------------------------------

services() { docker compose config --services | grep -xE 'app|auth-[0-9]+' | sort; }

instances_of() { docker compose ps --quiet "$1"; }

everywhere() (
	for service in $(services); do
		instances_of "$service"
	done
)

wished() ( # <service>: how many instances of it there are to be
	whole=$(docker compose config "$1") || exit 1
	count=$(printf '%s\n' "$whole" | sed -n "/^  $1:\$/,/^  [^ ]/s/^      replicas: //p" | head -n 1)
	printf '%s\n' "${count:-1}"
)

wish() ( # a checksum of all that an instance is started with
	# shellcheck disable=SC2046 # words on purpose
	whole=$(docker compose config $(services)) || exit 1
	folders="secrets/* keys/*"
	case $whole in
	*"target: /app/ssl"*) folders="$folders tls/*" ;;
	esac
	{
		printf '%s\n' "$whole" | sed '/^ *\(COMPOSE_FILE\|WATCHWORD_IMAGE\): /d' # of no meaning inside
		for file in $folders; do
			[ ! -f "$file" ] || cat "$file"
		done
	} | sha256sum
)

is_applied() (
	[ "$(wish)" = "$(cat state/applied 2>/dev/null)" ] || exit 1
	for service in $(services); do
		[ "$(instances_of "$service" | grep -c .)" -eq "$(wished "$service")" ] || exit 1
	done
)

note_applied() { wish >state/applied; }

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
		lines="$lines    server $address:$port max_fails=0;\\n"
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

refresh() { # whatever was changed in ../nginx or tls
	spread
	reload
}

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

exchange() ( # <image>: service by service; when one fails, all are as before, but for settings: the former are gone
	former=$(told WATCHWORD_IMAGE)
	WATCHWORD_IMAGE=$1
	export WATCHWORD_IMAGE
	rm -f state/applied
	done=
	for service in $(services); do
		if ! exchange_one "$service" "$1"; then
			if [ "$former" = "$1" ]; then
				[ -z "$done" ] || say "With what .env and secrets/ say now:$done. All others go on as they were started."
				exit 1
			fi
			for each in $done; do
				exchange_one "$each" "$former" || say "$each: $1 goes on, for $former is not well either"
			done
			exit 1
		fi
		done="$done $service"
	done
	note_applied
)

exchange_one() ( # <service> <image>
	clear_up "$1"
	old=$(instances_of "$1")
	had=$(printf '%s\n' "$old" | grep -c .) || fail "No instance of $1 runs: deploy-docker.sh starts it."
	count=$(wished "$1") || exit 1
	say "$1: $count of $2 beside the $had that run"
	printf '%s\n' "$old" >"state/serving.$1"
	if ! WATCHWORD_IMAGE=$2 docker compose up --detach --no-deps --no-recreate --scale "$1=$((had + count))" "$1"; then
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
	printf '%s\n' "$new" >"state/serving.$1"
	# shellcheck disable=SC2086 # words on purpose
	if ! docker stop --time "$STOP_PATIENCE" $old >/dev/null || ! docker rm $old >/dev/null; then
		say "$1: a former instance could not be removed; nobody is sent to it: docker ps"
		exit 0
	fi
	rm -f "state/serving.$1"
	spread
	reload
)

clear_up() ( # <service>: what a killed script left beside the instances that served
	docker compose rm --force "$1" >/dev/null || exit 1 # those that ended: \`up\` would count them
	there=$(instances_of "$1")
	serving=$(cat "state/serving.$1" 2>/dev/null || true)
	serving=$(others "$there" "$(others "$there" "$serving")")
	[ -z "$serving" ] || [ "$serving" = "$there" ] || take_back "$1" "$serving"
	rm -f "state/serving.$1"
)

take_back() ( # <service> <its containers that stay>
	new=$(others "$(instances_of "$1")" "$2")
	ask_only "$(others "$(everywhere)" "$new")" || true
	for container in $new; do
		docker rm --force "$container" >/dev/null || true
	done
	spread
	reload || true
	rm -f "state/serving.$1"
	say "$1: what was begun is taken back; those that served go on"
)
