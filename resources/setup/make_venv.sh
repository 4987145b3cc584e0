#!/bin/sh
# Makes the virtual environment: make_venv.sh PYTHON FOLDER
# PYTHON is tried first, then the usual names; the first one that is new enough is taken.
set -eu

wanted=$1
folder=$2

# An administrator's command, run as root or with sudo that asks nothing; fails where neither is possible.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo -n "$@"
    fi
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

python=
for candidate in "$wanted" python3 python3.11 python3.12 python3.13; do
    if new_enough "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "MedStation needs Python 3.11 or newer, and \`$wanted\` is not." >&2
    echo "Install it (Debian, Ubuntu: sudo apt-get install python3 python3-venv) and say: make run PYTHON=python3.11" >&2
    exit 1
fi

# Debian and Ubuntu keep what makes virtual environments in a package of its own.
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    package="$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    echo "Installing $package ..."
    if ! { as_root apt-get update -qq && as_root apt-get install -y --no-install-recommends "$package"; }; then
        echo "This Python cannot make virtual environments. Install what is missing, then say make again:" >&2
        echo "    sudo apt-get install $package" >&2
        exit 1
    fi
fi

"$python" -m venv "$folder"
