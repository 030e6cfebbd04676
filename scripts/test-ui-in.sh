#!/usr/bin/env bash
# One language of scripts/test-ui.sh: a private PostgreSQL, `penstock up` with its embedded broker, Chromium. What is
# built is tested.
#
#   scripts/test-ui-in.sh en|zh-Hans TEST…
# shellcheck disable=SC2317 # finish is reached by the trap
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
# shellcheck source=scripts/service.sh
source "$(dirname "${BASH_SOURCE[0]}")/service.sh"

cd "$root"
tool=$(scripts/setup-ui.sh)
penstock=$root/.build/debug/penstock
run=$(new_run ui)
browsing=

finish() {
  local code=$?
  trap '' INT TERM
  trap - EXIT
  if [[ $browsing ]]; then
    kill -TERM "$browsing" 2>/dev/null || true
    wait "$browsing" || true
  fi
  end_service || code=1
  if ((code == 0)); then rm -rf "$run"; else say "failed; logs: ${run#"$root/"}"; fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

prepare_service
export PENSTOCK_SECOND_PERSON=close
"$penstock" migrate >>"$log"
UI_LANGUAGE=$1 UI_PASSWORD=$(random_hex 12)
for user in olga:owner oscar:operator fiona:finance victor:viewer; do
  "$penstock" admin user add "${user%:*}" --role "${user#*:}" <<<"$UI_PASSWORD" >>"$log"
done
start_service

UI_SHOP_URL=http://$(bound http)
UI_URL=http://$(bound admin)
export UI_LANGUAGE UI_URL UI_SHOP_URL UI_PASSWORD UI_PENSTOCK=$penstock UI_RUN=$run
if [[ ${SCREENSHOTS:-} ]]; then
  UI_SCREENSHOTS=$root/docs/screenshots
  export UI_SCREENSHOTS
fi
AXE=$(compgen -G "$tool/lib/python3*/site-packages/axe_playwright_python/axe.min.js")
export AXE
# Beside this script, so that a signal is acted on at once.
PYTHONPATH=Tests/UI "$tool/bin/python" -m unittest "${@:2}" </dev/null &
browsing=$!
code=0
wait "$browsing" || code=$?
browsing=
exit "$code"
