#!/bin/sh
# Makes what is secret in a deployment by Compose, a file for each in deploy/compose/secrets; what is there stays.
#
#   secrets.sh           make every one that can be made; those of others (a provider's key) become empty files
#   secrets.sh --list    print their names
#   secrets.sh --check   name those that are missing, all of them; exit 1 then.  NAME in the environment, in capitals
#                        and without .txt, is written to its file: POSTGRES_PASSWORD to postgres_password
#
# The folder is for its owner alone. The files in it can be read in the containers that they are mounted into, whose
# users are not those of this machine.
set -eu
# shellcheck source=deploy/scripts/lib.sh
. "$(dirname -- "$0")/lib.sh"
cd "$COMPOSE_HOME"
[ -f .env ] || fail "$COMPOSE_HOME/.env is missing: copy one of systems/*.env, then change it."
dotenv COMPOSE_FILE >/dev/null || fail "$COMPOSE_HOME/.env cannot be read."

names() { # as the Compose files of this deployment name them; a later file wins
	told COMPOSE_FILE | tr ':' '\n' | while IFS= read -r file; do
		sed -n 's/^  \([A-Za-z_]*\): {file: secrets\/\([A-Za-z_.]*\)}$/\1 \2/p' "$file"
	done | awk '{ file[$1] = $2 } END { for (name in file) print file[name] }' | sort
}

is_made_here() {
	case $1 in
	JWT_SECRET | JWT_REFRESH_SECRET | JWT_RESET_SECRET | SESSION_SECRET | CSRF_SECRET | PEPPER) ;;
	*_password | *_password.txt) ;;
	*) return 1 ;;
	esac
}

in_a_url() { # <password>: what an address would read otherwise goes by its bytes
	case $1 in
	*[!A-Za-z0-9._~-]*) printf '%s' "$1" | od -An -v -tx1 | tr -d '\n' | tr ' ' '%' ;;
	*) printf '%s' "$1" ;;
	esac
}

told_as() { printf '%s' "${1%.txt}" | tr '[:lower:]' '[:upper:]'; }

keep() { # <name>: what stdin says
	cat >"secrets/.$1.new"
	chmod 444 "secrets/.$1.new"
	mv -f "secrets/.$1.new" "secrets/$1"
}

umask 077
mkdir -p secrets
chmod 700 secrets
missing=
late=
for name in $(names); do
	variable=$(told_as "$name")
	case ${1:-} in
	--list)
		echo "$name"
		continue
		;;
	esac
	[ ! -s "secrets/$name" ] || continue
	eval "given=\${$variable:-}"
	if [ -n "$given" ]; then
		printf '%s' "$given" | keep "$name"
	elif [ "$name" = BACKUP_DATABASE_URL ]; then
		late=$name # it holds the password of another one
	elif ! is_made_here "$name"; then
		[ -f "secrets/$name" ] || keep "$name" </dev/null
	elif [ "${1:-}" = --check ]; then
		missing="$missing $variable"
	else
		od -An -N48 -tx1 /dev/urandom | tr -d ' \n' | keep "$name"
	fi
done
[ -z "$late" ] || [ ! -s secrets/postgres_backup_password ] || printf 'postgresql://watchword_backup:%s@:5432/%s?host=/var/run/postgresql' \
	"$(in_a_url "$(cat secrets/postgres_backup_password)")" "$(told POSTGRES_DB watchword)" | keep "$late"
[ -z "$missing" ] || fail "Missing secrets:$missing. Set them in the environment, or make them: $(dirname -- "$0")/secrets.sh"
