#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# test_carry_valgrind.sh SOURCE BUILD - no byte is read that was not written, no block is used after it was freed or lost.
set -uo pipefail
# shellcheck source-path=SCRIPTDIR source=cases.sh
. "$(dirname "$0")/cases.sh" "$@"

for mode in magazine malloc; do
    for capture in "$captures"/*.pcap; do
        NBL_POOL_MODE=$mode valgrind -q --leak-check=full --show-leak-kinds=definite,indirect,possible \
            --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=99 \
            "$carry" --check --mtu 576 --fail-every 7 --out "$work/out.pcap" "$capture" >"$work/said" 2>&1
        case_ends "valgrind, $mode: $(basename "$capture")" $?
    done
done

cases_end
