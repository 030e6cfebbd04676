# shellcheck shell=bash
# shellcheck disable=SC2154 # run, url, penstock, binaries and sale are demo.sh's
# The first act of scripts/demo.sh: a sale that holds what is won until it is paid. A toy payment provider is right,
# late, double and wrong by turns, some buyers never pay, some cancel, some wait for what comes back, and in the middle
# more phones are put up.

readonly second_delivery=200 second_delivery_after=4

# Time to open two pages in a browser. Who wins there has two minutes to pay.
readonly own_sale=yours own_opening=45
write_own_sale() {
  cat >"$run/own-sale.json" <<JSON
{
  "id": "$own_sale",
  "name": "Penstock demo, for you",
  "starts_at": "$(date -u -d "+$own_opening seconds" +%Y-%m-%dT%H:%M:%SZ)",
  "ends_at": "$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)",
  "per_buyer_limit": 2,
  "holds": {"seconds": 120, "extend": {"times": 1, "seconds": 60}},
  "items": [{"sku": "lamp", "stock": 20, "price_minor": 12900, "currency": "CNY"}]
}
JSON
}

# Three SKUs. Most of the crowd wants the phone. Who wins has three seconds to pay: a demo is short.
write_sale() {
  cat >"$run/sale.json" <<JSON
{
  "id": "$sale",
  "name": "Penstock demo",
  "starts_at": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
  "ends_at": "$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)",
  "per_buyer_limit": 4,
  "holds": {
    "seconds": 3, "late_payment": "if_free", "extend": {"times": 2, "seconds": 3},
    "waitlist": {"offer_seconds": 3, "least_seconds": 1, "short": "partial"}
  },
  "items": [
    {"sku": "phone", "stock": 1000, "price_minor": 199900, "currency": "CNY"},
    {"sku": "earbuds", "stock": 500, "price_minor": 39900, "currency": "CNY"},
    {"sku": "case", "stock": 2000, "price_minor": 4900, "currency": "CNY"}
  ]
}
JSON
}

# Ends with spike's exit code; 1 if the restock was refused.
play_sale() {
  local code=0 spike
  "$binaries/spike" --url "$url" --sale "$sale" --requests 100000 --rate 20000 --buyers 50000 --hot 0.8 \
    --retry-share 0.05 --quantity 2 --payments fickle-provider --unpaid 0.2 --cancelled 0.1 --waitlist 0.02 \
    --connections 256 --follow-timeout 45s --ledger "$run/ledger.tsv" &
  spike=$!
  # shellcheck disable=SC2064 # now
  trap "kill $spike 2>/dev/null || true" EXIT
  sleep "$second_delivery_after"
  # Said when spike no longer draws on the terminal.
  "$penstock" sale restock "$sale" phone "$second_delivery" --reason 'second delivery' \
    >"$run/restock.txt" 2>&1 || code=1
  wait "$spike" || code=$?
  trap - EXIT
  printf '\nIn the middle, %s phones more were put up: ' "$second_delivery"
  cat "$run/restock.txt"
  return "$code"
}
