#!/usr/bin/env bash
# Installs what the project needs and the machine lacks: Debian packages through apt, and a Swift toolchain into
# .penstock/swift. With nothing missing it changes nothing, needs no network, no root, and takes a moment.
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

readonly swift_minimum=6.2
readonly swift_release=6.3.1
# "Swift 6.x Release Signing Key", as published on https://www.swift.org/keys/.
readonly swift_key=52BB7E3DE28A71BE22EC05FFEF80A866B47A981F

missing=()

# need PACKAGE COMMAND…: PACKAGE is missing if COMMAND fails. We ask for the thing and not for the package, so that a
# librdkafka or a PostgreSQL that came another way is used as it is.
need() {
  local package=$1
  shift
  "$@" >/dev/null 2>&1 || missing+=("$package")
}

has_server() { compgen -G '/usr/lib/postgresql/*/bin/initdb' || command -v initdb; }

# has_swift: true if the Swift on PATH is new enough, and has the formatter that `make lint` calls.
has_swift() {
  local version
  version=$(swift --version 2>/dev/null) || return 1
  [[ $version =~ Swift\ version\ ([0-9]+\.[0-9]+) ]] || return 1
  printf '%s\n' "$swift_minimum" "${BASH_REMATCH[1]}" | sort -C -V || return 1
  swift format --version >/dev/null 2>&1
}

find_missing() {
  need make command -v make
  need git command -v git
  need curl command -v curl
  need ca-certificates test -s /etc/ssl/certs/ca-certificates.crt
  need pkg-config command -v pkg-config
  need build-essential command -v g++
  need shellcheck command -v shellcheck
  if command -v pkg-config >/dev/null; then
    need librdkafka-dev pkg-config --exists rdkafka
    need libpq-dev pkg-config --exists libpq
    need zlib1g-dev pkg-config --exists zlib
  else
    missing+=(librdkafka-dev libpq-dev zlib1g-dev)
  fi
  need postgresql has_server
  # For `promtool`, by which the tests check the metrics.
  need prometheus command -v promtool
  # Writes records with headers, which Penstock itself never does.
  need kcat command -v kcat
}

# What swift.org asks for beside its Debian toolchain. The linker, the compiler and the C and C++ headers, whose version
# is another on Debian 13, come with build-essential.
find_missing_for_swift() {
  local package
  for package in gnupg libcurl4-openssl-dev libedit2 libncurses6 libpython3-dev libsqlite3-0 libxml2-dev tzdata uuid-dev
  do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
}

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "installing packages needs root, or sudo. Run as root: apt-get install ${missing[*]}"
  fi
}

# apt's output is long and rarely useful, unless apt fails.
apt_get() {
  local log=$state/setup.log
  mkdir -p "$state"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" </dev/null >"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    fail "'apt-get $*' failed; its output: $log"
  }
}

# Debian's server package makes and starts a cluster of the machine's own. We need the programs only, so we tell it not
# to, for as long as the installation takes: the machine's configuration is afterwards as it was.
install_postgresql() {
  local setting=/etc/postgresql-common/createcluster.d/penstock.conf
  apt_get install --no-install-recommends postgresql-common
  as_root mkdir -p "${setting%/*}"
  # shellcheck disable=SC2064 # the path is wanted as it is now
  trap "as_root rm -f '$setting'" EXIT
  echo 'create_main_cluster = false' | as_root tee "$setting" >/dev/null
  apt_get install --no-install-recommends postgresql
  as_root rm -f "$setting"
  trap - EXIT
}

install_packages() {
  local package others=() postgresql=
  command -v apt-get >/dev/null ||
    fail "this is not Debian. Install by hand, then run again: ${missing[*]}"
  for package in "${missing[@]}"; do
    if [[ $package == postgresql ]]; then postgresql=yes; else others+=("$package"); fi
  done
  say "installing: ${missing[*]}"
  apt_get update
  if ((${#others[@]})); then apt_get install --no-install-recommends "${others[@]}"; fi
  if [[ $postgresql ]]; then install_postgresql; fi
}

# Swift's driver links with gold, which Debian 13 moved out of binutils.
install_linker() {
  command -v ld.gold >/dev/null && return
  missing=(binutils-gold)
  install_packages
}

# fetch URL FILE OPTION…
fetch() {
  curl --fail --location --retry 3 --show-error "${@:3}" --output "$2" "$1" ||
    fail "could not download $1. Try again, or put Swift $swift_minimum or newer on PATH."
}

# signed_by_swift FOLDER: true if swift.org's release key signed the tarball. We read what gpg found and not its exit
# code, which also turns on how far it trusts keys and on dates: VALIDSIG stands for a good signature, also by a key that
# has expired since (as it will one day for every release), and ends with the primary key's fingerprint.
signed_by_swift() {
  local found
  found=$(
    export GNUPGHOME=$1/gnupg
    mkdir -m 700 "$GNUPGHOME"
    gpg --batch --quiet --import "$1/keys.asc" >&2 || true
    gpg --batch --quiet --status-fd 1 --verify "$1/swift.tar.gz.sig" "$1/swift.tar.gz" 2>/dev/null || true
  )
  [[ $found != *REVKEYSIG* ]] && grep -q "^\[GNUPG:\] VALIDSIG .*$swift_key\$" <<<"$found"
}

# swift.org has one toolchain for Debian, made on Debian 12; it builds on Debian 13 too (its REPL does not run there).
install_swift() {
  local platform=debian12 name url download
  case $(dpkg --print-architecture) in
    amd64) ;;
    arm64) platform+=-aarch64 ;;
    *) fail "swift.org has no toolchain for $(dpkg --print-architecture). Put Swift $swift_minimum or newer on PATH." ;;
  esac
  name=swift-$swift_release-RELEASE
  url=https://download.swift.org/swift-$swift_release-release/$platform/$name/$name-$platform.tar.gz
  mkdir -p "$state"
  download=$(mktemp -d "$state/swift-download.XXXXXX")
  # shellcheck disable=SC2064 # the path is wanted as it is now
  trap "rm -rf '$download'" EXIT

  say "downloading Swift $swift_release, about 1 GB: $url"
  fetch "$url" "$download/swift.tar.gz" --progress-bar
  fetch "$url.sig" "$download/swift.tar.gz.sig" --silent
  fetch https://www.swift.org/keys/all-keys.asc "$download/keys.asc" --silent

  say "checking its signature"
  signed_by_swift "$download" ||
    fail "the download is not signed by swift.org's release key $swift_key: it was deleted, and nothing was installed."

  say "unpacking into ${state#"$PWD/"}/swift"
  mkdir "$download/swift"
  tar -xzf "$download/swift.tar.gz" --directory "$download/swift" --strip-components=1
  rm -rf "$state/swift"
  mv "$download/swift" "$state/swift"
  rm -rf "$download"
  trap - EXIT
  PATH=$state/swift/usr/bin:$PATH
  has_swift || fail "the toolchain in $state/swift does not run here: try '$state/swift/usr/bin/swift --version'."
}

find_missing
if ! has_swift; then find_missing_for_swift; fi
if ((${#missing[@]})); then install_packages; fi
# Asked again: a toolchain that is there can have lacked nothing but a library.
if ! has_swift; then install_swift; fi
install_linker
say "set up: $(swift --version 2>/dev/null | grep -o 'Swift version [0-9.]*')," \
  "librdkafka $(pkg-config --modversion rdkafka), libpq $(pkg-config --modversion libpq)"
