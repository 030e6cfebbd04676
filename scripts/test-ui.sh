#!/usr/bin/env bash
# Tests the admin console and the buyer's page in a real browser: a private PostgreSQL, `penstock up` with its embedded
# broker, Chromium. Arguments are names of tests, as orders_test.Orders; without any, all are run.
#
#   SCREENSHOTS=1    write docs/screenshots anew
#   UI_SKIP_BUILD=1  what is built is tested
# shellcheck disable=SC2317 # finish is reached by the trap
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
# shellcheck source=scripts/service.sh
source "$(dirname "${BASH_SOURCE[0]}")/service.sh"

cd "$root"
tool=$(scripts/setup-ui.sh)
say "building (debug)"
if [[ -z ${UI_SKIP_BUILD:-} ]]; then swift build --build-tests; fi
penstock=$root/.build/debug/penstock

run=$(new_run ui)

finish() {
  local code=$?
  trap '' INT TERM
  trap - EXIT
  end_service || code=1
  if ((code == 0)); then rm -rf "$run"; else say "failed; logs and pictures: ${run#"$root/"}"; fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

prepare_service
export PENSTOCK_SECOND_PERSON=close
"$penstock" migrate >>"$log"
UI_PASSWORD=$(random_hex 12)
for user in olga:owner oscar:operator fiona:finance victor:viewer; do
  "$penstock" admin user add "${user%:*}" --role "${user#*:}" <<<"$UI_PASSWORD" >>"$log"
done
start_service

UI_SHOP_URL=http://$(bound http)
UI_URL=http://$(bound admin)
export UI_URL UI_SHOP_URL UI_PASSWORD UI_PENSTOCK=$penstock UI_RUN=$run
if [[ ${SCREENSHOTS:-} ]]; then
  UI_SCREENSHOTS=$root/docs/screenshots
  export UI_SCREENSHOTS
fi
AXE=$(compgen -G "$tool/lib/python3*/site-packages/axe_playwright_python/axe.min.js")
export AXE
say "testing in a browser"
# Names of modules, without their folder and ending.
tests=("$@")
if ((${#tests[@]} == 0)); then for file in Tests/UI/*_test.py; do tests+=("$(basename "$file" .py)"); done; fi
PYTHONPATH=Tests/UI "$tool/bin/python" -m unittest "${tests[@]}"
