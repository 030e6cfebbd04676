#!/usr/bin/env bash
# Tests the admin console and the buyer's page in a real browser, in English and in Chinese at once; then it measures,
# with nothing beside, how quickly pages of a large sale open. Arguments are names of tests, as orders_test.Orders;
# without any, all are run.
#
#   SCREENSHOTS=1    write docs/screenshots anew
#   UI_SKIP_BUILD=1  what is built is tested
# shellcheck disable=SC2317 # finish is reached by the trap
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

readonly languages=(en zh-Hans) measured=speed_test

cd "$root"
scripts/setup-ui.sh >/dev/null
say "building (debug)"
if [[ -z ${UI_SKIP_BUILD:-} ]]; then swift build --build-tests; fi

output=$(mktemp -d)
runs=()

finish() {
  local code=$?
  trap '' INT TERM
  trap - EXIT
  if ((${#runs[@]})); then
    kill -TERM "${runs[@]}" 2>/dev/null || true
    wait "${runs[@]}" || true
  fi
  rm -rf "$output"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Names of modules, without their folder and ending.
tests=("$@")
if ((${#tests[@]} == 0)); then
  for file in Tests/UI/*_test.py; do
    name=$(basename "$file" .py)
    if [[ $name != "$measured" ]]; then tests+=("$name"); fi
  done
fi

# run_tests NAME LANGUAGE TEST…: beside this script; what it says is kept in a file of that name.
run_tests() {
  scripts/test-ui-in.sh "${@:2}" >"$output/$1" 2>&1 &
  runs+=("$!")
}

# show NAME…: waits for runs, in the order in which they began, and prints what they said.
show() {
  local name
  for name in "$@"; do
    if ! wait "${runs[0]}"; then code=1; fi
    runs=("${runs[@]:1}")
    say "$name"
    cat "$output/$name" >&2
  done
}

code=0
say "testing in a browser, in ${languages[*]}"
for language in "${languages[@]}"; do run_tests "$language" "$language" "${tests[@]}"; done
show "${languages[@]}"
if (($# == 0)); then
  run_tests measuring en "$measured"
  show measuring
fi
exit "$code"
