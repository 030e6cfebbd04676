#!/usr/bin/env bash
# Generates Sources/FlashSale/Wire/*.pb.swift from proto/. Needed only after a change in proto/: the result is
# committed. protoc is Debian's protobuf-compiler; its Swift plugin is built from the swift-protobuf that the package
# uses.
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

cd "$root"
command -v protoc >/dev/null || fail "protoc is missing: apt-get install protobuf-compiler"
say "building the Swift plugin of protoc (release)"
swift build -c release --product protoc-gen-swift
protoc --proto_path=proto \
  --plugin="$(swift build -c release --show-bin-path)/protoc-gen-swift" \
  --swift_out=Sources/FlashSale/Wire \
  --swift_opt=Visibility=Internal,UseAccessLevelOnImports=true,FileNaming=DropPath \
  proto/penstock/log/v1/record.proto proto/penstock/log/v1/room.proto \
  proto/penstock/events/v1/event.proto
say "made: $(ls Sources/FlashSale/Wire)"
