# Penstock. `make` lists the commands; every target sets up what it needs.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build lint test test-ui simulate chaos chaos-quick fuzz schemathesis sanitize bench bench-quick microbench demo proto

help: ## List the commands (the default)
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install what is missing, on Debian 12 or 13, as root or with sudo
	@scripts/setup.sh

build: setup ## Build penstock and the load generator spike, for release
	@scripts/build.sh

lint: setup ## Check the format of the Swift sources, and the shell scripts
	@scripts/lint.sh

test: setup ## Run all tests on a private PostgreSQL (FILTER=Name: those only)
	@scripts/test.sh $(if $(FILTER),--filter "$(FILTER)")

test-ui: setup ## Test the console and the buyer's page in a real browser, in each language (SCREENSHOTS=1: write docs/screenshots anew)
	@scripts/test-ui.sh

simulate: setup ## Simulate faults from seeds (SEED=n: replay one; SEEDS=n FIRST_SEED=k: many)
	@scripts/simulate.sh

chaos: setup ## Break a real Penstock in every way of the fault matrix (ROWS="--only NAME --seed n": one row; KAFKA=host:port,… BROKERS=./command: on that cluster)
	@scripts/chaos.sh $(if $(KAFKA),--kafka "$(KAFKA)") $(if $(BROKERS),--brokers "$(BROKERS)") $(ROWS)

chaos-quick: setup ## Run the quick rows
	@scripts/chaos.sh --quick

fuzz: setup ## Fuzz what reads input (SECONDS=n: each fuzzer that long; 300)
	@SECONDS_EACH=$(or $(SECONDS),300) scripts/fuzz.sh

schemathesis: setup ## Check a running Penstock against docs/openapi.yaml
	@scripts/schemathesis.sh

sanitize: setup ## Run the tests under ThreadSanitizer and AddressSanitizer
	@scripts/sanitize.sh

bench: setup ## Measure Penstock beside its references
	@scripts/bench.sh

bench-quick: setup ## The same at smaller sizes
	@scripts/bench.sh --quick

proto: setup ## Generate the Swift code of the log's records, after a change in proto/
	@scripts/proto.sh

microbench: setup ## Time the steps of the domain one by one
	@scripts/microbench.sh

demo: setup ## Run a sale under a spike of 100,000 requests (DEMO_EXIT=1: then stop)
	@scripts/demo.sh
