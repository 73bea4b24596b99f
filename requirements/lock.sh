#!/bin/sh
# Writes requirements/demo.txt and requirements/test.txt anew from their .in files.
# Pins stay where they are unless an .in file no longer allows them, or UPGRADE=1 is given.
# The locks hold hashes and no address: they install from any index that has the files.
set -eu
cd "$(dirname "$0")/.."

lock() {
    "$1" pip compile --quiet ${UPGRADE:+--upgrade} --universal --python-version 3.11 --only-binary :all: \
        --generate-hashes --no-emit-index-url --no-annotate --no-header \
        --output-file "requirements/$2.txt" "requirements/$2.in"
}

uv=${UV:-.venv-test/bin/uv}
[ -x "$uv" ] || { echo "no uv at $uv: run 'make test' once, or say UV=/path/to/uv" >&2; exit 1; }
lock "$uv" demo
lock "$uv" test
