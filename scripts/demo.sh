#!/usr/bin/env bash
# The whole thing, once: a private PostgreSQL, Penstock with its embedded broker, a sale for you to buy in with a
# browser, a sale with payments and a waitlist under a spike of 100,000 requests, the report, a sale with a waiting room
# and a lottery, the audit, and a line that says whether the invariants held.
#
#   DEMO_EXIT=1   stop everything then and exit: 0 if they held, 1 otherwise. Without it the demo stays until Ctrl-C.
# shellcheck disable=SC2317 # finish, and what it calls, is reached by the trap
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
# shellcheck source=scripts/service.sh
source "$(dirname "${BASH_SOURCE[0]}")/service.sh"
# shellcheck source=scripts/demo-sale.sh
source "$(dirname "${BASH_SOURCE[0]}")/demo-sale.sh"
# shellcheck source=scripts/demo-room.sh
source "$(dirname "${BASH_SOURCE[0]}")/demo-room.sh"

readonly sale=demo
# One connection of the spike is a file here and one there; Debian's default of 1,024 would be close.
readonly open_files=16384

cd "$root"
run=$(new_run demo)
child=
verdict=1

# --- What a run starts, it ends --------------------------------------------------------------------------------------

# run_waiting COMMAND…: like calling it, but a signal to this script is acted on at once and not when COMMAND is done.
run_waiting() {
  local code=0
  "$@" &
  child=$!
  wait "$child" || code=$?
  child=
  return "$code"
}

finish() {
  local code=$?
  # A second Ctrl-C must not cut this short.
  trap '' INT TERM
  trap - EXIT
  if [[ $child ]]; then
    kill -TERM "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  fi
  if [[ $up ]]; then say "stopping Penstock"; fi
  end_service || code=1
  # An empty folder tells nothing.
  rmdir "$run" 2>/dev/null || say "stopped; logs and ledger: ${run#"$root/"}"
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- Timing ----------------------------------------------------------------------------------------------------------

milliseconds() { printf '%s\n' "${EPOCHREALTIME/[.,]/}" | sed 's/...$//'; }

timings=()
step_name=
# step NAME: ends the step before, and begins this one.
step() {
  local now
  now=$(milliseconds)
  if [[ $step_name ]]; then timings+=("$((now - step_began)) $step_name"); fi
  step_name=$1 step_began=$now
  if [[ $step_name ]]; then say "$step_name"; fi
}

print_timings() {
  local timing total=0
  printf '\n%-60s %9s\n' 'Step (after the build)' 'seconds'
  for timing in "${timings[@]}"; do
    total=$((total + ${timing%% *}))
    printf '%-60s %9s\n' "${timing#* }" "$(seconds "${timing%% *}")"
  done
  printf '%-60s %9s\n\n' 'together' "$(seconds "$total")"
}

seconds() { printf '%d.%d' "$(($1 / 1000))" "$(($1 % 1000 / 100))"; }

# --- The parts -------------------------------------------------------------------------------------------------------

print_addresses() {
  cat <<TEXT
Penstock is running until you press Ctrl-C.

  Buy      $url/demo?sale=$own_sale
  Sales    $url/v1/sales/$sale
  Console  $PENSTOCK_ADMIN_URL/admin (name: demo, password: $console_password)
  Token    $PENSTOCK_ADMIN_TOKEN

Buy something, and see the report:

  curl -s $url/v1/sales/$sale
  curl -si $url/v1/sales/$sale/orders -H 'X-Buyer-Id: you' -H 'Idempotency-Key: first' \\
    -H 'Content-Type: application/json' -d '{"sku":"case","quantity":1}'
  curl -s $url/v1/orders/ORDER_ID -H 'X-Buyer-Id: you'
  curl -s $url/v1/orders/ORDER_ID/payments \\
    -H 'Content-Type: application/json' -d '{"payment_id":"mine","amount_minor":4900,"currency":"CNY"}'
  curl -s $PENSTOCK_ADMIN_URL/admin/api/sales/$sale/report -H 'Authorization: Bearer $PENSTOCK_ADMIN_TOKEN'

TEXT
}

# --- The demo --------------------------------------------------------------------------------------------------------

scripts/build.sh
binaries=$(swift build -c release --show-bin-path)
penstock=$binaries/penstock
hard_limit=$(ulimit -Hn)
if [[ $hard_limit == unlimited ]] || ((hard_limit > open_files)); then hard_limit=$open_files; fi
ulimit -Sn "$hard_limit"

step "starting a private PostgreSQL"
prepare_service
PENSTOCK_PAYMENT_WEBHOOK_KEYS=$(random_hex 32)
export PENSTOCK_PAYMENT_WEBHOOK_KEYS
console_password=$(random_hex 8)

step "making the tables"
run_waiting "$penstock" migrate
"$penstock" admin user add demo --role owner <<<"$console_password" >>"$log"

step "starting Penstock, with its embedded broker"
say "the embedded broker is not durable: it keeps the log in memory and forgets it when it stops"
start_service
url=http://$(bound http)
PENSTOCK_ADMIN_URL=http://$(bound admin)
export PENSTOCK_ADMIN_URL

step "creating a sale for you, which opens in $own_opening s"
write_own_sale
run_waiting "$penstock" sale create --file "$run/own-sale.json"
say "buy in a browser:  $url/demo?sale=$own_sale"
say "watch it there:    $PENSTOCK_ADMIN_URL/admin/sales/$own_sale/live (name: demo, password: $console_password)"

step "creating a sale with a waiting room, and joining it"
run_waiting open_room

step "creating the sale"
write_sale
run_waiting "$penstock" sale create --file "$run/sale.json"

step "firing 100,000 requests; winners pay, cancel or lapse"
spike=0
run_waiting play_sale || spike=$?

step "reporting"
report=0
run_waiting "$penstock" report "$sale" --format table >"$run/report.txt" || report=$?
cat "$run/report.txt"

step "a waiting room: drawing its lot, letting the crowd in"
room=0
run_waiting play_room || room=$?

step "auditing: deciding every record again"
audit=0
PENSTOCK_KAFKA_BROKERS=$(bound brokers) run_waiting "$penstock" audit --ledger "$run/ledger.tsv" || audit=$?
step ""

print_timings
if ((spike == 0 && report == 0 && room == 0 && audit == 0)); then
  verdict=0
  echo "The invariants held: every 202 was decided once, nothing was oversold, and units and money add up:"
  grep '^✓ .* = ' "$run/report.txt" | sed 's/^/  /'
  echo "The audit found nothing, the lot is verified, and everybody in the waiting room heard an outcome."
elif ((spike == 1 || report == 1 || room != 0 || audit == 1)); then
  echo "THE INVARIANTS DID NOT HOLD: see above (exit codes: spike $spike, report $report, room $room, audit $audit)."
else
  echo "NOT SHOWN: not everything could be checked (exit codes: spike $spike, report $report, audit $audit)."
fi
if [[ ${DEMO_EXIT:-} ]]; then exit "$verdict"; fi

trap 'exit "$verdict"' INT
echo
print_addresses
wait "$up" || true
up=
give_up "Penstock ended by itself; its log: $log"
