#!/usr/bin/env bash
# Builds the release binaries: the service, and the load generator. (swift build takes one --product at a time.)
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

cd "$root"
for product in penstock spike; do
  say "building $product (release)"
  swift build -c release --product "$product"
done
