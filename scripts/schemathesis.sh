#!/usr/bin/env bash
# Sends what docs/openapi.yaml allows, and what it does not, to a running Penstock, and checks each answer against it.
#
#   EXAMPLES=n   requests per operation and phase (default 200)
#   SEED=n       the seed of an earlier run, to repeat its requests
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
# shellcheck source=scripts/service.sh
source "$(dirname "${BASH_SOURCE[0]}")/service.sh"

# Pinned, so that a new check of theirs does not fail a build of ours by itself.
readonly schemathesis_version=4.32.5
readonly examples=${EXAMPLES:-200} seed=${SEED:-$((RANDOM * 32768 + RANDOM))}

cd "$root"
tool=$state/schemathesis-$schemathesis_version
if [[ ! -x $tool/bin/st ]]; then
  say "installing schemathesis $schemathesis_version from PyPI into ${tool#"$root/"}"
  rm -rf "$tool"
  if ! python3 -c 'import ensurepip' 2>/dev/null; then
    say "installing python3-venv"
    as_root=()
    if [[ $EUID -ne 0 ]]; then as_root=(sudo); fi
    "${as_root[@]}" apt-get -q update >/dev/null
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y install python3-venv >/dev/null
  fi
  python3 -m venv "$tool" || fail "Python 3 with venv is needed (Debian: python3-venv)"
  "$tool/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$schemathesis_version" ||
    fail "schemathesis $schemathesis_version could not be installed from PyPI"
fi
scripts/build.sh
penstock=$(swift build -c release --show-bin-path)/penstock

run=$(new_run schemathesis)

# shellcheck disable=SC2317 # reached by the trap
finish() {
  local code=$?
  trap '' INT TERM
  trap - EXIT
  end_service || code=1
  if ((code == 0)); then rm -rf "$run"; else say "the service's log: ${log#"$root/"}"; fi
  exit "$code"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The sale of the document's examples, open and with more stock than a run can sell.
create_sale() {
  cat >"$run/sale.json" <<JSON
{
  "id": "double11",
  "name": "Double 11",
  "starts_at": "$(date -u +%Y-%m-%dT%H:%M:%SZ)",
  "ends_at": "$(date -u -d '+1 day' +%Y-%m-%dT%H:%M:%SZ)",
  "items": [{"sku": "phone", "stock": 1000000000, "price_minor": 199900, "currency": "CNY"}]
}
JSON
  "$penstock" sale create --file "$run/sale.json" >&2
}

say "starting a private PostgreSQL, and Penstock with its embedded broker"
prepare_service
"$penstock" migrate
start_service
PENSTOCK_ADMIN_URL=http://$(bound admin)
export PENSTOCK_ADMIN_URL
create_sale

# check WORDS…: schemathesis with what both listeners have in common. Run where it may leave its own files.
check() (
  cd "$run"
  export SCHEMATHESIS_HOOKS=$root/scripts/schemathesis_hooks.py
  "$tool/bin/st" --config-file "$root/scripts/schemathesis.toml" run "$root/docs/openapi.yaml" \
    --seed "$seed" --max-examples "$examples" --no-color "$@"
)

failed=0
say "the public listener, seed $seed"
check --url "http://$(bound http)" --include-path-regex '^/v1/' || failed=1
say "the admin listener, seed $seed"
check --url "$PENSTOCK_ADMIN_URL" --exclude-path-regex '^/v1/' \
  --header "Authorization: Bearer $PENSTOCK_ADMIN_TOKEN" || failed=1
kill -0 "$up" 2>/dev/null || fail "Penstock ended by itself; its log: $log"
((failed == 0)) || fail "an answer is not what docs/openapi.yaml says; SEED=$seed repeats the run"
