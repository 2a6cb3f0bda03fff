#!/bin/sh
# PostgreSQL at Amazon RDS: encrypted, in two zones, by TLS alone, with seven days of backups; deleted by nobody by mistake.
#
#   rds.sh SECURITY-GROUP SUBNET-GROUP
#
# RDS makes the master's password and keeps it in Secrets Manager: nobody types it, no command line has it. VERSION is a
# major one; RDS takes its current minor and renews it by itself.
set -eu

[ $# -eq 2 ] || {
	sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
version=${VERSION:-17}

aws rds create-db-parameter-group --db-parameter-group-name "auth-postgres$version" \
	--db-parameter-group-family "postgres$version" --description "Watchword: TLS alone"
aws rds modify-db-parameter-group --db-parameter-group-name "auth-postgres$version" --parameters \
	ParameterName=rds.force_ssl,ParameterValue=1,ApplyMethod=immediate \
	ParameterName=log_min_duration_statement,ParameterValue=1000,ApplyMethod=immediate

aws rds create-db-instance \
	--db-instance-identifier auth-db \
	--db-instance-class "${CLASS:-db.t3.medium}" \
	--engine postgres \
	--engine-version "$version" \
	--db-name auth_db \
	--master-username authuser \
	--manage-master-user-password \
	--allocated-storage 100 \
	--storage-type gp3 \
	--storage-encrypted \
	--vpc-security-group-ids "$1" \
	--db-subnet-group-name "$2" \
	--db-parameter-group-name "auth-postgres$version" \
	--backup-retention-period 7 \
	--copy-tags-to-snapshot \
	--multi-az \
	--no-publicly-accessible \
	--auto-minor-version-upgrade \
	--deletion-protection
