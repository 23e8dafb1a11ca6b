#!/bin/sh
# Install the newest JupyterHub 5 into .cache/hub5 of this clone, by its lock. It is put before the 6 of .venv on the path of one
# hub that the tests start; what else it needs is the same, and is there.

set -eu
cd "$(dirname -- "$0")/.."
target=.cache/hub5
stamp=$(cksum < requirements/hub5.txt)
if [ -f $target/.stamp ] && [ "$(cat $target/.stamp)" = "$stamp" ]; then exit 0; fi
rm -rf $target
mkdir -p .cache
.venv/bin/python -m pip install -qq --require-hashes --no-deps --only-binary :all: --target $target -r requirements/hub5.txt
printf '%s' "$stamp" > $target/.stamp
