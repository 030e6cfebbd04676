#!/usr/bin/env bash
# Breaks a real Penstock in every way of the fault matrix. Arguments go to `chaos run`, see `chaos run --help`:
#
#   scripts/chaos.sh --quick
#   scripts/chaos.sh --only worker-killed --seed 7
#   scripts/chaos.sh --kafka host1:9092,host2:9092,host3:9092 --brokers ./command
#
# The last one runs on that cluster, the rows that make sense there; docs/operating.md says what the command must do.
# Ledgers and logs of the last run stay in .penstock/chaos.
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

# Each connection of the crowd is a file here and one there.
readonly open_files=65536

# What the user's shell has set for another Penstock is not meant for this one.
unset "${!PENSTOCK_@}"
cd "$root"

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

# Without it, the row that shifts clocks is reported as not run. The quick rows, and those of a cluster, do not need it.
if [[ " $* " != *" --quick "* && " $* " != *" --kafka "* ]] && ! command -v faketime >/dev/null; then
  as_root=()
  if [[ $EUID -ne 0 ]]; then as_root=(sudo); fi
  say "installing faketime"
  "${as_root[@]}" apt-get -q update >/dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y install faketime >/dev/null
fi

scripts/build.sh
say "building chaos (release)"
swift build -c release --product chaos >&2
binaries=$(swift build -c release --show-bin-path)

trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
hard_limit=$(ulimit -Hn)
if [[ $hard_limit == unlimited ]] || ((hard_limit > open_files)); then hard_limit=$open_files; fi
ulimit -Sn "$hard_limit"

run=$(new_run chaos)
say "starting a private PostgreSQL"
PENSTOCK_TEST_DATABASE_URL=$(scripts/postgres.sh start "$run")
PENSTOCK_TEST_BINARY=$binaries/penstock
export PENSTOCK_TEST_DATABASE_URL PENSTOCK_TEST_BINARY
rm -rf "$state/chaos"
mkdir -p "$state/chaos"

"$binaries/chaos" run --postgres "$run" --folder "$state/chaos" "$@"
