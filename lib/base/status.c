/* SPDX-License-Identifier: MIT
 *
 * status.c - names and meanings of status codes, from the tables of nbl/status.h.
 */
#include <nbl/status.h>

#include <stddef.h>

struct status_row {
    NDIS_STATUS value;
    char const *name;
    char const *meaning;
};

/* The NDIS rows come first: a value that both tables hold is known by its NDIS name. */
#define STATUS_ROW(name, value, meaning) { (NDIS_STATUS)(value), #name, meaning },
static struct status_row const rows[] = { NBL_STATUS_TABLE(STATUS_ROW) NBL_NTSTATUS_TABLE(STATUS_ROW) };
#undef STATUS_ROW

static struct status_row const *row_of(NDIS_STATUS status)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].value == status)
            return &rows[i];
    return NULL;
}

char const *nbl_status_name(NDIS_STATUS Status)
{
    struct status_row const *row = row_of(Status);
    return row != NULL ? row->name : "unknown status";
}

char const *nbl_status_meaning(NDIS_STATUS Status)
{
    struct status_row const *row = row_of(Status);
    return row != NULL ? row->meaning : "no meaning on record";
}
