# The words of ./run for those who type make; ./run help tells of all.
.PHONY: dev test test-e2e loadtest ci build up scale logs down

# make dev        PostgreSQL and Redis in containers, and the service on them; ./run alone needs neither (SQLite)
dev:
	deploy/scripts/develop.sh

test:
	./run test

# make test-e2e                               against a service that is started for it
# make test-e2e BASE=http://localhost:8000    against one that runs (see tests/e2e/test_running.py)
test-e2e:
	TEST_BASE_URL="$(BASE)" ./run test tests/e2e -v

# make loadtest                               a thousand looks at health, ten at once; then four hundred who sign in
# make loadtest BASE=http://localhost:3000    (limits answer most of these with 429, as they should)
BASE_OF_LOAD = $(if $(BASE),$(BASE),http://localhost:8000)
loadtest:
	.venv/bin/watchword loadtest --base "$(BASE_OF_LOAD)" --scenario health --requests 1000 --connections 10
	.venv/bin/watchword loadtest --base "$(BASE_OF_LOAD)" --scenario sign-in --requests 2000 --connections 400

# The stages of .github/workflows/ci.yml that need no registry and no cluster.
ci:
	./run check
	./run test
	./run audit
	./run build

# A deployment by Compose (docs/operate/docker.md): build, up, scale N=3, logs, down.
COMPOSE = cd deploy/compose && docker compose

build:
	docker build -f deploy/docker/Dockerfile -t watchword:local .

up:
	deploy/scripts/deploy-docker.sh

scale:
	deploy/scripts/scale.sh $(N)

logs:
	$(COMPOSE) logs --follow app

down:
	$(COMPOSE) down
