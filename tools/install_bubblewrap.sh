#!/bin/sh
# Installs bubblewrap from the system's packages where root or sudo allows it.
set -u
as_root=
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        echo "bubblewrap isolates student code and is missing; ask an administrator for: apt-get install bubblewrap" >&2
        exit 1
    fi
fi
if command -v apt-get >/dev/null; then
    { $as_root apt-get install -y -qq bubblewrap || { $as_root apt-get update -qq && $as_root apt-get install -y -qq bubblewrap; }; } >/dev/null
elif command -v dnf >/dev/null; then
    $as_root dnf install -y -q bubblewrap
elif command -v pacman >/dev/null; then
    $as_root pacman -S --noconfirm --quiet bubblewrap
elif command -v apk >/dev/null; then
    $as_root apk add --quiet bubblewrap
else
    echo "bubblewrap isolates student code; install it with this system's package manager" >&2
    exit 1
fi
command -v bwrap >/dev/null || { echo "bubblewrap could not be installed; try: apt-get install bubblewrap" >&2; exit 1; }
