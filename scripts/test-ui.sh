#!/usr/bin/env bash
# Tests the admin console and the buyer's page in a real browser: a private PostgreSQL, `penstock up` with its embedded
# broker, Chromium.
#
#   SCREENSHOTS=1    write docs/screenshots anew
#   UI_SKIP_BUILD=1  what is built is tested
# shellcheck disable=SC2317 # finish is reached by the trap
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

readonly ready_seconds=90 drain_seconds=30
unset "${!PENSTOCK_@}"

cd "$root"
tool=$(scripts/setup-ui.sh)
say "building (debug)"
if [[ -z ${UI_SKIP_BUILD:-} ]]; then swift build --build-tests; fi
penstock=$root/.build/debug/penstock

run=$(new_run ui)
log=$run/penstock.log
up=

stop_service() {
  local tenths
  kill -TERM "$up" 2>/dev/null || true
  for ((tenths = 0; tenths < drain_seconds * 10; tenths++)); do
    kill -0 -- "-$up" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -KILL -- "-$up" 2>/dev/null || true
  return 1
}

finish() {
  local code=$?
  trap '' INT TERM
  trap - EXIT
  if [[ $up ]] && ! stop_service; then code=1; fi
  scripts/postgres.sh remove "$run" || code=1
  if ((code == 0)); then rm -rf "$run"; else say "failed; logs and pictures: ${run#"$root/"}"; fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

PENSTOCK_DATABASE_URL=$(scripts/postgres.sh start "$run")
PENSTOCK_ADMIN_TOKEN=$(random_hex 16)
PENSTOCK_TICKET_KEY=$(random_hex 32)
export PENSTOCK_DATABASE_URL PENSTOCK_ADMIN_TOKEN PENSTOCK_TICKET_KEY PENSTOCK_SECOND_PERSON=close \
  PENSTOCK_HTTP=127.0.0.1:0 PENSTOCK_ADMIN_HTTP=127.0.0.1:0
"$penstock" migrate >>"$log"
UI_PASSWORD=$(random_hex 12)
for user in olga:owner oscar:operator fiona:finance victor:viewer; do
  "$penstock" admin user add "${user%:*}" --role "${user#*:}" <<<"$UI_PASSWORD" >>"$log"
done
setsid setpriv --pdeathsig TERM "$penstock" up --announce "$run/bound.json" </dev/null >>"$log" 2>&1 &
up=$!

bound() { sed -n "s/.*\"$1\" *: *\"\\([^\"]*\\)\".*/\\1/p" "$run/bound.json" 2>/dev/null; }
deadline=$((SECONDS + ready_seconds))
is_ready() {
  admin=$(bound admin) && [[ $admin ]] &&
    curl --fail --silent --max-time 2 --output "$run/readyz" "http://$admin/readyz"
}
until is_ready; do
  kill -0 "$up" 2>/dev/null || fail "Penstock ended before it was ready; its log: $log"
  ((SECONDS < deadline)) || fail "Penstock was not ready within $ready_seconds s; its log: $log"
  sleep 0.2
done

UI_SHOP_URL=http://$(bound http)
export UI_URL=http://$admin UI_SHOP_URL UI_PASSWORD
if [[ ${SCREENSHOTS:-} ]]; then
  UI_SCREENSHOTS=$root/docs/screenshots
  export UI_SCREENSHOTS
fi
AXE=$(compgen -G "$tool/lib/python3*/site-packages/axe_playwright_python/axe.min.js")
export AXE
say "testing in a browser"
"$tool/bin/python" -m unittest discover --start-directory Tests/UI --pattern '*_test.py'
