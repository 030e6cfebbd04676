#!/usr/bin/env bash
# Runs the tests on a fresh private PostgreSQL, which is gone afterwards however they end. Arguments go to `swift test`:
#
#   scripts/test.sh --filter KafkaTests
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

# What the user's shell has set for another Penstock is not meant for the tests.
unset "${!PENSTOCK_@}"

cd "$root"
run=$(new_run test)

# Keeps the exit code. A failed run leaves the database's log, which often says why.
finish() {
  local code=$?
  trap - EXIT INT TERM
  scripts/postgres.sh remove "$run" || code=1
  if ((code == 0)); then
    rm -rf "$run"
  elif [[ -s $run/postgres.log ]]; then
    say "failed; PostgreSQL's log of this run: ${run#"$root/"}/postgres.log"
  fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Before the database starts: a build takes minutes, and may fail.
say "building the tests (debug)"
swift build --build-tests

say "starting a private PostgreSQL"
PENSTOCK_TEST_DATABASE_URL=$(scripts/postgres.sh start "$run")
PENSTOCK_TEST_BINARY=$(swift build --show-bin-path)/penstock
export PENSTOCK_TEST_DATABASE_URL PENSTOCK_TEST_BINARY

# A target's tests take 4 minutes at most on two cores. Past this much, one of them stands still.
readonly target_seconds=$((10 * 60))

# There is no XCTest in here; without the flag it would end the output with "Executed 0 tests". Each line is written when
# it is there, so that a run that is ended has told how far it came. An interrupt ends the tests' own process as well.
swift_test() {
  timeout --foreground --signal=INT --kill-after=20 "$target_seconds" \
    stdbuf -oL swift test --skip-build --disable-xctest "$@"
}

if (($#)); then
  say "testing: $*"
  swift_test "$@"
  exit
fi

# Each test of SystemTests starts several processes. More than a few tests at a time starve each other on two cores.
readonly system_tests_at_once=3

# stood_still OUTPUT: the tests that began and did not end.
stood_still() {
  comm -23 <(sed -nE 's/^◇ Test (".*") started\.$/\1/p' "$1" | sort) \
    <(sed -nE 's/^. Test (".*") (with [0-9]+ test cases? )?(passed|failed|skipped).*/\1/p' "$1" | sort) |
    sed "s/^/✘ not ended after $target_seconds s: /"
}

# run_target TARGET TRY: runs one target's tests; adds to `passed`, or says false.
passed=0
run_target() {
  local target=$1 output=$run/output.$1.$2 count options=()
  if [[ $target == SystemTests ]]; then
    options+=(--experimental-maximum-parallelization-width "$system_tests_at_once")
  fi
  say "testing $target"
  swift_test "${options[@]}" --filter "^$target\\." 2>&1 | tee "$output" || {
    # timeout's code for what it ended.
    if ((PIPESTATUS[0] == 124)); then stood_still "$output" | tee -a "$output"; fi
    return 1
  }
  count=$(sed -n 's/.*Test run with \([0-9]*\) tests\{0,1\} .*passed.*/\1/p' "$output" | tail -n 1)
  if ((${count:-0} == 0)); then
    say "no test of $target ran"
    return 1
  fi
  passed=$((passed + count))
}

# What failed, and where a process died, of all the runs of this try.
what_failed() {
  grep -hE '^✘|Fatal error|error: ' "$run"/output.*."$1" || true
  # Of a crash, the thread that did it.
  sed -n '/Program crashed:/,/^Registers:/p' "$run"/output.*."$1"
}

# One target after another. A target's own tests run side by side, and that is load enough: all of them at once starve
# each other on two cores, and then deadlines fail.
failed=()
for folder in Tests/*Tests; do
  target=${folder##*/}
  run_target "$target" first || failed+=("$target")
done

# A target that failed runs once more, by itself. If it fails again, the run fails. If not, it is still named at the
# end: a test that a busy machine can fail is a defect, but a smaller one than a broken product.
broken=()
for target in "${failed[@]}"; do
  run_target "$target" again || broken+=("$target")
done
if ((${#failed[@]})); then
  say "failed the first time:"
  what_failed first
fi
if ((${#broken[@]})); then
  say "failed again: ${broken[*]}"
  what_failed again
  exit 1
fi
printf '%d passed, 0 failed\n' "$passed"
