# SPDX-License-Identifier: MIT
#
# Warnings.cmake - the warnings that all of our own code compiles without. One list, reviewed here.

set(NBL_WARNINGS
    -Wall
    -Wextra
    -Wpedantic
    -Wshadow                # a name means one thing in a function
    -Wconversion            # every narrowing is written down
    -Wstrict-prototypes
    -Wmissing-prototypes    # what is not static has its declaration in a header
    -Wold-style-definition
    -Wpointer-arith
    -Wwrite-strings
    -Wundef
    -Wformat-security
    -Wvla)

if(CMAKE_SIZEOF_VOID_P EQUAL 4)
    list(APPEND NBL_WARNINGS -Wno-type-limits) # "no more than 4 gigabytes" is always true there, and still a check elsewhere
endif()

# nbl_target_warnings(target) turns the list on for a target, and into errors when NBL_WERROR is set.
function(nbl_target_warnings target)
    if(NOT CMAKE_C_COMPILER_ID MATCHES "GNU|Clang")
        return()
    endif()
    target_compile_options(${target} PRIVATE ${NBL_WARNINGS})
    if(NBL_WERROR)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
endfunction()
