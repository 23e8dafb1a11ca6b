#!/bin/sh
# Write requirements/*.txt anew: the newest versions that pyproject.toml allows, with the sha256 of every file that the
# package index holds for them, and no address. One lock is valid for every Python from 3.11 on and for x86_64 and
# aarch64: what differs carries an environment marker.
#
#   tools/lock.sh             bring everything up to date
#   tools/lock.sh --keep      keep the versions of the present lock where pyproject.toml still allows them

set -eu
cd "$(dirname -- "$0")/.."
locker=.cache/locker

if ! "$locker/bin/uv" --version >/dev/null 2>&1; then
    rm -rf "$locker"
    python=.venv/bin/python
    [ -x $python ] || python=python3
    $python -m venv "$locker"
    "$locker/bin/python" -m pip install -qq --require-hashes --only-binary :all: -r requirements/locker.txt
fi

upgrade=--upgrade
if [ "${1:-}" = --keep ]; then upgrade=; fi

compile() {  # compile OUTPUT ARGUMENT...
    output=$1; shift
    # One version for all Pythons (fewest); neither this machine's index settings nor its paths get into the file.
    # shellcheck disable=SC2086  # $upgrade is one option or none
    "$locker/bin/uv" pip compile --quiet $upgrade --universal --python-version 3.11 --fork-strategy fewest \
        --generate-hashes --no-header --no-annotate --no-emit-index-url --no-emit-find-links \
        --output-file "$output" "$@"
}

compile requirements/lock.txt pyproject.toml --extra notebooks --extra build
compile requirements/hub.txt pyproject.toml --extra notebooks --extra build --extra hub \
    --constraint requirements/lock.txt
compile requirements/deploy.txt pyproject.toml --extra notebooks --extra build --extra hub --extra postgres --extra deploy \
    --constraint requirements/hub.txt
compile requirements/dev.txt pyproject.toml --extra notebooks --extra build --extra hub --extra postgres --extra deploy \
    --extra dev --constraint requirements/deploy.txt
compile requirements/hub5.txt requirements/hub5.in --no-deps  # what it depends on is what 6 does, and is in dev.txt
compile requirements/locker.txt requirements/locker.in
