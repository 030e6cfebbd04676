#!/usr/bin/env bash
# Runs the tests under ThreadSanitizer and under AddressSanitizer: the tests' own process, and every `penstock` that
# they start. Fails at a failed test and at any report.
#
#   SANITIZER=thread|address   that one only
#   SUITES="KafkaTests …"      those targets only
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

# Not SpikeTests, SimulationTests and TidyTests: one thread, arithmetic and text, and the simulation's thousands of
# seeds take ten times as long here.
default_suites="FlashSaleTests KafkaTests PostgresTests IntakeTests WorkerTests TelemetryTests AdminTests AuditTests"
readonly default_suites+=" SystemTests"
read -ra suites <<<"${SUITES:-$default_suites}"

# What the user's shell has set for another Penstock is not meant for the tests.
unset "${!PENSTOCK_@}"

cd "$root"
run=$(new_run sanitize)
finish() {
  local code=$?
  trap - EXIT INT TERM
  scripts/postgres.sh remove "$run" || code=1
  if ((code == 0)); then rm -rf "$run"; else say "reports and output: ${run#"$root/"}"; fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# After the first build, which takes minutes and may fail; one for both.
start_database() {
  say "starting a private PostgreSQL"
  PENSTOCK_TEST_DATABASE_URL=$(scripts/postgres.sh start "$run")
  export PENSTOCK_TEST_DATABASE_URL
}

# The library that ThreadSanitizer needs in front of others (scripts/tsan-preload.c says why), by the compiler that
# comes with Swift: others do not know Swift's calls.
build_preload() {
  local toolchain
  toolchain=$(dirname "$(readlink -f "$(command -v swift)")")
  "$toolchain/clang" -O2 -Wall -Wextra -Werror -shared -fPIC -o "$run/tsan-preload.so" scripts/tsan-preload.c
}

# run_suite thread|address SUITE: adds to `failed`. One test after another: at a tenth of the speed, tests side by side
# starve each other, and what fails then are deadlines. Each test has its own concurrency.
run_suite() {
  local sanitizer=$1 suite=$2 reports=$run/$1.$2 environment=() began=$SECONDS
  say "testing $suite under ${sanitizer}Sanitizer"
  # exitcode=0: a process that a test stops must not seem to have failed; the file tells.
  environment+=("TSAN_OPTIONS=log_path=$reports.report exitcode=0")
  # Memory that Swift and the clients' libraries keep until the process ends does not count as a leak. Of what is freed,
  # AddressSanitizer would hold 256 MB back, and tests that bound memory would see that. It holds 4 MB.
  environment+=("ASAN_OPTIONS=detect_leaks=0 quarantine_size_mb=4 log_path=$reports.report")
  [[ $sanitizer == address ]] || environment+=("LD_PRELOAD=$run/tsan-preload.so")
  if env "${environment[@]}" swift test --skip-build --disable-xctest --no-parallel "${swift_options[@]}" \
    --filter "^$suite\\." >"$reports.out" 2>&1; then
    grep -hE 'Test run with [1-9][0-9]* tests?.* passed' "$reports.out" || failed+=("$sanitizer $suite: no test ran")
  else
    grep -hE '^✘|Fatal error|error: ' "$reports.out" || tail -n 20 "$reports.out"
    failed+=("$sanitizer $suite: a test failed")
  fi
  # One file per process that had something to report, so that nothing is lost in a test's pipes.
  if compgen -G "$reports.report.*" >/dev/null; then
    grep -h 'SUMMARY' "$reports".report.* | sort | uniq -c
    failed+=("$sanitizer $suite: a report")
  fi
  say "$suite took $((SECONDS - began)) s"
}

# run_under thread|address
run_under() {
  local sanitizer=$1 suite swift_options
  swift_options=(--sanitize="$sanitizer" --scratch-path ".build-${sanitizer:0:1}san")
  say "building the tests (debug, ${sanitizer}Sanitizer)"
  swift build --build-tests "${swift_options[@]}"
  PENSTOCK_TEST_BINARY=$(swift build "${swift_options[@]}" --show-bin-path)/penstock
  export PENSTOCK_TEST_BINARY
  [[ $sanitizer == address ]] || build_preload
  [[ ${PENSTOCK_TEST_DATABASE_URL:-} ]] || start_database
  for suite in "${suites[@]}"; do run_suite "$sanitizer" "$suite"; done
}

failed=()
for sanitizer in ${SANITIZER:-thread address}; do run_under "$sanitizer"; done
if ((${#failed[@]})); then
  printf '  %s\n' "${failed[@]}" >&2
  fail "not clean"
fi
say "clean under ${SANITIZER:-thread and address}: ${suites[*]}"
