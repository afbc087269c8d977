#!/bin/sh
# Installs PostgreSQL's programs, which the service's tests run as a private cluster, where root
# or sudo allows it. Without them those tests say that they were skipped, and why.
set -u
as_root=
if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        as_root="sudo -n"
    else
        echo "PostgreSQL is missing, so tests that need it are skipped; ask an administrator for: apt-get install postgresql" >&2
        exit 0
    fi
fi
if command -v apt-get >/dev/null; then
    # No cluster of the system's own is wanted, only the programs.
    install="env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql"
    { $as_root $install || { $as_root apt-get update -qq && $as_root $install; }; } >/dev/null
elif command -v dnf >/dev/null; then
    $as_root dnf install -y -q postgresql-server
elif command -v pacman >/dev/null; then
    $as_root pacman -S --noconfirm --quiet postgresql
elif command -v apk >/dev/null; then
    $as_root apk add --quiet postgresql
fi
command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || echo "PostgreSQL could not be installed; tests that need it are skipped" >&2
exit 0
