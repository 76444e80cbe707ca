/* SPDX-License-Identifier: MIT
 *
 * nbl_test_child.c - a step that has to end its process.
 */
#include "nbl_test.h"

#include "base/event.h"
#include "base/track.h"

#if !defined(_WIN32)
#  include <sys/types.h>
#  include <sys/wait.h>
#  include <unistd.h>
#endif

bool nbl_test_freed_is_readable(void)
{
    return !nbl__track_present() && !nbl__hooked(NBL__HOOK_MALLOC);
}

#if defined(_WIN32)

void nbl_test_dies(void (*step)(void *context), void *context, char const *what)
{
    (void)step;
    (void)context;
    print_message("left out, no child processes here: %s\n", what);
}

#else

void nbl_test_dies(void (*step)(void *context), void *context, char const *what)
{
    int status = 0;
    pid_t child;
    if (!nbl__track_present()) {
        print_message("left out, freed memory is gone and no checker watches: %s\n", what);
        return;
    }
    fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)!freopen("/dev/null", "w", stderr);
        step(context);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        fail_msg("the checker saw nothing wrong with: %s", what);
}

#endif
