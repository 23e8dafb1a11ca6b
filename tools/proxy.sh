#!/bin/sh
# Install JupyterHub's proxy, configurable-http-proxy, into .cache/proxy of this clone, from the lock in deploy/proxy.
# Quick when it is there; the platform needs it for the hub alone.

set -eu
cd "$(dirname -- "$0")/.."
target=.cache/proxy
stamp=$(cksum < deploy/proxy/package-lock.json)
if [ -f $target/.stamp ] && [ "$(cat $target/.stamp)" = "$stamp" ]; then exit 0; fi
if ! command -v npm >/dev/null 2>&1; then
    printf '%s\n' "The hub cannot be set up yet: there is no npm on the PATH" \
        "  expected: Node.js 20 or newer with npm (JupyterHub's proxy runs on it)" \
        "  next:     install nodejs and npm with this system's package manager, then run the same command again" >&2
    exit 1
fi
mkdir -p $target
rm -rf $target/node_modules
cp deploy/proxy/package.json deploy/proxy/package-lock.json $target/
npm ci --prefix $target --ignore-scripts --no-audit --no-fund --silent
printf '%s' "$stamp" > $target/.stamp
