# shellcheck shell=bash
# Sourced by the scripts beside it: where the project is, which Swift it uses, and how a script says that it failed.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# Everything that a run leaves behind is under here, and git ignores it.
state=$root/.penstock

# A toolchain that setup.sh had to download is there because the machine had none, or one too old: it goes first.
if [[ -x $state/swift/usr/bin/swift ]]; then
  PATH=$state/swift/usr/bin:$PATH
  export PATH
fi

# Swift's package manager builds anew, for up to two minutes, when any variable differs from last time. These differ by
# who calls a script: a shell, make, or another script.
unset SHLVL OLDPWD MAKELEVEL MAKEFLAGS MFLAGS MAKE_TERMOUT MAKE_TERMERR

# say WORDS…: one line of progress, on standard error, so that standard output stays for answers.
say() { printf '==> %s\n' "$*" >&2; }

# fail WORDS…: one line that says what is wrong and what to do, then exit 1.
fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# random_hex BYTES: that many bytes of the kernel's randomness, in hexadecimal.
random_hex() { od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \n'; }

# new_run NAME: makes a folder for one run, which no other run shares, and prints its path. Others may pass through it,
# as PostgreSQL's user has to, and may not list it.
new_run() {
  local run
  mkdir -p "$state"
  run=$(mktemp -d "$state/$1.XXXXXX")
  chmod 711 "$run"
  printf '%s\n' "$run"
}
