#!/usr/bin/env bash
# Measures Penstock beside its references, in one run: nginx, a bare web framework, COPY, a transaction per order.
# Arguments go to `bench run`, see `bench run --help`:
#
#   scripts/bench.sh --quick
#   scripts/bench.sh --only drain
#
#   DATABASE=url      measure on this PostgreSQL instead of a private one; the role must be allowed to create databases
#   KAFKA=host:port   measure on this Kafka cluster instead of the embedded broker; its topics are left behind
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

# Each connection of wrk and each idle one is a file here and one there.
readonly open_files=65536
readonly policy=/usr/sbin/policy-rc.d

# What the user's shell has set for another Penstock is not meant for this one.
unset "${!PENSTOCK_@}"
cd "$root"

as_root() {
  if [[ $EUID -eq 0 ]]; then "$@"; else sudo "$@"; fi
}

# install_tools: what is missing of nginx, wrk, pgbench and valgrind. Debian starts a service when it installs one; a
# policy that forbids it stands for as long as the installation takes, so that the machine's ports stay as they were.
install_tools() {
  local missing=()
  command -v nginx >/dev/null || missing+=(nginx-light)
  command -v wrk >/dev/null || missing+=(wrk)
  command -v valgrind >/dev/null || missing+=(valgrind)
  command -v strip >/dev/null || missing+=(binutils)
  command -v pgbench >/dev/null || missing+=(postgresql-client)
  ((${#missing[@]})) || return 0
  if [[ $EUID -ne 0 ]] && ! command -v sudo >/dev/null; then
    fail "installing packages needs root, or sudo. Run as root: apt-get install ${missing[*]}"
  fi
  say "installing: ${missing[*]}"
  if [[ ! -e $policy ]]; then
    trap 'as_root rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod +x "$policy"
  fi
  as_root apt-get -q update >/dev/null
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "${missing[@]}" >/dev/null
  # A policy that was there before stays.
  if [[ $(trap -p EXIT) ]]; then as_root rm -f "$policy"; fi
  trap - EXIT
}

run=
finish() {
  local code=$?
  trap - EXIT INT TERM
  if [[ $run ]]; then
    scripts/postgres.sh remove "$run" || code=1
    rm -rf "$run"
  fi
  exit "$code"
}

install_tools
scripts/build.sh
say "building bench (release)"
swift build -c release --product bench
binaries=$(swift build -c release --show-bin-path)

trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
hard_limit=$(ulimit -Hn)
if [[ $hard_limit == unlimited ]] || ((hard_limit > open_files)); then hard_limit=$open_files; fi
ulimit -Sn "$hard_limit"

if [[ ${DATABASE:-} ]]; then
  PENSTOCK_TEST_DATABASE_URL=$DATABASE
else
  run=$(new_run bench)
  say "starting a private PostgreSQL"
  PENSTOCK_TEST_DATABASE_URL=$(scripts/postgres.sh start "$run")
fi
PENSTOCK_TEST_BINARY=$binaries/penstock
export PENSTOCK_TEST_DATABASE_URL PENSTOCK_TEST_BINARY

options=()
if [[ ${KAFKA:-} ]]; then options+=(--kafka "$KAFKA"); fi

"$binaries/bench" run "${options[@]}" --commit "$(git describe --always --dirty 2>/dev/null || echo unknown)" "$@"
