/* SPDX-License-Identifier: MIT
 *
 * calls.c - what every operation needs around a call: numbers to choose by, a fault now and then, and what was
 * announced.
 *
 * The numbers come from a seed, or from bytes that somebody else chose (tests/fuzz).
 */
#include "model.h"

static bool armed;

/* ---- numbers to choose by (splitmix64, or bytes) ---- */

uint64_t mixed(uint64_t value)
{
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9u;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBu;
    return value ^ (value >> 31);
}

static uint32_t random_number(void)
{
    world.random += 0x9E3779B97F4A7C15u;
    return (uint32_t)(mixed(world.random) >> 32);
}

void world_choose_by(unsigned char const *bytes, size_t count)
{
    world.bytes = bytes;
    world.bytes_left = count;
}

/* One byte where that is enough for n, two where it is not: what a fuzzer changes shall change one choice. */
static uint32_t chosen_number(ULONG n)
{
    uint32_t number = 0;
    for (ULONG reach = 1; reach < n && world.bytes_left > 0; reach = reach < 0x1000000u ? reach << 8 : n) {
        number = number << 8 | *world.bytes++;
        world.bytes_left--;
    }
    return number;
}

ULONG pick(ULONG n)
{
    uint32_t const number = world.bytes_left > 0 ? chosen_number(n) : random_number();
    return n == 0 ? 0 : number % n;
}

bool chance(ULONG n)
{
    return pick(n) == 0;
}

unsigned char any_byte(void)
{
    return (unsigned char)random_number();
}

/* ---- calls ---- */

/* One call in eight meets a fault (PROP-09): when it fires, the call must fail and the picture stays as it is. */
void call_begins(bool may_fail)
{
    world.errors = 0;
    world.given_count = 0;
    armed = may_fail && chance(8);
    if (armed)
        nbl_fault_arm(NBL_FAULT_ALLOCATION, 1 + pick(3));
}

bool call_ended(void)
{
    bool const failed = armed && nbl_fault_disarm(NBL_FAULT_ALLOCATION);
    if (failed)
        note(", out of memory");
    armed = false;
    return failed;
}

void expect_errors(unsigned errors)
{
    if (!world.quiet && world.errors != errors)
        broken("%u violations instead of %u, the last %s", world.errors, errors,
               world.errors == 0 ? "never" : world.last_error);
    world.errors = 0;
}

void calls_reset(void)
{
    (void)nbl_fault_disarm(NBL_FAULT_ALLOCATION);
    armed = false;
}

static void listen(struct nbl_event const *event, void *context)
{
    (void)context;
    switch (event->kind) {
    case NBL_EVENT_VIOLATION:
        if (event->severity < NBL_SEVERITY_ERROR)
            break;
        world.errors++;
        snprintf(world.last_error, sizeof(world.last_error), "%s", event->rule);
        break;
    case NBL_EVENT_LIST_ALLOCATE:
    case NBL_EVENT_BUFFER_ALLOCATE:
    case NBL_EVENT_MDL_ALLOCATE: world.balance++; break;
    case NBL_EVENT_LIST_FREE:
    case NBL_EVENT_BUFFER_FREE:
    case NBL_EVENT_MDL_FREE: world.balance--; break;
    default: break;
    }
}

void world_listen(bool wanted)
{
    (void)nbl_event_unsubscribe(listen, NULL);
    if (wanted)
        (void)nbl_event_subscribe(listen, NULL);
}
