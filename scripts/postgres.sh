#!/usr/bin/env bash
# A private PostgreSQL in a folder of its own: never the machine's service, and as many at once as you like.
#
#   scripts/postgres.sh start DIR    make the cluster if DIR has none, start it, print its URL
#   scripts/postgres.sh url DIR      print its URL
#   scripts/postgres.sh stop DIR     stop it; the data stays, and start goes on with it at the same address
#   scripts/postgres.sh remove DIR   stop it and delete its data; the log stays in DIR/postgres.log
#
# It listens on 127.0.0.1 only, at a free port, and asks for a random password. It has no Unix socket: their paths may
# have 107 bytes only, and a clone may lie deeper than that. It is as durable as one in production (fsync is on), so
# that what is measured on it is true. Its role `penstock` owns the database `penstock` and is no superuser, so that
# what works here works with the rights that production gives (and makes databases, as each test wants its own).
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

readonly oldest_version=15
# Below the range that Linux takes outgoing connections' ports from (32768–60999), so that none is in the way.
readonly first_port=20000 ports=12000
# A port can be taken. With a few hundred in use, 20 tries in a row fail once in 10^32 runs.
readonly port_tries=20
readonly start_seconds=60 stop_seconds=30

# Whatever the user's own PostgreSQL client is set to (PGHOST, PGOPTIONS, PGSERVICE…) is not meant for this one.
unset "${!PG@}"
export LC_ALL=C

# The newest server on this machine.
find_programs() {
  local programs
  programs=$(compgen -G '/usr/lib/postgresql/*/bin/initdb' | sort -V | tail -n 1) ||
    programs=$(command -v initdb) ||
    fail "no PostgreSQL server is installed: run 'make setup'"
  programs=$(dirname "$(readlink -f "$programs")")
  [[ $("$programs/initdb" --version) =~ ([0-9]+) && ${BASH_REMATCH[1]} -ge $oldest_version ]] ||
    fail "PostgreSQL $oldest_version or newer is needed; $programs has an older one"
  printf '%s\n' "$programs"
}

# as_owner COMMAND…: PostgreSQL refuses to run as root, so root hands it to Debian's `postgres` user.
as_owner() (
  cd /
  if [[ $EUID -eq 0 ]]; then
    exec runuser -u postgres -- "$@"
  fi
  exec "$@"
)

# Makes the folder for the data: DIR/cluster, or, where the owner can't get there (a clone in /root), a folder under
# /var/tmp that DIR/cluster points to.
make_home() {
  if [[ $EUID -ne 0 ]]; then
    mkdir -m 700 "$dir/cluster"
    return
  fi
  id -u postgres >/dev/null 2>&1 ||
    fail "there is no user 'postgres' to run PostgreSQL as, and it refuses root: run as another user, or 'make setup'"
  if as_owner test -x "$dir"; then
    install -d -m 700 -o postgres "$dir/cluster"
  else
    local home
    home=$(as_owner mktemp -d /var/tmp/penstock-postgres.XXXXXX)
    ln -s "$home" "$dir/cluster"
    say "user postgres can't enter $dir: the data is in $home"
  fi
}

configure() {
  as_owner tee -a "$cluster/data/postgresql.conf" >/dev/null <<'CONF'

# --- Penstock ---
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 400
shared_buffers = 256MB
max_wal_size = 2GB
# Old log segments are used again, instead of made again while commits wait.
min_wal_size = 1GB
# Durable, as in production: the speed comes from batches.
fsync = on
synchronous_commit = on
full_page_writes = on
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %q%a '
log_lock_waits = on
log_checkpoints = off
CONF
}

# Makes a cluster and starts it for the first time. A failure before the end leaves nothing of it.
create() {
  local password
  password=$(random_hex 16)
  make_home
  trap remove EXIT
  cluster=$(readlink -f "$dir/cluster")
  as_owner tee "$cluster/password" >/dev/null <<<"$password"
  as_owner "$programs/initdb" --pgdata="$cluster/data" --username=postgres --pwfile="$cluster/password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 >>"$dir/postgres.log" 2>&1 ||
    fail "initdb failed: $(tail -n 5 "$dir/postgres.log")"
  as_owner rm "$cluster/password"
  configure
  start_somewhere
  PGPASSWORD=$password as_owner "$programs/psql" --no-psqlrc --quiet --set ON_ERROR_STOP=1 \
    --host=127.0.0.1 --port="$port" --username=postgres --dbname=postgres >>"$dir/postgres.log" 2>&1 <<SQL ||
create role penstock login createdb password '$password';
create database penstock owner penstock;
SQL
    fail "the database could not be made: $(tail -n 5 "$dir/postgres.log")"
  (umask 077 && echo "postgresql://penstock:$password@127.0.0.1:$port/penstock" >"$dir/url")
  echo "$port" >"$dir/port"
  trap - EXIT
}

# start_on PORT: false if it could not start. The server's output goes to our log, not to pg_ctl's -l, which would have
# to be a file that user postgres can reach; and not to our standard output, which it would hold open.
start_on() {
  as_owner "$programs/pg_ctl" start --silent --wait --timeout="$start_seconds" --pgdata="$cluster/data" \
    --options="-c port=$1" </dev/null >>"$dir/postgres.log" 2>&1
}

# Tries ports until one is free. Only the bind itself can tell: looking first and binding later is a race.
start_somewhere() {
  local try before
  for ((try = 0; try < port_tries; try++)); do
    port=$((first_port + $(od -An -tu4 -N 4 /dev/urandom) % ports))
    before=$(wc -c <"$dir/postgres.log")
    start_on "$port" && return
    tail -c "+$((before + 1))" "$dir/postgres.log" | grep -q 'could not create any TCP/IP sockets' ||
      fail "PostgreSQL did not start; the end of $dir/postgres.log: $(tail -n 5 "$dir/postgres.log")"
  done
  fail "no free port among $port_tries tries from $first_port to $((first_port + ports - 1))"
}

running() { as_owner "$programs/pg_ctl" status --pgdata="$cluster/data" >/dev/null 2>&1; }

start() {
  mkdir -p "$dir"
  if [[ -e $dir/url ]]; then
    running || start_on "$(<"$dir/port")" ||
      fail "PostgreSQL did not start again; the end of $dir/postgres.log: $(tail -n 5 "$dir/postgres.log")"
  else
    create
  fi
  cat "$dir/url"
}

stop() {
  running || return 0
  # "fast" ends sessions and checkpoints; a server that can't do even that in time is ended hard. Its log redoes it.
  local mode
  for mode in fast immediate; do
    as_owner "$programs/pg_ctl" stop --silent --wait --timeout="$stop_seconds" --mode="$mode" \
      --pgdata="$cluster/data" >>"$dir/postgres.log" 2>&1 && return
  done
  fail "PostgreSQL in $cluster/data does not stop"
}

remove() {
  if [[ -e $dir/cluster ]]; then
    cluster=$(readlink -f "$dir/cluster")
    stop
    rm -rf "$cluster"
  fi
  rm -rf "$dir/cluster" "$dir/url" "$dir/port"
}

[[ $# -eq 2 && $1 =~ ^(start|url|stop|remove)$ ]] || fail "usage: ${0##*/} start|url|stop|remove DIR"
dir=$(realpath -m "$2")
cluster=$(readlink -f "$dir/cluster" || true)
programs=$(find_programs)
case $1 in
  url) cat "$dir/url" 2>/dev/null || fail "no cluster in $dir: run '${0##*/} start $2'" ;;
  *) "$1" ;;
esac
