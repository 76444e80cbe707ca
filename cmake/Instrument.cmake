# SPDX-License-Identifier: MIT
#
# Instrument.cmake - NBL_SANITIZE, NBL_FUZZ and NBL_COVERAGE, for everything that this build compiles and links.

if(NBL_SANITIZE)
    add_compile_options(-fsanitize=${NBL_SANITIZE} -fno-omit-frame-pointer -g)
    add_link_options(-fsanitize=${NBL_SANITIZE})
    if(NBL_SANITIZE MATCHES "undefined")
        add_compile_options(-fno-sanitize-recover=all) # a finding ends the test instead of being printed and passed over
    endif()
endif()

if(NBL_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link -g) # the programs of tests/fuzz alone link libFuzzer's main
    add_link_options(-fsanitize=fuzzer-no-link)
endif()

if(NBL_COVERAGE)
    # Counters of several threads must add up, and a line that runs in parallel must not be missed.
    add_compile_options(--coverage -O0 -g -fprofile-update=atomic)
    add_compile_definitions(NBL_COUNT_COVERAGE)
    add_link_options(--coverage)
endif()
