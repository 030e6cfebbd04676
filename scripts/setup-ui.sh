#!/usr/bin/env bash
# Installs what the tests in a browser need and the machine lacks: Debian's Chromium with its driver, a font with Chinese
# letters, and selenium and axe-core from PyPI into .penstock/ui. With nothing missing it takes a moment.
set -euo pipefail
# shellcheck source=scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

# Pinned, so that a new rule of theirs does not fail a build of ours by itself.
readonly selenium_version=4.51.0 axe_version=0.1.8

missing=()
command -v chromium >/dev/null || missing+=(chromium)
command -v chromedriver >/dev/null || missing+=(chromium-driver)
compgen -G '/usr/share/fonts/truetype/wqy/*' >/dev/null || missing+=(fonts-wqy-microhei)
python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
if ((${#missing[@]})); then
  say "installing: ${missing[*]}"
  as_root=()
  if [[ $EUID -ne 0 ]]; then as_root=(sudo); fi
  "${as_root[@]}" apt-get -q update >/dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -q -y install --no-install-recommends "${missing[@]}" >/dev/null || fail "apt-get could not install them"
fi

tool=$state/ui-$selenium_version-$axe_version
if [[ ! -e $tool/done ]]; then
  say "installing selenium $selenium_version and axe-core from PyPI into ${tool#"$root/"}"
  rm -rf "$tool"
  python3 -m venv "$tool"
  "$tool/bin/pip" install --quiet --disable-pip-version-check "selenium==$selenium_version" ||
    fail "selenium $selenium_version could not be installed from PyPI"
  # Of this wheel we want axe.min.js only, not the browser driver that it asks for.
  "$tool/bin/pip" install --quiet --no-deps --disable-pip-version-check "axe-playwright-python==$axe_version" ||
    fail "axe-playwright-python $axe_version could not be installed from PyPI"
  touch "$tool/done"
fi
printf '%s\n' "$tool"
