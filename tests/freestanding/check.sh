#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# check.sh SOURCE BUILD - links libnbl.a of a freestanding build whole, lists what it leaves undefined, and runs it on the
# smallest embedding there is.
set -euo pipefail
source=$1
build=$2
CC=${CC:-gcc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# 1. Nothing is undefined but four functions of memory and what nbl/port.h names.
ld -r --whole-archive "$build/lib/libnbl.a" -o "$work/libnbl.o"
undefined=$(nm --undefined-only "$work/libnbl.o" | awk '{print $NF}' | sort -u)
supplied='^(memcpy|memmove|memset|memcmp|_GLOBAL_OFFSET_TABLE_|nbl_port_(allocate|release|thread_slot|relax|fatal))$'
echo "undefined:" $undefined
if grep -vE "$supplied" <<<"$undefined"; then
    echo "FAILED: the symbols above must not be needed"
    exit 1
fi

# 2. With those supplied, packets flow.
"$CC" -std=c11 -Wall -Wextra -Werror -DNBL_PORT_FREESTANDING -I "$source/include" "$source/tests/freestanding/embedding.c" \
    "$work/libnbl.o" -o "$work/embedding"
"$work/embedding"
