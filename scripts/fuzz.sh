#!/usr/bin/env bash
# Builds the fuzzers of fuzz/ (release, libFuzzer, AddressSanitizer) and runs each of them.
#
#   SECONDS_EACH=n    how long each runs (default 300); `make fuzz SECONDS=n`
#   FUZZER=name       that one only
#   FUZZ_SEED=n       the seed of libFuzzer's generator (default: a new one, printed)
#   MINIMIZE=1        then write the smallest set of inputs with the same coverage to fuzz/corpus/NAME
#
# A run adds its other findings to .penstock/fuzz/NAME, and the next run starts with them.
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

readonly seconds=${SECONDS_EACH:-300} seed=${FUZZ_SEED:-$((RANDOM * 32768 + RANDOM + 1))}
# Longer than any head or body that is taken; past it a parser only says no.
readonly longest=20000
# A hang is a defect: the slowest good input takes a few milliseconds, on a machine that is busy some more.
readonly hang_seconds=10 memory_mib=2048

cd "$root"
mapfile -t fuzzers < <(cd fuzz/Sources && printf '%s\n' */ | sed 's|/$||' | grep -vxE 'Fuzzing|CLibFuzzer')
if [[ ${FUZZER:-} ]]; then
  [[ " ${fuzzers[*]} " == *" $FUZZER "* ]] || fail "there is no fuzzer $FUZZER, but ${fuzzers[*]}"
  fuzzers=("$FUZZER")
fi

# For every module, that of the packages too: counters on every edge, and a check of every access (one flag: of two,
# the last counts). Testable, because what is fuzzed is internal. lld, because gold warns of each symbol of
# AddressSanitizer.
build=(swift build --package-path fuzz --scratch-path "$root/.build-fuzz" -c release)
for flag in -sanitize=fuzzer,address -enable-testing -use-ld=lld; do build+=(-Xswiftc "$flag"); done
for fuzzer in "${fuzzers[@]}"; do
  say "building fuzz/$fuzzer"
  "${build[@]}" --product "$fuzzer"
done
binaries=$("${build[@]}" --show-bin-path)

# Swift's own backtracer is slow with so large a program, and AddressSanitizer prints one.
export SWIFT_BACKTRACE=enable=no
# The decoders make and drop one handler per input, and what a Swift global holds is never freed.
export ASAN_OPTIONS=detect_leaks=0:abort_on_error=0

# run_one NAME: false if it found something; the input is then in .penstock/fuzz.
run_one() {
  local name=$1 found=$state/fuzz/$1 seeds=$root/fuzz/corpus/$1 words=()
  mkdir -p "$found"
  if [[ -e fuzz/dictionaries/$name ]]; then words=("-dict=fuzz/dictionaries/$name"); fi
  say "fuzzing $name for $seconds s, seed $seed"
  "$binaries/$name" "$found" "$seeds" "${words[@]}" -seed="$seed" -max_total_time="$seconds" -max_len="$longest" \
    -timeout="$hang_seconds" -rss_limit_mb="$memory_mib" -print_final_stats=1 \
    -artifact_prefix="$state/fuzz/$name-" >"$state/fuzz/$name.log" 2>&1 || {
    tail -n 40 "$state/fuzz/$name.log" >&2
    return 1
  }
  grep -E 'stat::number_of_executed_units|DONE' "$state/fuzz/$name.log"
  [[ -z ${MINIMIZE:-} ]] || minimize "$name"
}

minimize() {
  local name=$1 small
  small=$(mktemp -d "$state/fuzz/$name.XXXXXX")
  "$binaries/$name" -merge=1 -max_len=4096 "$small" "$root/fuzz/corpus/$name" "$state/fuzz/$name" \
    >>"$state/fuzz/$name.log" 2>&1
  rm -rf "$root/fuzz/corpus/$name"
  mv "$small" "$root/fuzz/corpus/$name"
}

failed=()
for fuzzer in "${fuzzers[@]}"; do run_one "$fuzzer" || failed+=("$fuzzer"); done
((${#failed[@]} == 0)) || fail "found by ${failed[*]}, seed $seed: the inputs are .penstock/fuzz/NAME-crash-…"
say "clean: ${fuzzers[*]}, $seconds s each, seed $seed"
