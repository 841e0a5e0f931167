#!/usr/bin/env bash
# What `make edge-clients` runs: install the SDKs that tests/edge-server drives the service with.
#
#   tests/edge-server/install.sh WORK      they lie in WORK/modules afterwards
set -eu

here=$(cd "$(dirname "$0")" && pwd)
modules=$1/modules

# npm is asked only when the lock has changed; packages bring no scripts that are run.
cmp -s "$here/package-lock.json" "$modules/installed" && exit
mkdir -p "$modules"
cp "$here/package.json" "$here/package-lock.json" "$modules"
(cd "$modules" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
cp "$here/package-lock.json" "$modules/installed"
