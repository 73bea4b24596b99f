#!/bin/sh
# sh requirements/install.sh demo|test: .venv-demo or .venv-test holds exactly what its lock
# says, and this checkout. Says nothing and asks nobody when that is so already.
set -eu
cd "$(dirname "$0")/.."
name=$1
venv=.venv-$name
lock=requirements/$name.txt

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    if [ -n "${PYTHON:-}" ]; then
        is_new_enough "$PYTHON" && printf '%s\n' "$PYTHON" && return
        echo "PYTHON=$PYTHON is not Python 3.11 or newer." >&2
        exit 1
    fi
    for one in python3.11 python3 python3.14 python3.13 python3.12; do
        is_new_enough "$one" && printf '%s\n' "$one" && return
    done
    echo "hat-clinic needs Python 3.11 or newer. On Debian 12:" >&2
    echo "    apt-get install -y python3 python3-venv" >&2
    exit 1
}

# A virtual environment holds absolute paths: one that was moved or copied is not ours.
wanted=$(printf '%s\n' "$(pwd -P)" && cksum <"$lock")
checkout=$(cksum <pyproject.toml)

if [ ! -x "$venv/bin/python" ] || [ "$(cat "$venv/lock.stamp" 2>/dev/null)" != "$wanted" ]; then
    python=$(find_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "This Python cannot make virtual environments. On Debian and Ubuntu:" >&2
        echo "    apt-get install -y python3-venv" >&2
        exit 1
    fi
    echo "Installing $lock into $venv (once; later runs need no network)"
    rm -rf "$venv"
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check \
        --require-hashes --only-binary :all: --requirement "$lock"
    printf '%s\n' "$wanted" >"$venv/lock.stamp"
fi
if [ "$(cat "$venv/checkout.stamp" 2>/dev/null)" != "$checkout" ]; then
    "$venv/bin/python" -m pip install -qq --disable-pip-version-check \
        --no-index --no-deps --no-build-isolation --editable .
    printf '%s\n' "$checkout" >"$venv/checkout.stamp"
fi
