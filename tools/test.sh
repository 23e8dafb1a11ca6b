#!/bin/sh
# Run pytest with every temporary file in one folder, which goes when the tests pass and is named when they do not.
#
#   tools/test.sh [PYTEST ARGUMENT...]
#
# Without arguments it runs the whole suite, on all cores (four at most: the long tests are waited for anyway). With
# arguments it is one process, whose output comes at once and in which a debugger works; `-n` says otherwise.

set -eu
cd "$(dirname -- "$0")/.."
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/tito-XXXXXX")
export TMPDIR
# For libraries that read it before conftest.py is there: two cores are shared by many processes.
export OPENBLAS_NUM_THREADS=1
[ $# -gt 0 ] || set -- -n logical --maxprocesses 4 --dist loadgroup
status=0
.venv/bin/python -m pytest "$@" || status=$?
if [ "$status" -eq 0 ]; then
    rm -rf "$TMPDIR"
else
    printf 'The temporary files of the failed tests are in %s\n' "$TMPDIR" >&2
fi
exit "$status"
