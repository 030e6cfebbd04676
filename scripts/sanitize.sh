#!/usr/bin/env bash
# Runs the tests under ThreadSanitizer and under AddressSanitizer: the tests' own process, and every `penstock` that
# they start. Fails at a failed test and at any report that scripts/tsan.supp does not name.
#
#   SANITIZER=thread|address   that one only
#   SUITES="KafkaTests …"      those targets only (default: all whose results do not hang on time)
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

# Not SpikeTests, SimulationTests and TidyTests: one thread, arithmetic and text, and the simulation's thousands of
# seeds take ten times as long here.
readonly default_suites="FlashSaleTests KafkaTests PostgresTests IntakeTests WorkerTests AdminTests SystemTests"
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

# run_under thread|address: adds to `failed`.
run_under() {
  local sanitizer=$1 suite swift_options reports began
  swift_options=(--sanitize="$sanitizer" --scratch-path ".build-${sanitizer:0:1}san")
  say "building the tests (debug, ${sanitizer}Sanitizer)"
  swift build --build-tests "${swift_options[@]}"
  PENSTOCK_TEST_BINARY=$(swift build "${swift_options[@]}" --show-bin-path)/penstock
  [[ ${PENSTOCK_TEST_DATABASE_URL:-} ]] || start_database
  export PENSTOCK_TEST_BINARY
  for suite in "${suites[@]}"; do
    say "testing $suite under ${sanitizer}Sanitizer"
    began=$SECONDS
    reports=$run/$sanitizer.$suite
    # exitcode=0: a process that a test stops must not seem to have failed; the file tells.
    export TSAN_OPTIONS="suppressions=$root/scripts/tsan.supp log_path=$reports.report exitcode=0"
    # What Swift and the clients' libraries keep until the process ends is no leak to us.
    export ASAN_OPTIONS="detect_leaks=0 log_path=$reports.report"
    if swift test --skip-build --disable-xctest "${swift_options[@]}" --filter "^$suite\\." >"$reports.out" 2>&1; then
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
  done
}

failed=()
for sanitizer in ${SANITIZER:-thread address}; do run_under "$sanitizer"; done
if ((${#failed[@]})); then
  printf '  %s\n' "${failed[@]}" >&2
  fail "not clean"
fi
say "clean under ${SANITIZER:-thread and address}: ${suites[*]}"
