# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2154
#
# parts.sh - the parts of tests/run. A part is a title, the packages it needs, and a function part_NAME that stops at the
# first command that fails (set -e), records counts of cases with `record`, and says what a reader must see with `report`.

declare -A part_title part_packages
all_parts=()

# define_part NAME TITLE PACKAGES...
define_part() {
    all_parts+=("$1")
    part_title[$1]=$2
    part_packages[$1]="${*:3}"
}

jobs=$(nproc 2>/dev/null || echo 2)

record() { echo "$1 $2" >>"$part_counts"; }
report() { echo "  $*" >>"$part_report"; }

# build PRESET OPTIONS... configures and builds; anything but silence from the compiler ends it, as warnings are errors.
build() {
    cmake --preset "$1" "${@:2}"
    cmake --build "build/$1" -j "$jobs"
}

# run_tests PRESET CTEST-OPTIONS... runs tests and records each cmocka case.
run_tests() {
    local output tally
    output=$(mktemp -p build/log)
    ctest --test-dir "build/$1" -V -j "$jobs" "${@:2}" >"$output" 2>&1 || true
    cat "$output"
    tally=$(python3 tests/tally.py "$output") || { rm -f "$output"; return 1; }
    rm -f "$output"
    sed '$d' <<<"$tally" >>"$part_report"
    tail -n 1 <<<"$tally" >>"$part_counts"
}

# programs are the tests that are compiled; scripts and texts have parts of their own.
programs=(-LE '^(headers|install|readme|examples|dump|model|rules|house)$')

# Under a checker in malloc mode the rows of freed objects have to die in a process of their own, one by one; under each
# knob that is for the plain run alone.
without_knob_rows=("${programs[@]}" -E '^conformance/test_vectors_knobs$')

# ---- native builds ----
define_part release "gcc Release"
part_release() {
    build release -DNBL_BUILD_TESTS=ON
    run_tests release "${programs[@]}"
}

define_part clang "clang Release" clang
part_clang() {
    build clang
    run_tests clang "${programs[@]}"
}

define_part asan "gcc AddressSanitizer + UndefinedBehaviorSanitizer"
part_asan() {
    build asan
    run_tests asan "${programs[@]}"
}

define_part clang-asan "clang AddressSanitizer + UndefinedBehaviorSanitizer" clang 'libclang-rt-dev?'
part_clang-asan() {
    build clang-asan
    run_tests clang-asan "${programs[@]}"
}

define_part tsan "gcc ThreadSanitizer, the tests with threads"
part_tsan() {
    # An address space laid out at random can collide with ThreadSanitizer's own.
    build tsan "-DNBL_TEST_LAUNCHER=setarch;-R"
    run_tests tsan -L threads
}

define_part valgrind "Valgrind memcheck, pools in normal and in malloc mode"
part_valgrind() {
    build valgrind
    NBL_PROPERTY_SEQUENCES=300 run_tests valgrind "${programs[@]}"
    NBL_PROPERTY_SEQUENCES=300 NBL_POOL_MODE=malloc run_tests valgrind "${without_knob_rows[@]}"
    report "left out in malloc mode: conformance rows under knobs"
}

define_part malloc "malloc mode: built in, and chosen under AddressSanitizer"
part_malloc() {
    build malloc
    run_tests malloc "${programs[@]}"
    build asan
    NBL_POOL_MODE=malloc run_tests asan "${without_knob_rows[@]}"
    report "left out under AddressSanitizer: conformance rows under knobs"
}

define_part knobs "every test under every knob: the other answer of each rule that has one"
part_knobs() {
    local output
    build release -DNBL_BUILD_TESTS=ON
    build/release/tests/conformance/conformance_test_vectors_knobs | sed -n '1,/Running/p'
    output=$(python3 tests/knobs.py build/release) || true
    echo "$output"
    grep -E '^(K-|FAILED)' <<<"$output" | while read -r line; do report "$line"; done
    sed -n 's/^nbl-cases: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' <<<"$output" >>"$part_counts"
}

# ---- other machines ----
define_part windows "64-bit Windows under wine" gcc-mingw-w64-x86-64 wine64 xz-utils
part_windows() {
    local wine
    wine=$(command -v wine64 || command -v /usr/lib/wine/wine64 || command -v wine)
    bash tests/support/cmocka.sh x86_64-w64-mingw32 build/cmocka/mingw
    build mingw "-DNBL_TEST_LAUNCHER=$wine"
    export WINEPREFIX=$root/build/wine WINEDEBUG=-all WINEDLLOVERRIDES="mscoree,mshtml="
    "$wine" wineboot --init
    NBL_PROPERTY_SEQUENCES=3000 run_tests mingw "${programs[@]}"
}

define_part win32 "32-bit Windows compiles" gcc-mingw-w64-i686 xz-utils
part_win32() {
    bash tests/support/cmocka.sh i686-w64-mingw32 build/cmocka/mingw32
    build mingw32
    record 1 0
}

define_part s390x "s390x, big-endian, under qemu-user" gcc-s390x-linux-gnu libc6-dev-s390x-cross qemu-user xz-utils
part_s390x() {
    bash tests/support/cmocka.sh s390x-linux-gnu build/cmocka/s390x
    build s390x
    NBL_PROPERTY_SEQUENCES=3000 run_tests s390x "${programs[@]}"
}

define_part aarch64 "aarch64 under qemu-user" gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user xz-utils
part_aarch64() {
    bash tests/support/cmocka.sh aarch64-linux-gnu build/cmocka/aarch64
    build aarch64
    NBL_PROPERTY_SEQUENCES=3000 run_tests aarch64 "${programs[@]}"
}

define_part freestanding "no operating system: what libnbl asks of an embedding"
part_freestanding() {
    build freestanding
    bash tests/freestanding/check.sh "$root" "$root/build/freestanding"
    record 2 0
}

# ---- what users see ----
define_part headers "public headers as C11 and C++17" g++ clang
part_headers() {
    build release -DNBL_BUILD_TESTS=ON
    run_tests release -L headers
}

define_part install "the installed package: CMake and pkg-config, static and shared"
part_install() {
    build release -DNBL_BUILD_TESTS=ON
    run_tests release -L install
}

define_part readme "README's example"
part_readme() {
    build release -DNBL_BUILD_TESTS=ON
    run_tests release -L readme
}

define_part examples "examples: carry on the shipped captures, checked by tshark" libpcap-dev tshark tcpdump
part_examples() {
    build release -DNBL_BUILD_TESTS=ON
    run_tests release -L examples
}

define_part dump "gdb commands on a process and its core file; Graphviz accepts our pictures" gdb graphviz
part_dump() {
    build release -DNBL_BUILD_TESTS=ON
    run_tests release -L dump
}

# ---- small models, searched completely ----
define_part model "model: depot and magazines, and lists with children, in every state" spin
part_model() {
    build release -DNBL_BUILD_TESTS=ON
    run_tests release -L model
}

# ---- what we promise about the text ----
define_part rules "rule table: every rule has a test, every announced one a pair"
part_rules() {
    if python3 tests/rule_table.py; then
        record 1 0
    else
        record 0 1
        python3 tests/rule_table.py --missing | while read -r line; do report "$line"; done
    fi
    if python3 tests/rule_rows.py; then
        record 1 0
    else
        record 0 1
        python3 tests/rule_rows.py | grep FAILED | while read -r line; do report "$line"; done
    fi
}

define_part house "house rules: sizes, names, maps"
part_house() {
    if python3 tests/house.py; then
        record 1 0
    else
        record 0 1
        python3 tests/house.py | while read -r line; do report "$line"; done
    fi
}

# What a memory checker is told is executed only while one watches.
define_part counts "instructions and cache lines of each operation: no more than bench/counts.txt says"
part_counts() {
    local output
    output=$(python3 bench/counts.py --check) || true
    echo "$output"
    { grep -E '^\*\*\*|FAILED' <<<"$output" || true; } | while read -r line; do report "$line"; done
    sed -n 's/^nbl-cases: \([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' <<<"$output" >>"$part_counts"
}

define_part coverage "coverage: 95 % of lines, 85 % of branches of lib/" gcovr valgrind
part_coverage() {
    local program
    build coverage
    find build/coverage -name '*.gcda' -delete
    run_tests coverage "${programs[@]}"
    NBL_PROPERTY_SEQUENCES=300 NBL_POOL_MODE=malloc run_tests coverage "${programs[@]}"
    for program in build/coverage/tests/*/*; do
        case $program in
            */unit_test_track | */unit_test_mdl | */unit_test_span | */regress_test_hidden_bytes | */conformance_test_*)
                valgrind -q --error-exitcode=0 "$program" >/dev/null 2>&1 || true
                ;;
        esac
    done
    python3 tests/coverage.py build/coverage | while read -r word rest; do
        case $word in
            pass) record 1 0 ;;
            FAIL) record 0 1 ;;
        esac
        report "$word $rest"
    done
}
