#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# test_install.sh SOURCE BUILD - installs a build, moves what was installed, and lets an outsider use it: found by CMake and
# by pkg-config, linked shared and static. Each way is a case, and so is what the shared library shows of itself.
set -uo pipefail
source=$1
build=$2
CC=${CC:-gcc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# try NAME COMMAND... counts one case.
try() {
    local name=$1
    shift
    if "$@" >"$work/output" 2>&1; then
        passed=$((passed + 1))
        echo "ok: $name"
    else
        failed=$((failed + 1))
        echo "FAILED: $name"
        tail -n 20 "$work/output"
    fi
}

with_cmake() { # FOLDER OPTIONS...
    cmake -G Ninja -S "$source/tests/install" -B "$work/$1" "-DCMAKE_PREFIX_PATH=$prefix" "${@:2}" &&
        cmake --build "$work/$1" && "$work/$1/outsider"
}

# links_shared PROGRAM says whether a program needs libnbl.so.0 at run time.
links_shared() { readelf -d "$1" 2>/dev/null | grep -q 'NEEDED.*\[libnbl\.so\.0\]'; }

cmake_shared() { with_cmake cmake-shared && links_shared "$work/cmake-shared/outsider"; }
cmake_static() { with_cmake cmake-static -Dnbl_USE_STATIC_LIBS=ON && ! links_shared "$work/cmake-static/outsider"; }

with_pkg_config() { # OUTPUT PKG-CONFIG-OPTIONS COMPILER-OPTIONS...
    local flags
    flags=$(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config $2 --cflags --libs libnbl) || return 1
    # shellcheck disable=SC2086
    "$CC" -Wall -Wextra -Werror "$source/tests/install/outsider.c" -o "$work/$1" $flags "${@:3}"
}

pkg_config_shared() {
    with_pkg_config pc-shared "" && links_shared "$work/pc-shared" && LD_LIBRARY_PATH=$library_folder "$work/pc-shared"
}
pkg_config_static() { with_pkg_config pc-static --static -static && ! links_shared "$work/pc-static" && "$work/pc-static"; }

nodelete() { readelf -d "$library_folder/libnbl.so" | grep -q NODELETE; }
soname() { readelf -d "$library_folder/libnbl.so" | grep -q 'SONAME.*\[libnbl\.so\.0\]'; }

# shows_only_its_interface: what the shared library exports is documented NDIS/WDK names and nbl_ names, nothing internal.
shows_only_its_interface() {
    local names
    names=$(nm --dynamic --defined-only "$library_folder/libnbl.so" | awk '{print $NF}' | sed 's/@.*//')
    [ -n "$names" ] && ! grep -vE '^(Ndis|NET_BUFFER|Mm|Io|Ke|nbl_[a-z])' <<<"$names"
}

# names_no_prefix: nothing that was installed as text knows where it was installed first.
names_no_prefix() { ! grep -rIl "$work/first" "$prefix"; }

cmake --install "$build" --prefix "$work/first" >/dev/null || exit 1
prefix=$work/elsewhere/usr
mkdir -p "$(dirname "$prefix")"
mv "$work/first" "$prefix"
pc=$(find "$prefix" -name libnbl.pc)
library_folder=$(dirname "$(dirname "$pc")")

try "CMake, shared" cmake_shared
try "CMake, static" cmake_static
try "pkg-config, shared" pkg_config_shared
try "pkg-config, static" pkg_config_static
try "soname is libnbl.so.0" soname
try "libnbl.so stays loaded after dlclose" nodelete
try "only the interface is exported" shows_only_its_interface
try "relocatable" names_no_prefix
try "the gdb commands are there" test -s "$prefix/share/nbl/nbl-gdb.py"

echo "nbl-cases: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
