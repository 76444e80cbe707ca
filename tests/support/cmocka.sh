#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# cmocka.sh - builds a static cmocka for a machine that Debian has no package for, from the distribution's own source.
#
#     cmocka.sh TRIPLET FOLDER      TRIPLET-gcc compiles; FOLDER gets include/cmocka.h and lib/libcmocka.a
#
# The source comes through apt, from the mirrors this machine already uses: their source index is read into a folder of
# ours, so the machine's own lists and settings stay as they are. Needs no root.
set -euo pipefail

triplet=$1
folder=$(realpath -m "$2")
[ -f "$folder/lib/libcmocka.a" ] && exit 0

source_folder=$(dirname "$folder")/source
mkdir -p "$source_folder" "$folder/include" "$folder/lib"

# write_source_entries FOLDER FORM copies this machine's apt sources with deb turned into deb-src: those in the one-line form
# (list), in the deb822 form (sources), or both. Where a machine names one archive in both, apt may refuse to read the two.
write_source_entries() {
    local file
    rm -rf "$1/parts"
    mkdir -p "$1/parts"
    if [ "$2" != sources ]; then
        for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
            if [ -f "$file" ]; then sed -n 's/^deb[[:space:]]/deb-src /p' "$file"; fi
        done | sort -u >"$1/parts/source.list"
    fi
    if [ "$2" != list ]; then
        for file in /etc/apt/sources.list.d/*.sources; do
            if [ -f "$file" ]; then sed 's/^Types:.*/Types: deb-src/' "$file" >"$1/parts/$(basename "$file")"; fi
        done
    fi
}

# fetch_source leaves one cmocka_*.orig.tar.* in $source_folder.
fetch_source() {
    local apt=$source_folder/apt form
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
    local options=(
        -o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$apt/parts"
        -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache"
        -o "APT::Sandbox::User=root" -o "Acquire::Retries=3" -o "Acquire::Languages=none"
    )
    for form in both sources list; do
        write_source_entries "$apt" "$form"
        if apt-get "${options[@]}" -qq update &&
            (cd "$source_folder" && apt-get "${options[@]}" -qq --download-only source cmocka); then
            return 0
        fi
    done
    return 1
}

tarball() {
    find "$source_folder" -maxdepth 1 -name 'cmocka_*.orig.tar.*' ! -name '*.asc' | sort | tail -n 1
}

[ -n "$(tarball)" ] || fetch_source
[ -n "$(tarball)" ] || { echo "cmocka.sh: apt delivered no cmocka source" >&2; exit 1; }
rm -rf "$folder/source"
mkdir -p "$folder/source"
tar -xf "$(tarball)" -C "$folder/source" --strip-components=1

# One file is all of cmocka. These are what its own build would find on every target we have.
has="-DHAVE_INTTYPES_H -DHAVE_STDINT_H -DHAVE_STRINGS_H -DHAVE_SIGNAL_H -DHAVE_SYS_TYPES_H -DHAVE_UNISTD_H -DHAVE_MALLOC_H"
# shellcheck disable=SC2086
"$triplet-gcc" -O1 -g $has -I "$folder/source/include" -c "$folder/source/src/cmocka.c" -o "$folder/source/cmocka.o"
"$triplet-ar" rcs "$folder/lib/libcmocka.a" "$folder/source/cmocka.o"
cp "$folder"/source/include/cmocka*.h "$folder/include/"
