#!/bin/sh
# Make or renew a container group of Azure.
#
#   create.sh GROUP-FILE RESOURCE-GROUP      such as: create.sh romapi.yaml auth
#
# Whatever the file writes ${NAME} comes from the environment; one that is missing ends this before anything is made.
# IMAGE and CADDY_IMAGE are by digest; ADDRESS is the name that people use. Secrets are the environment's alone: let your
# vault put them there, and no file keeps them.
set -eu

[ $# -eq 2 ] || {
	sed -n '2,8s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
file=$1
[ -f "$file" ] || file=$(dirname -- "$0")/$1

missing=
# shellcheck disable=SC2016 # the file has these signs
for name in $(sed '/^#/d' "$file" | grep -o '\${[A-Z_]*}' | tr -d '${}' | sort -u); do
	eval "[ -n \"\${$name:-}\" ]" || missing="$missing $name"
done
[ -z "$missing" ] || {
	echo "Not in the environment:$missing" >&2
	exit 1
}
case $IMAGE in *@sha256:*) ;; *) echo "Name IMAGE by its digest." >&2 && exit 1 ;; esac

umask 077
filled=$(mktemp)
trap 'rm -f "$filled"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
# Values stand between single quotes, where YAML reads nothing but a quote itself.
awk '
	/^#/ { next }
	{
		while (match($0, /\$\{[A-Z_]+\}/)) {
			name = substr($0, RSTART + 2, RLENGTH - 3)
			value = ENVIRON[name]
			gsub(/\047/, "\047\047", value)
			printf "%s%s", substr($0, 1, RSTART - 1), value
			$0 = substr($0, RSTART + RLENGTH)
		}
		print
	}
' "$file" >"$filled"

az container create --resource-group "$2" --file "$filled"
