# shellcheck shell=bash
# shellcheck disable=SC2154 # run, url, penstock and log are demo.sh's
# The second act of scripts/demo.sh: a sale with a waiting room. Forty buyers join before the doors open, which they do
# during the first act. A lot is drawn and verified, ten a second are let in, each orders and hears the outcome as an
# event, and five bots, of whom two have joined, get nowhere.

readonly room_sale=lottery room_buyers=40 room_stock=20 room_beacon='a throw of dice'
readonly room_bots=5 room_bots_with_places=2 room_bot_requests=10
# Time to join in, and from there to the beacon: the least that a sale may have.
readonly room_opening=4 room_margin=30
# All of it takes some 8 s on two busy cores, once the beacon may be told.
readonly room_seconds=60

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

# join BUYER
join() {
  ask --header "X-Buyer-Id: $1" --request POST --retry 5 --retry-all-errors --fail --output "$run/room/$1.join" \
    "$url/v1/sales/$room_sale/room"
}

# visit BUYER: waits for its turn, orders, and writes down what it hears.
visit() {
  local room=$url/v1/sales/$room_sale/room answer token='' ticket
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

# What bots hear that do not wait for their turn. Returns 1 if one of them hears anything else.
hold_back_bots() {
  local bot attempt heard=$run/room/bots
  for ((bot = 1; bot <= room_bots; bot++)); do
    for ((attempt = 0; attempt < room_bot_requests; attempt++)); do order_print "bot-$bot"; done
  done | grep -o '"code":"[a-z_]*"' | sort | uniq -c >"$heard"
  echo "$room_bots bots that do not wait for their turn, $room_bots_with_places of them with a place, heard:"
  cat "$heard"
  [[ $(awk '{ print $1, $2 }' "$heard") == "$((room_bots * room_bot_requests)) \"code\":\"room_required\"" ]]
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

# Makes the sale, and has everybody join before its doors open.
open_room() {
  local number joins=() opens
  opens=$(($(date +%s) + room_opening))
  write_room_sale "$opens" $((opens + room_margin))
  "$penstock" sale create --file "$run/lottery.json" >>"$log"
  mkdir -p "$run/room"
  for ((number = 1; number <= room_buyers; number++)); do
    join "buyer-$number" &
    joins+=("$!")
  done
  for ((number = 1; number <= room_bots_with_places; number++)); do
    join "bot-$number" &
    joins+=("$!")
  done
  wait "${joins[@]}"
}

# Returns 1 if the lot does not verify, a bot gets in, or somebody heard nothing or something else than the stock says.
play_room() {
  local buyer visits=() heard confirmed bots=0
  room_deadline=$((SECONDS + room_seconds))
  for ((buyer = 1; buyer <= room_buyers; buyer++)); do
    visit "buyer-$buyer" &
    visits+=("$!")
  done
  # shellcheck disable=SC2064 # now
  trap "kill ${visits[*]} 2>/dev/null || true" EXIT
  draw_lot || return 1
  hold_back_bots || bots=1
  for buyer in "${visits[@]}"; do wait "$buyer" || true; done
  trap - EXIT
  heard=$(cat "$run"/room/buyer-? "$run"/room/buyer-?? 2>/dev/null | sort | uniq -c)
  confirmed=$(awk '$2 == "confirmed" { print $1 }' <<<"$heard")
  printf 'What %s buyers heard, in their turn, of %s units:\n%s\n' "$room_buyers" "$room_stock" "$heard"
  [[ $bots == 0 && $confirmed == "$room_stock" ]] &&
    [[ $(awk '{ sum += $1 } END { print sum }' <<<"$heard") == "$room_buyers" ]]
}
