# SPDX-License-Identifier: MIT
#
# Install.cmake - headers, libraries, the CMake package and the pkg-config file. All relocatable: no file names the prefix.

include(CMakePackageConfigHelpers)

set(NBL_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/nbl)
set(NBL_PKGCONFIG_DIR ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(installed)
foreach(target IN ITEMS nbl_static nbl_shared)
    if(TARGET ${target})
        list(APPEND installed ${target})
    endif()
endforeach()

install(TARGETS ${installed} EXPORT nblTargets)
install(DIRECTORY include/nbl DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
install(FILES tests/support/nbl_expect.h DESTINATION ${CMAKE_INSTALL_DATADIR}/nbl)
install(EXPORT nblTargets NAMESPACE nbl:: DESTINATION ${NBL_CMAKE_DIR})

install(FILES lib/verify/nbl-gdb.py DESTINATION ${CMAKE_INSTALL_DATADIR}/nbl)

configure_package_config_file(cmake/nblConfig.cmake.in nblConfig.cmake INSTALL_DESTINATION ${NBL_CMAKE_DIR})
write_basic_package_version_file(nblConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
    ${PROJECT_BINARY_DIR}/nblConfig.cmake
    ${PROJECT_BINARY_DIR}/nblConfigVersion.cmake
    DESTINATION ${NBL_CMAKE_DIR})

# The .pc file finds its prefix from where it lies. LIBDIR may have several parts (lib/x86_64-linux-gnu).
file(RELATIVE_PATH NBL_PC_TO_PREFIX /prefix/${NBL_PKGCONFIG_DIR} /prefix)
string(REGEX REPLACE "/$" "" NBL_PC_TO_PREFIX "${NBL_PC_TO_PREFIX}")
if(WIN32 OR NBL_PORT_FREESTANDING)
    set(NBL_PC_LIBS_PRIVATE "")
else()
    set(NBL_PC_LIBS_PRIVATE "-pthread -ldl")
endif()
set(NBL_PC_CFLAGS "")
if(NBL_PORT_FREESTANDING)
    set(NBL_PC_CFLAGS "-DNBL_PORT_FREESTANDING")
endif()
configure_file(cmake/libnbl.pc.in libnbl.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/libnbl.pc DESTINATION ${NBL_PKGCONFIG_DIR})
