#!/bin/sh
# Looks from outside whether people can reach the service, and tells people when they cannot: once when it begins, once
# when it is over. It starts nothing anew: Docker, Kubernetes and systemd do that.
#
#   monitor.sh https://auth.example.org/health            every 60 seconds; what fails is looked at again after 30
#   monitor.sh --once [--on-fail COMMAND] ADDRESS         for cron: exit 1 while it is away
#
# Whom it tells (any of them; tried again at the next look until it worked):
#   ALERT_WEBHOOK_URL   a webhook of Slack, or what understands one; ALERT_WEBHOOK_URL_FILE names a file with it
#   ALERT_EMAIL         a mailbox, by `sendmail`
# MONITOR_STATE is the folder (/var/tmp/watchword-monitor) that remembers what was told.
set -eu
umask 077

once=
on_fail=
while [ $# -gt 1 ]; do
	case $1 in
	--once) once=yes ;;
	--on-fail)
		on_fail=$2
		shift
		;;
	*) break ;;
	esac
	shift
done
case $#,${1:-} in
*[\"\\]*) set -- ;; # it is put into JSON
esac
case $#,${1:-} in
1,http://127.0.0.1:* | 1,https://?*) address=$1 ;;
*)
	echo "Usage: monitor.sh [--once] [--on-fail COMMAND] https://HOST/health" >&2
	exit 2
	;;
esac
state=${MONITOR_STATE:-/var/tmp/watchword-monitor}
mkdir -p "$state"
webhook=${ALERT_WEBHOOK_URL:-}
[ -z "${ALERT_WEBHOOK_URL_FILE:-}" ] || webhook=$(cat "$ALERT_WEBHOOK_URL_FILE")

is_well() { # it answers itself: no redirect, no page of somebody else, and it says so
	said=$(curl --silent --show-error --max-time 10 --max-redirs 0 --write-out '\n%{http_code}' "$address" 2>&1) || return 1
	[ "$(printf '%s\n' "$said" | tail -n 1)" = 200 ] || return 1
	printf '%s\n' "$said" | grep -qE '"status": ?"(healthy|degraded)"'
}

tell() { # <sentence>
	failed=
	if [ -n "$webhook" ]; then # the address is a secret: it is not an argument that others see
		printf 'url = "%s"\n' "$webhook" |
			curl --silent --show-error --fail --max-time 10 --config - --output /dev/null \
				--header 'Content-Type: application/json' --data "{\"text\":\"$1\"}" || failed=yes
	fi
	if [ -n "${ALERT_EMAIL:-}" ]; then
		printf 'To: %s\nSubject: Watchword: %s\n\n%s\n' "$ALERT_EMAIL" "$1" "$1" | sendmail -t || failed=yes
	fi
	echo "$1" >&2
	[ -z "$failed" ]
}

look() {
	if is_well || { sleep "${LOOK_AGAIN:-30}" && is_well; }; then
		[ ! -e "$state/away" ] || { tell "$address is back" && rm -f "$state/away"; }
		return 0
	fi
	if [ ! -e "$state/away" ]; then
		[ -z "$on_fail" ] || sh -c "$on_fail" || true
		tell "$address is away" && : >"$state/away"
	fi
	return 1
}

if [ -n "$once" ]; then
	look
	exit $?
fi
while :; do
	look || true
	sleep "${LOOK_EVERY:-60}"
done
