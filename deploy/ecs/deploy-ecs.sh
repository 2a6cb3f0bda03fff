#!/bin/sh
# Bring a version to Amazon ECS: the task, the migrations, the service; each when the one before is well.
#
#   deploy-ecs.sh romapi|generic IMAGE@sha256:DIGEST
#
# CLUSTER, SERVICE, ACCOUNT, SUBNETS and SECURITY_GROUPS (with commas) say where. The service's circuit breaker takes a
# version back that does not become well; then this ends with 1.
set -eu

[ $# -eq 2 ] || {
	sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
	exit 2
}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
task=$here/$1.json
image=$2
[ -f "$task" ] || { echo "There is no task $1." >&2 && exit 1; }
case $image in *@sha256:*) ;; *) echo "Name the image by its digest." >&2 && exit 1 ;; esac
: "${CLUSTER:?}" "${SERVICE:?}" "${ACCOUNT:?}" "${SUBNETS:?}" "${SECURITY_GROUPS:?}"
case $1 in romapi) container=auth-service ;; *) container=auth-api ;; esac

filled=$(mktemp)
trap 'rm -f "$filled"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
sed -e "s|\"image\": \"[^\"]*\"|\"image\": \"$image\"|" -e "s|ACCOUNT|$ACCOUNT|g" "$task" >"$filled"
definition=$(aws ecs register-task-definition --cli-input-json "file://$filled" \
	--query taskDefinition.taskDefinitionArn --output text)

echo "Migrations ..." >&2
run=$(aws ecs run-task --cluster "$CLUSTER" --task-definition "$definition" --launch-type FARGATE \
	--network-configuration "awsvpcConfiguration={subnets=[$SUBNETS],securityGroups=[$SECURITY_GROUPS],assignPublicIp=DISABLED}" \
	--overrides "{\"containerOverrides\":[{\"name\":\"$container\",\"command\":[\"migrate\",\"up\",\"--half\",\"before\"]}]}" \
	--query 'tasks[0].taskArn' --output text)
aws ecs wait tasks-stopped --cluster "$CLUSTER" --tasks "$run"
code=$(aws ecs describe-tasks --cluster "$CLUSTER" --tasks "$run" \
	--query "tasks[0].containers[?name=='$container'].exitCode | [0]" --output text)
[ "$code" = 0 ] || { echo "The migrations failed ($code): nothing else was changed." >&2 && exit 1; }

echo "$container of $image ..." >&2
aws ecs update-service --cluster "$CLUSTER" --service "$SERVICE" --task-definition "$definition" \
	--deployment-configuration 'deploymentCircuitBreaker={enable=true,rollback=true},minimumHealthyPercent=100,maximumPercent=200'
aws ecs wait services-stable --cluster "$CLUSTER" --services "$SERVICE"
serving=$(aws ecs describe-services --cluster "$CLUSTER" --services "$SERVICE" --query 'services[0].taskDefinition' --output text)
[ "$serving" = "$definition" ] || { echo "It did not become well; $serving serves." >&2 && exit 1; }
