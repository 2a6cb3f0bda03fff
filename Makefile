# The words of ./run for those who type make; ./run help tells of all.
.PHONY: dev test test-e2e ci

dev:
	./run

test:
	./run test

# make test-e2e                               against a service that is started for it
# make test-e2e BASE=http://localhost:8000    against one that runs (see tests/e2e/test_running.py)
test-e2e:
	TEST_BASE_URL="$(BASE)" ./run test tests/e2e -v

# The stages of .github/workflows/ci.yml that need no registry and no cluster.
ci:
	./run check
	./run test
	./run audit
	./run build
