#!/usr/bin/env bash
# Tests the admin console and the buyer's page in a real browser, in English and in Chinese at once; then it measures,
# with nothing beside, how quickly pages of a large sale open. Arguments are names of tests, as orders_test.Orders;
# without any, all are run.
#
#   SCREENSHOTS=1    write docs/screenshots anew
#   UI_SKIP_BUILD=1  what is built is tested
# shellcheck disable=SC2317 # finish and end_run are reached by traps
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
# shellcheck source=scripts/service.sh
source "$(dirname "${BASH_SOURCE[0]}")/service.sh"

readonly languages=(en zh-Hans) measured=speed_test
# What waits for a clock most of its time has a run of its own, beside the rest.
readonly waiting=(demo_test failure_test spike_test)

cd "$root"
tool=$(scripts/setup-ui.sh)
if [[ -z ${UI_SKIP_BUILD:-} ]]; then
  say "building penstock (release)"
  swift build -c release --product penstock
fi
penstock=$root/.build/release/penstock

run=$(new_run ui)
runs=() names=()

finish() {
  local code=$?
  trap '' INT TERM
  trap - EXIT
  if ((${#runs[@]})); then
    kill -TERM "${runs[@]}" 2>/dev/null || true
    wait "${runs[@]}" || true
  fi
  end_service || code=1
  if ((code == 0)); then rm -rf "$run"; else say "failed; logs: ${run#"$root/"}"; fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- One run: a Penstock with its embedded broker, a database, a browser ----------------------------------------------

end_run() {
  local code=$?
  trap '' TERM
  trap - EXIT
  if [[ $browsing ]]; then
    kill -TERM "$browsing" 2>/dev/null || true
    wait "$browsing" || true
  fi
  end_service || code=1
  exit "$code"
}

# test_in LANGUAGE TEST…: in a subshell.
test_in() {
  local code=0
  browsing='' run=$run/${PENSTOCK_DATABASE_URL##*/}
  log=$run/penstock.log
  mkdir "$run"
  trap end_run EXIT
  trap 'exit 143' TERM
  export UI_LANGUAGE=$1 UI_RUN=$run UI_URL='' UI_SHOP_URL=''
  # What is measured has processes of its own.
  if [[ $2 != "$measured" ]]; then
    start_service
    UI_URL=http://$(bound admin) UI_SHOP_URL=http://$(bound http)
  fi
  # Beside this one, so that a signal is acted on at once.
  "$tool/bin/python" -B Tests/UI/run.py "${@:2}" </dev/null &
  browsing=$!
  wait "$browsing" || code=$?
  browsing=
  exit "$code"
}

# run_tests LANGUAGE TEST…: beside this script, on a copy of the database. What it says is kept in a file.
run_tests() {
  local name=ui_${#runs[@]}
  psql --no-psqlrc --quiet --command "create database $name template penstock" "$PENSTOCK_DATABASE_URL"
  (PENSTOCK_DATABASE_URL=${PENSTOCK_DATABASE_URL%/*}/$name test_in "$@") >"$run/$name.out" 2>&1 &
  runs+=("$!") names+=("$*")
}

# show INDEX…: waits for runs and prints what they said.
show() {
  local index
  for index in "$@"; do
    if ! wait "${runs[index]}"; then code=1; fi
    unset "runs[index]"
    say "${names[index]}"
    cat "$run/ui_$index.out" >&2
  done
}

# --- All of them ------------------------------------------------------------------------------------------------------

prepare_service
export PENSTOCK_SECOND_PERSON=close
"$penstock" migrate >>"$log"
UI_PASSWORD=$(random_hex 12)
for user in olga:owner oscar:operator fiona:finance victor:viewer; do
  "$penstock" admin user add "${user%:*}" --role "${user#*:}" <<<"$UI_PASSWORD" >>"$log"
done
UI_PENSTOCK=$penstock UI_ALONE=$run/alone
AXE=$(compgen -G "$tool/lib/python3*/site-packages/axe_playwright_python/axe.min.js")
export UI_PASSWORD UI_PENSTOCK UI_ALONE AXE
if [[ ${SCREENSHOTS:-} ]]; then
  UI_SCREENSHOTS=$root/docs/screenshots
  export UI_SCREENSHOTS
fi

code=0
say "testing in a browser, in ${languages[*]}"
if (($#)); then
  touch "$UI_ALONE"
  for language in "${languages[@]}"; do run_tests "$language" "$@"; done
else
  quick=()
  for file in Tests/UI/*_test.py; do
    name=$(basename "$file" .py)
    if [[ " ${waiting[*]} $measured " != *" $name "* ]]; then quick+=("$name"); fi
  done
  for language in "${languages[@]}"; do
    run_tests "$language" "${waiting[@]}"
    run_tests "$language" "${quick[@]}"
  done
  # It fills its database beside the others, and measures when they have ended.
  others=("${!runs[@]}")
  run_tests en "$measured"
  show "${others[@]}"
  touch "$UI_ALONE"
fi
show "${!runs[@]}"
exit "$code"
