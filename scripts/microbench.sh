#!/usr/bin/env bash
# Times the domain's steps one by one: parsing, ids, tickets, records, decisions. Arguments go to the benchmark plugin:
#
#   scripts/microbench.sh --filter 'decide.*'
#   scripts/microbench.sh --format jmh
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

cd "$root/bench/micro"
say "building the micro-benchmarks (release)"
# Nothing is written to the package, so the plugin needs no permission; its counters of allocations are left out, see
# Package.swift.
exec swift package --disable-sandbox benchmark --no-progress "$@"
