#!/usr/bin/env bash
# Checks the format of every Swift file that a person wrote, and every shell script. Changes nothing: to mend the
# format, run `swift format -i FILE`.
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

cd "$root"
mapfile -d '' files < <(find Package.swift Sources Tests loadtest bench chaos fuzz -name '*.swift' ! -path '*/.build*' ! -name '*.pb.swift' -print0)
say "swift format lint: ${#files[@]} files"
printf '%s\0' "${files[@]}" | xargs -0 swift format lint --strict --parallel

say "shellcheck"
shellcheck --external-sources scripts/*.sh .ci/run
