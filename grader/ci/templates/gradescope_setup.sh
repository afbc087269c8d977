#!/usr/bin/env bash
# Gradescope runs this once, as root, when the autograder's image is built.
set -eu
root="${AUTOGRADER_ROOT:-/autograder}"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq bubblewrap
apt-get install -y -qq python3.11 python3.11-venv || apt-get install -y -qq python3 python3-venv
python="$(command -v python3.11 || command -v python3)"
"$python" -m venv "$root/venv"
"$root/venv/bin/pip" install --quiet --extra-index-url https://download.pytorch.org/whl/cpu \
    -c "$root/source/fairmark/constraints.txt" "$root/source/fairmark"
"$root/venv/bin/python" -I -m grader doctor || true
