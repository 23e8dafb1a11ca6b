#!/bin/sh
# Make .venv in this clone and install the locked packages into it.
#
#   tools/setup.sh          what running the course needs (requirements/lock.txt)
#   tools/setup.sh --hub    that, and JupyterHub (requirements/hub.txt)
#   tools/setup.sh --dev    all of it, and what testing and changing the project needs (requirements/dev.txt)
#
# Quick when nothing changed, harmless when run again or interrupted, the same for root and an ordinary user. It writes
# inside the clone only, unless pip already has a cache of its own: then that one is used, because it is warm.
# PYTHON=/path/to/python chooses the interpreter.

set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
cd "$here"

want=lock
case "${1:-}" in --dev) want=dev ;; --hub) want=hub ;; esac
venv=.venv
python=$venv/bin/python
mkdir -p .cache

say() { printf '%s\n' "$*"; }

# --- the command that installs something on this machine ------------------------------------------------------------

sudo_prefix() {
    if [ "$(id -u)" -ne 0 ]; then printf 'sudo '; fi
}

install_command() {  # install_command python|venv|git|bubblewrap...: one line that installs them all
    manager=
    for candidate in apt-get dnf zypper pacman apk; do
        if command -v "$candidate" >/dev/null 2>&1; then manager=$candidate; break; fi
    done
    names=
    for thing in "$@"; do
        case $manager:$thing in
            apt-get:python) names="$names python3 python3-venv" ;;
            apt-get:venv)   names="$names python3-venv" ;;
            pacman:python|pacman:venv) names="$names python" ;;
            *:python|*:venv) names="$names python3" ;;
            *)              names="$names $thing" ;;
        esac
    done
    prefix=$(sudo_prefix)
    case $manager in
        apt-get) say "${prefix}apt-get install$names" ;;
        dnf)     say "${prefix}dnf install$names" ;;
        zypper)  say "${prefix}zypper install$names" ;;
        pacman)  say "${prefix}pacman -S$names" ;;
        apk)     say "${prefix}apk add$names" ;;
        *)       say "(install with this system's package manager:$names)" ;;
    esac
}

give_up() {  # give_up "what is wrong" thing...
    what=$1; shift
    {
        say "Tito cannot be set up yet: $what"
        say "  expected: Python 3.11 or newer with the venv module, git and make"
        say "  next:     $(install_command "$@")"
        say "            then run the same command again (no administrator rights are needed for the rest)"
    } >&2
    exit 1
}

# --- the interpreter ------------------------------------------------------------------------------------------------

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'
has_venv='import ensurepip, venv'

find_python() {  # sets $base, or explains what is missing
    without_venv=
    seen=
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3 python3.14 python}; do
        # A version manager puts shims on the path that only say "not installed": running one tells.
        version=$("$candidate" -c 'import platform; print(platform.python_version())' 2>/dev/null) || continue
        seen="$seen $candidate ($version)"
        "$candidate" -c "$new_enough" 2>/dev/null || continue
        if "$candidate" -c "$has_venv" 2>/dev/null; then base=$candidate; return; fi
        without_venv=$candidate
    done
    if [ -n "$without_venv" ]; then
        give_up "$without_venv is there, but without what makes virtual environments (venv, ensurepip)" venv
    fi
    if [ -n "$seen" ]; then give_up "the Python found here is too old:$seen" python; fi
    if [ -n "${PYTHON:-}" ]; then give_up "PYTHON=$PYTHON does not run" python; fi
    give_up "there is no Python on the PATH" python
}

# --- is there anything to do? ---------------------------------------------------------------------------------------

if [ "$want" = dev ] && ! command -v git >/dev/null 2>&1; then
    give_up "git is not on the PATH, and the tests of the repository itself ask it" git
fi

# A venv holds absolute paths, so the stamp names the folder: a clone that was moved is set up anew.
stamp_of() {  # stamp_of lock|dev
    { say "$here $1"; cat pyproject.toml tito/__init__.py "requirements/$1.txt"; } | cksum
}
has_stamp() {
    [ -x $python ] && [ -f "$venv/.stamp-$1" ] && [ "$(cat "$venv/.stamp-$1")" = "$(stamp_of "$1")" ]
}
asked_for_another() {
    [ -n "${PYTHON:-}" ] && [ -x $python ] && {
        version='import sys; print(sys.version, sys.base_prefix)'
        [ "$("$PYTHON" -c "$version" 2>/dev/null)" != "$($python -c "$version" 2>/dev/null)" ]
    }
}

has_all_that_is_wanted() {  # each list holds the ones before it: lock, hub, dev
    has_stamp dev || { [ "$want" != dev ] && has_stamp hub; } || { [ "$want" = lock ] && has_stamp lock; }
}

if ! asked_for_another && has_all_that_is_wanted; then exit 0; fi

# Two makes at once (a demo in one terminal, tests in another) take turns.
if [ -z "${TITO_SETUP_LOCKED:-}" ] && command -v flock >/dev/null 2>&1; then
    TITO_SETUP_LOCKED=1 exec flock .cache/setup.lock "$0" "$@"
fi

# --- the virtual environment ----------------------------------------------------------------------------------------

# A user's settings for another environment must not reach into this one.
unset PYTHONHOME PYTHONPATH PIP_TARGET PIP_PREFIX PIP_ROOT
export PIP_USER=0 PIP_REQUIRE_HASHES=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

if [ -L $venv ]; then
    say "Tito cannot be set up yet: $venv is a link, and setup would write where it points" >&2
    say "  next:     rm $venv, then run the same command again" >&2
    exit 1
fi
if asked_for_another || ! $python -m pip --version >/dev/null 2>&1 \
    || [ "$($python -c 'import sys; print(sys.prefix)')" != "$here/$venv" ]; then
    find_python
    say "Making $venv with $base ($("$base" -c 'import platform; print(platform.python_version())'))"
    rm -rf $venv
    "$base" -m venv $venv
fi
rm -f $venv/.stamp-*

# pip's own cache is used where there is one; a new one is not begun outside the clone.
if [ -z "${PIP_CACHE_DIR:-}" ]; then
    cache=$($python -m pip cache dir 2>/dev/null || true)
    if [ -z "$cache" ] || [ ! -w "$cache" ]; then export PIP_CACHE_DIR="$here/.cache/pip"; fi
fi

count=$(grep -c '^[a-z0-9]' "requirements/$want.txt")
say "Installing $count locked packages (once; a minute or two)"
# Wheels only: no package runs code of its own while it is installed, and no compiler is needed.
if ! $python -m pip install -qq --require-hashes --no-deps --only-binary :all: -r "requirements/$want.txt"; then
    {
        say "Tito cannot be set up yet: pip could not install the locked packages (its message is above)"
        say "  next:     check that pip can reach its package index, and the free space: df -h ."
        say "            then run the same command again; it goes on where it stopped"
    } >&2
    exit 1
fi
$python -m pip install -qq --no-deps --no-build-isolation --no-index --editable .

stamp_of "$want" > $venv/.stamp-$want

if ! command -v bwrap >/dev/null 2>&1; then
    say "Note: bubblewrap is not installed, so student code runs at the sandbox tier 'landlock'."
    say "      For the full tier, 'namespaces':  $(install_command bubblewrap)"
fi
