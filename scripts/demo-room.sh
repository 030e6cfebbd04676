# shellcheck shell=bash
# shellcheck disable=SC2154 # run, url, penstock and log are demo.sh's
# The second act of scripts/demo.sh: a sale with a waiting room. Forty buyers join before the doors open, a lot is drawn
# and verified, ten a second are let in, each orders and hears the outcome as an event, and a bot gets nowhere.

readonly room_sale=lottery room_buyers=40 room_stock=20 room_beacon='a throw of dice'
# All of it takes some 12 s on two busy cores.
readonly room_seconds=40

# write_room_sale OPENING KNOWN: times in seconds since 1970.
write_room_sale() {
  cat >"$run/lottery.json" <<JSON
{
  "id": "$room_sale",
  "name": "Penstock demo, by lot",
  "starts_at": "$(date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ)",
  "ends_at": "$(date -u -d '+1 hour' +%Y-%m-%dT%H:%M:%SZ)",
  "per_buyer_limit": 1,
  "shaping": {
    "room": {
      "order": "lottery", "rate_per_minute": 600,
      "beacon": {"name": "$room_beacon", "known_at": "$(date -u -d "@$2" +%Y-%m-%dT%H:%M:%SZ)"}
    },
    "limits": {"per_buyer": {"requests": 5, "per_seconds": 10}}
  },
  "items": [{"sku": "print", "stock": $room_stock, "price_minor": 9900, "currency": "CNY"}]
}
JSON
}

# ask ARGUMENT…: curl, without a word of its own.
ask() { curl --silent --max-time "$room_seconds" "$@"; }

# text_of FIELD: the text of a field of the JSON on standard input.
text_of() { sed -n "s/.*\"$1\" *: *\"\\([^\"]*\\)\".*/\\1/p"; }

# order_print BUYER HEADER…
order_print() {
  local buyer=$1
  shift
  ask --header "X-Buyer-Id: $buyer" --header 'Content-Type: application/json' "$@" \
    --data '{"sku":"print","quantity":1}' "$url/v1/sales/$room_sale/orders"
}

# visit BUYER: joins, waits for its turn, orders, and writes down what it hears.
visit() {
  local room=$url/v1/sales/$room_sale/room answer token='' ticket
  ask --header "X-Buyer-Id: $1" --request POST --retry 5 --retry-all-errors --fail --output "$run/room/$1.join" "$room"
  until [[ $token ]]; do
    ((SECONDS < room_deadline)) || return 1
    sleep 0.5
    token=$(ask --header "X-Buyer-Id: $1" "$room" | text_of token)
  done
  answer=$(order_print "$1" --header "X-Room-Token: $token" --header 'Idempotency-Key: demo')
  ticket=$(text_of ticket <<<"$answer")
  if [[ ! $ticket ]]; then
    text_of code <<<"$answer" >"$run/room/$1"
    return
  fi
  ask --no-buffer --header "X-Buyer-Id: $1" \
    "$url/v1/orders/$(text_of order_id <<<"$answer")/events?ticket=$ticket" |
    sed -n 's/^data: .*"status":"\(confirmed\|rejected\)".*/\1/p' >"$run/room/$1"
}

# What a bot hears that sends without a place.
count_bot() {
  local attempt
  for ((attempt = 0; attempt < 20; attempt++)); do order_print bot; done | grep -o '"code":"[a-z_]*"' | sort | uniq -c
}

draw_lot() {
  local draw=$url/v1/sales/$room_sale/draw commitment root
  commitment=$(ask "$draw" | text_of commitment)
  until root=$(ask "$draw" | text_of root) && [[ $root ]]; do
    ((SECONDS < room_deadline)) || return 1
    sleep 0.2
  done
  # Before the beacon can be known, its value is refused.
  until "$penstock" room beacon "$room_sale" "$room_beacon" "$(random_hex 4)" >>"$log" 2>&1; do
    ((SECONDS < room_deadline)) || return 1
    sleep 0.2
  done
  until ask --output "$run/draw.json" "$draw" && grep -q '"order"' "$run/draw.json"; do
    ((SECONDS < room_deadline)) || return 1
    sleep 0.2
  done
  "$penstock" draw verify "$run/draw.json" --commitment "$commitment" --root "$root"
}

# Returns 1 if the lot does not verify, or somebody heard nothing or something else than the stock says.
play_room() {
  local buyer visits=() heard confirmed opens
  room_deadline=$((SECONDS + room_seconds))
  opens=$(($(date +%s) + 4))
  write_room_sale "$opens" $((opens + 1))
  "$penstock" sale create --file "$run/lottery.json" >>"$log"
  mkdir -p "$run/room"
  for ((buyer = 1; buyer <= room_buyers; buyer++)); do
    visit "buyer-$buyer" &
    visits+=("$!")
  done
  # shellcheck disable=SC2064 # now
  trap "kill ${visits[*]} 2>/dev/null || true" EXIT
  draw_lot || return 1
  echo "A bot without a place, 20 requests:"
  count_bot
  for buyer in "${visits[@]}"; do wait "$buyer" || true; done
  trap - EXIT
  heard=$(cat "$run"/room/buyer-? "$run"/room/buyer-?? 2>/dev/null | sort | uniq -c)
  confirmed=$(awk '$2 == "confirmed" { print $1 }' <<<"$heard")
  printf 'What %s buyers heard, in their turn, of %s units:\n%s\n' "$room_buyers" "$room_stock" "$heard"
  [[ $confirmed == "$room_stock" && $(awk '{ sum += $1 } END { print sum }' <<<"$heard") == "$room_buyers" ]]
}
