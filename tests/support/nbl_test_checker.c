/* SPDX-License-Identifier: MIT
 *
 * nbl_test_checker.c - asking AddressSanitizer and Valgrind. Here, and nowhere else in the tests, is it known which exist.
 */
#if !defined(_WIN32)
#  define _GNU_SOURCE
#endif

#include "nbl_test_checker.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__has_include)
#  if __has_include(<valgrind/memcheck.h>)
#    include <valgrind/memcheck.h>
#    define HAVE_VALGRIND 1
#  endif
#endif

#if !defined(_WIN32)
#  include <sys/wait.h>
#  include <unistd.h>
#  define HAVE_FORK 1
#endif

#if defined(__ELF__)
extern int __asan_address_is_poisoned(void const volatile *address) __attribute__((weak));
extern void __tsan_init(void) __attribute__((weak));
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));
#  define ASAN_HERE (__asan_address_is_poisoned != NULL)
#  define TSAN_HERE (__tsan_init != NULL)
#else
#  define ASAN_HERE false
#  define TSAN_HERE false
#endif

enum nbl_test_checker nbl_test_checker_present(void)
{
    if (ASAN_HERE)
        return NBL_TEST_CHECKER_ASAN;
#ifdef HAVE_VALGRIND
    if (RUNNING_ON_VALGRIND)
        return NBL_TEST_CHECKER_VALGRIND;
#endif
    return NBL_TEST_CHECKER_NONE;
}

void nbl_test_know(void const *memory, size_t bytes)
{
    (void)memory;
    (void)bytes;
#ifdef HAVE_VALGRIND
    VALGRIND_MAKE_MEM_DEFINED(memory, bytes);
#endif
}

static bool byte_is_dead(unsigned char const *byte)
{
#if defined(__ELF__)
    if (ASAN_HERE)
        return __asan_address_is_poisoned(byte) != 0;
#endif
#ifdef HAVE_VALGRIND
    {
        unsigned char valid;
        return VALGRIND_GET_VBITS(byte, &valid, 1) == 3;
    }
#else
    (void)byte;
    return false;
#endif
}

size_t nbl_test_dead_bytes(void const *memory, size_t bytes)
{
    size_t dead = 0;
    for (size_t i = 0; i < bytes; i++)
        dead += byte_is_dead((unsigned char const *)memory + i) ? 1u : 0u;
    return dead;
}

#ifdef HAVE_FORK
static unsigned errors_counted(void)
{
#  ifdef HAVE_VALGRIND
    return (unsigned)VALGRIND_COUNT_ERRORS;
#  else
    return 0;
#  endif
}

/* The child's standard error goes to a pipe, where AddressSanitizer writes its report. */
static void child_misuses(int report, void (*misuse)(void *), void *argument)
{
    unsigned const before = errors_counted();
    (void)dup2(report, STDERR_FILENO);
    misuse(argument);
    _exit(errors_counted() > before ? 7 : 0);
}

static bool read_report(int report)
{
    static char text[65536];
    size_t length = 0;
    ssize_t got;
    while (length < sizeof(text) - 1 && (got = read(report, text + length, sizeof(text) - 1 - length)) > 0)
        length += (size_t)got;
    text[length] = '\0';
    return strstr(text, "ERROR: AddressSanitizer: ") != NULL;
}

bool nbl_test_checker_reports(void (*misuse)(void *argument), void *argument)
{
    int ends[2];
    int status = 0;
    bool report;
    pid_t child;
    if (nbl_test_checker_present() == NBL_TEST_CHECKER_NONE || pipe(ends) != 0)
        return false;
    (void)fflush(NULL);
    child = fork();
    if (child == 0)
        child_misuses(ends[1], misuse, argument);
    (void)close(ends[1]);
    report = child > 0 && read_report(ends[0]);
    (void)close(ends[0]);
    if (child > 0)
        (void)waitpid(child, &status, 0);
    if (nbl_test_checker_present() == NBL_TEST_CHECKER_ASAN)
        return report;
    return WIFEXITED(status) && WEXITSTATUS(status) != 0;
}
#else
bool nbl_test_checker_reports(void (*misuse)(void *argument), void *argument)
{
    (void)misuse;
    (void)argument;
    return false;
}
#endif

void nbl_test_on_death(void (*callback)(void))
{
#if defined(__ELF__)
    if (__sanitizer_set_death_callback != NULL)
        __sanitizer_set_death_callback(callback);
#else
    (void)callback;
#endif
}

unsigned nbl_test_slowdown(void)
{
    char const *said = getenv("NBL_TEST_SLOWDOWN");
    if (said != NULL && atoi(said) > 0)
        return (unsigned)atoi(said);
    if (nbl_test_checker_present() == NBL_TEST_CHECKER_VALGRIND)
        return 40;
    if (nbl_test_checker_present() == NBL_TEST_CHECKER_ASAN)
        return 3;
    return TSAN_HERE ? 10 : 1;
}
