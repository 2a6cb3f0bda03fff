#!/bin/sh
# Redis at Amazon ElastiCache: two nodes in two zones, TLS, a password, and nothing is thrown away when memory is short.
#
#   elasticache.sh SECURITY-GROUP SUBNET-GROUP [SECRET]
#
# The password is the secret auth/redis-password of Secrets Manager (or SECRET); it goes by a file that you alone can read.
set -eu

[ $# -ge 2 ] && [ $# -le 3 ] || {
	sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
umask 077
password=$(mktemp)
trap 'rm -f "$password"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
aws secretsmanager get-secret-value --secret-id "${3:-auth/redis-password}" --query SecretString --output text |
	tr -d '\n' >"$password"
[ -s "$password" ] || { echo "There is no such secret." >&2 && exit 1; }

aws elasticache create-cache-parameter-group --cache-parameter-group-name auth-redis7 \
	--cache-parameter-group-family redis7 --description "Watchword: sessions and limits stay"
aws elasticache modify-cache-parameter-group --cache-parameter-group-name auth-redis7 --parameter-name-values \
	ParameterName=maxmemory-policy,ParameterValue=noeviction \
	ParameterName=timeout,ParameterValue=300

aws elasticache create-replication-group \
	--replication-group-id auth-redis \
	--replication-group-description "Sessions and limits of Watchword" \
	--engine redis \
	--engine-version 7.1 \
	--cache-node-type "${NODE:-cache.t3.medium}" \
	--num-cache-clusters 2 \
	--automatic-failover-enabled \
	--multi-az-enabled \
	--transit-encryption-enabled \
	--at-rest-encryption-enabled \
	--auth-token "file://$password" \
	--cache-parameter-group-name auth-redis7 \
	--cache-subnet-group-name "$2" \
	--security-group-ids "$1" \
	--snapshot-retention-limit 1 \
	--auto-minor-version-upgrade
