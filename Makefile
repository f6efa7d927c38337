# Double Wings: every command of the project. `make help` lists them.
# Needs Python 3.11 or newer and a package index; the rest is installed into .venv at first use.

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do \
    if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
LOCK := $(shell cksum < requirements.lock | cut -d' ' -f1)
READY := .venv/.installed-$(LOCK)
PY := .venv/bin/python

# Tests that start whole platforms: each wants the machine for itself
PLATFORMS := tests/system tests/deploy

# Parameters
s ?=
m ?=
data ?=
broker ?=
role ?=
kills ?=
institutions ?=
seconds ?=
only ?=
smoke ?=
size ?=

# Only the claims that were given; `make token role=inspector team=...`
CLAIMS = $(foreach claim,subject district street team school institution lifetime,$(if $($(claim)),--$(claim)='$($(claim))'))

.PHONY: help run demo token clean test test-all coverage test-clock test-kafka chain campaign faults bench check lint types format openapi migrate revision

help: ## This list
	@awk 'BEGIN { FS = ":.*## " } \
	  /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	  /^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile
	@printf '\nParameters: T=path (test)  s=service (migrate, revision)  m=message (revision)  broker=apache (run, chain, campaign, faults)  seconds= only=phase (faults)\n'
	@printf '            data=folder (chain)  size=small|full|city (demo)  kills=n institutions=n (campaign)  only=part smoke=1 (bench)  role= subject= district= street= team= school= institution= lifetime= (token)\n'

##@ Use
run: $(READY) ## Start the whole platform here; data stays in .local/ (broker=apache for a real Apache Kafka)
	@exec $(PY) -m deploy.local run $(if $(broker),--broker=$(broker))

demo: $(READY) ## Datong 2021 on the running platform: the report's figures from recorded facts (size=full, size=city)
	@$(PY) -m deploy.demo $(if $(size),--size='$(size)')

token: $(READY) ## Print an access token: make token role=inspector team=...
	@test -n "$(role)" || { echo "Say which role: make token role=inspector team=..." >&2; exit 1; }
	@$(PY) -m deploy.local token --role='$(role)' $(CLAIMS)

clean: $(READY) ## Remove the local data (databases, evidence, logs, the issuer's key)
	@$(PY) -m deploy.local clean

##@ Test
test: $(READY) ## Tests on the embedded parts, but for the slow ones; T=tests/registry runs all of these
ifdef T
	@$(PY) -m pytest $(T)
else
	@$(PY) -m pytest -m "not slow" -n 2 --dist loadgroup $(addprefix --ignore=,$(PLATFORMS))
	@$(PY) -m pytest -m "not slow" $(PLATFORMS)
endif

# What `make test` leaves out or does in small
FULL := RACES=200 FUZZ_RECORDS=20000 FUZZ_EXAMPLES=8 BROKEN_BATCHES=2000 EXPORT_EXAMPLES=500 MODEL_EXAMPLES=100 RACE_ROUNDS=10 \
  ALLOCATION_MARKETS=10000 SUBSIDY_HISTORIES=1000

test-all: $(READY) ## Every test on the embedded parts, the slow ones too, in full size
	@$(FULL) $(PY) -m pytest --timeout 1200 -n 2 --dist loadgroup --cov --cov-report=term $(addprefix --ignore=,$(PLATFORMS))
	@$(FULL) $(PY) -m pytest --timeout 1200 $(PLATFORMS)

# 23:59 and 00:01 in China, 07:59 in China where UTC ends its day; 29 February, 31 December, 1 January, a make-up workday
MOMENTS ?= 2026-11-26T15:59:00Z 2026-11-26T16:01:00Z 2026-11-26T23:59:00Z 2028-02-28T16:01:00Z 2028-02-29T15:59:00Z \
  2026-12-31T15:59:00Z 2026-12-31T16:01:00Z 2026-12-31T23:59:00Z 2027-01-01T15:59:00Z 2026-10-09T23:59:00Z

coverage: $(READY) ## Every branch of every rule (domain.py) is taken by the tests of its service
	@$(PY) -m pytest -q -m "not slow" -n 2 --dist loadgroup --cov --cov-report=term $(or $(T),tests/registry tests/inspection tests/afterschool tests/metrics)

test-clock: $(READY) ## All tests of rules, routes and projections at the hours and on the days where dates go wrong
	@for moment in $(MOMENTS); do \
	  echo "== the clock stands at $$moment"; \
	  CLOCK=$$moment $(PY) -m pytest -q -m "not slow" -n 2 --dist loadgroup $(or $(T),tests/registry tests/inspection tests/afterschool tests/metrics tests/shared) || exit 1; \
	done

test-kafka: $(READY) ## The tests that need a broker, on a real Apache Kafka (needs Java 17 and Maven)
	@KAFKA=apache $(PY) -m pytest -m kafka $(T)

chain: $(READY) ## The whole chain, from an imported ledger to the indicators; data=folder gives its input
	@$(PY) -m tests.system.chain $(if $(data),--data='$(data)') $(if $(broker),--broker=$(broker))

campaign: $(READY) ## Eighteen teams with phones, mostly without a line; then with the service killed 40 times (kills=n)
	@$(PY) -m tests.system.street $(if $(kills),--kills='$(kills)') $(if $(institutions),--institutions='$(institutions)') $(if $(broker),--broker=$(broker))

faults: $(READY) ## Kill everything again and again, and count what was lost
	@$(PY) -m tests.faults $(if $(broker),--broker=$(broker)) $(if $(seconds),--seconds=$(seconds)) $(if $(only),--only='$(only)')

bench: $(READY) ## Measure, side by side with the limit of this machine; smoke=1 only looks that every measure works
	@$(PY) -m bench $(if $(only),--only='$(only)') $(if $(smoke),--smoke)

##@ Write
check: $(READY) ## Format, lint, types, import contracts, generated documents
	@$(PY) -m ruff format --check --quiet . || { echo "Not formatted: make format" >&2; exit 1; }
	@$(MAKE) lint types
	@$(PY) -m deploy.contracts --check

lint: $(READY) ## Ruff and the import contracts
	@$(PY) -m ruff check --quiet .
	@$(PY) -m deploy.floor_plan

types: $(READY) ## mypy --strict
	@$(PY) -m mypy

format: $(READY) ## Format, and mend what can be mended
	@$(PY) -m ruff format .
	@$(PY) -m ruff check --fix .

openapi: $(READY) ## Write docs/api/, docs/events.md and docs/schemas/ from the code; OpenAPI and AsyncAPI to .local/documents/
	@$(PY) -m deploy.contracts

migrate: $(READY) ## Migrate all databases, or one: make migrate s=registry
	@$(PY) -m deploy.local migrate $(if $(s),--service=$(s))

revision: $(READY) ## Write a migration: make revision s=registry m="permits have a number"
	@test -n "$(s)" -a -n "$(m)" || { echo 'Say for which service and why: make revision s=registry m="..."' >&2; exit 1; }
	@$(PY) -m deploy.local revision $(s) "$(m)"

# The name of the stamp holds the sum of the lock, so a new lock is installed and an old one is not looked at again.
# Everything is said on stderr: `make token` prints a token and nothing else.
$(READY):
	@test -n "$(PYTHON)" || { echo "Double Wings needs Python 3.11 or newer, and none was found." >&2; exit 1; }
	@echo "Installing the locked packages into .venv with $$($(PYTHON) --version); this happens once." >&2
	@test -x $(PY) || $(PYTHON) -m venv .venv >&2 || \
	  { echo "Python's venv module is missing: install the package python3-venv." >&2; exit 1; }
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock >&2 || \
	  { echo "The packages could not be installed: pip says above which one, and why." >&2; exit 1; }
	@rm -f .venv/.installed-* && touch $@
