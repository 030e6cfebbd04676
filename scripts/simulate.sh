#!/usr/bin/env bash
# Runs the deterministic simulation (release build). From the environment: SEED=n replays one seed; SEEDS=n runs n
# seeds, from FIRST_SEED on; BUG=name plants a mistake, to see it found.
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

cd "$root"
say "building simulate (release)"
swift build -c release --product simulate >&2

arguments=()
[[ -z ${SEED:-} ]] || arguments+=(--seed "$SEED")
[[ -z ${SEEDS:-} ]] || arguments+=(--seeds "$SEEDS")
[[ -z ${FIRST_SEED:-} ]] || arguments+=(--first-seed "$FIRST_SEED")
[[ -z ${BUG:-} ]] || arguments+=(--bug "$BUG")
exec "$(swift build -c release --show-bin-path)/simulate" "${arguments[@]}"
