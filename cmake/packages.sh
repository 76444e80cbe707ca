# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# packages.sh - sourced by tests/run and examples/run: installs what is missing on Debian and Ubuntu.
#
#     need_packages NAME...    afterwards missing_packages lists what could not be had; NAME? is welcome, but may not exist
#
# Elsewhere it prints what to install and ends with status 2; NBL_INSTALLED=1 says that it is all there.

missing_packages=()

package_installed() {
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# as_root runs a command as root, with sudo where we are not root.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# apt_get waits for other users of apt, and for a mirror that hiccups.
apt_get() {
    local try
    for try in 1 2 3 4 5 6; do
        if as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=600 -o Acquire::Retries=3 \
            -o Dpkg::Use-Pty=0 "$@" </dev/null >"$packages_log" 2>&1; then
            return 0
        fi
        grep -qE 'Could not get lock|Unable to lock' "$packages_log" || return 1
        sleep $((try * 10))
    done
    return 1
}

# packages_absent prints those of its arguments that are not installed.
packages_absent() {
    local name
    for name in "$@"; do
        package_installed "${name%\?}" || printf '%s\n' "$name"
    done
}

explain_other_system() {
    cat >&2 <<TEXT
This is not Debian or Ubuntu, so nothing was installed. Needed are, by their Debian names:

$(printf '    %s\n' "${@%\?}" | sort -u)

Install what your system calls them, then run this command again with NBL_INSTALLED=1 in the environment.
TEXT
    exit 2
}

need_packages() {
    local absent name
    [ "${NBL_INSTALLED:-0}" = 1 ] && return 0
    if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
        explain_other_system "$@"
    fi
    mapfile -t absent < <(packages_absent "$@" | sort -u)
    [ "${#absent[@]}" -eq 0 ] && return 0
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        echo "Not root, and there is no sudo. As root: apt-get install ${absent[*]%\?}" >&2
        exit 2
    fi
    packages_log=$(mktemp)
    printf 'installing: %s\n' "${absent[*]%\?}"
    apt_get update || { echo "apt-get update failed:" >&2; tail -n 5 "$packages_log" >&2; }
    if ! apt_get install --no-install-recommends "${absent[@]%\?}"; then
        for name in "${absent[@]}"; do # one bad name must not keep the others away
            apt_get install --no-install-recommends "${name%\?}" || tail -n 3 "$packages_log" >&2
        done
    fi
    rm -f "$packages_log"
    mapfile -t missing_packages < <(packages_absent "${absent[@]}" | grep -v '?$')
    for name in "${missing_packages[@]}"; do
        echo "package $name could not be installed" >&2
    done
}
