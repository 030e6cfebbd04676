# shellcheck shell=bash
# Sourced after environment.sh by the scripts that run `penstock up`: one way to start it, to wait for it, and to end
# it. Such a script calls end_service in a trap.

# Long enough for a loaded machine; a service that is not there by then will not come.
readonly ready_seconds=90
# Penstock drains on SIGTERM: it finishes and commits what it took. Past this it is ended.
readonly drain_seconds=30

# What the user's shell has set for another Penstock is not meant for this one.
unset "${!PENSTOCK_@}"

# The script sets these two: the program, and the folder of its run.
penstock='' run=''
# The process of the service, and its log; empty: there is none.
up='' log=''

# give_up WORDS…: fails. When the service is why, its last lines say more than we could.
give_up() {
  if [[ -s $log ]]; then tail -n 20 "$log" >&2; fi
  fail "$*"
}

# prepare_service: starts a private PostgreSQL, and sets what every Penstock needs. Port 0: the system picks free ones,
# so that two runs do not meet. No brokers: `penstock up` starts its own.
prepare_service() {
  log=$run/penstock.log
  PENSTOCK_DATABASE_URL=$(scripts/postgres.sh start "$run")
  PENSTOCK_ADMIN_TOKEN=$(random_hex 16)
  PENSTOCK_TICKET_KEY=$(random_hex 32)
  export PENSTOCK_DATABASE_URL PENSTOCK_ADMIN_TOKEN PENSTOCK_TICKET_KEY \
    PENSTOCK_HTTP=127.0.0.1:0 PENSTOCK_ADMIN_HTTP=127.0.0.1:0
}

# start_service: starts it and waits until it is ready. The service must not see the terminal's Ctrl-C, which is for the
# script (setsid), and must not outlive the script even when that is killed outright (--pdeathsig).
start_service() {
  local deadline=$((SECONDS + ready_seconds)) admin
  setsid setpriv --pdeathsig TERM "$penstock" up --announce "$run/bound.json" </dev/null >>"$log" 2>&1 &
  up=$!
  while true; do
    kill -0 "$up" 2>/dev/null || give_up "Penstock ended before it was ready; its log: $log"
    admin=$(bound admin) || true
    if [[ $admin ]] && curl --fail --silent --max-time 2 --output "$run/readyz" "http://$admin/readyz"; then return; fi
    ((SECONDS < deadline)) || give_up "Penstock was not ready within $ready_seconds s; its log: $log"
    sleep 0.1
  done
}

# bound NAME: the address that `penstock up` announced for it.
bound() { sed -n "s/.*\"$1\" *: *\"\\([^\"]*\\)\".*/\\1/p" "$run/bound.json" 2>/dev/null; }

# end_service: ends the service, what it started, and the database. Fails if one of them did not stop in time. The
# service's process group is its own (setsid), so the group is gone only when the broker's process is gone too.
end_service() {
  local tenths code=0
  if [[ $up ]]; then
    kill -TERM "$up" 2>/dev/null || true
    for ((tenths = 0; tenths < drain_seconds * 10; tenths++)); do
      kill -0 -- "-$up" 2>/dev/null || break
      sleep 0.1
    done
    if kill -0 -- "-$up" 2>/dev/null; then
      say "Penstock did not stop within $drain_seconds s; ending it"
      kill -KILL -- "-$up" 2>/dev/null || true
      wait "$up" 2>/dev/null || true
      code=1
    fi
    up=
  fi
  scripts/postgres.sh remove "$run" || code=1
  return "$code"
}
