/* SPDX-License-Identifier: MIT
 *
 * status.h - NDIS_STATUS and NTSTATUS codes: one table gives value, name and meaning.
 *
 * Source: rule book 1.4 (public WDK headers for the numbers). Two families exist on purpose: legacy codes in facility
 * 0x001 (0xC001xxxx) and codes in the NDIS facility 0x023 (0xC023xxxx); a name keeps the family it was born with.
 */
#ifndef NBL_STATUS_H
#define NBL_STATUS_H

#include <stdint.h>

#include <nbl/export.h>

NBL_BEGIN_C

/* NDIS_STATUS and NTSTATUS are 32-bit signed on every host (LAY-01); a negative value is an error or a warning. */
typedef int32_t NTSTATUS;
typedef int32_t NDIS_STATUS;
typedef NDIS_STATUS *PNDIS_STATUS;

/* NBL_STATUS_TABLE lists X(name, value, meaning), one row per code. Add a code here and nowhere else. */
#define NBL_STATUS_TABLE(X) \
    X(NDIS_STATUS_SUCCESS, 0x00000000u, "the operation succeeded") \
    X(NDIS_STATUS_PENDING, 0x00000103u, "the operation completes later") \
    X(NDIS_STATUS_NOT_COPIED, 0x00010002u, "the data was not copied") \
    X(NDIS_STATUS_NOT_ACCEPTED, 0x00010003u, "the packet was not accepted") \
    X(NDIS_STATUS_BUFFER_OVERFLOW, 0x80000005u, "the buffer is too small for all of the data") \
    X(NDIS_STATUS_FAILURE, 0xC0000001u, "the operation failed") \
    X(NDIS_STATUS_INVALID_PARAMETER, 0xC000000Du, "a parameter is not valid") \
    X(NDIS_STATUS_RESOURCES, 0xC000009Au, "not enough memory or another resource") \
    X(NDIS_STATUS_NOT_SUPPORTED, 0xC00000BBu, "the operation is not supported") \
    X(NDIS_STATUS_CLOSING, 0xC0010002u, "the binding is closing") \
    X(NDIS_STATUS_REQUEST_ABORTED, 0xC001000Cu, "the request was aborted") \
    X(NDIS_STATUS_RESET_IN_PROGRESS, 0xC001000Du, "the adapter is being reset") \
    X(NDIS_STATUS_INVALID_PACKET, 0xC001000Fu, "the packet is not valid") \
    X(NDIS_STATUS_ADAPTER_NOT_READY, 0xC0010011u, "the adapter is not ready") \
    X(NDIS_STATUS_INVALID_LENGTH, 0xC0010014u, "a length is not valid") \
    X(NDIS_STATUS_INVALID_DATA, 0xC0010015u, "the data is not valid") \
    X(NDIS_STATUS_BUFFER_TOO_SHORT, 0xC0010016u, "the buffer is too short") \
    X(NDIS_STATUS_SEND_ABORTED, 0xC023000Cu, "the send was aborted") \
    X(NDIS_STATUS_MEDIA_DISCONNECTED, 0xC023001Fu, "the medium is disconnected") \
    X(NDIS_STATUS_PAUSED, 0xC023002Au, "the adapter or binding is paused") \
    X(NDIS_STATUS_INVALID_PORT, 0xC023002Du, "the port number is not valid") \
    X(NDIS_STATUS_LOW_POWER_STATE, 0xC023002Fu, "the adapter is in a low-power state")

/* NBL_NTSTATUS_TABLE lists the NTSTATUS names that the data structures use, in the same form. */
#define NBL_NTSTATUS_TABLE(X) \
    X(STATUS_SUCCESS, 0x00000000u, "the operation succeeded") \
    X(STATUS_UNSUCCESSFUL, 0xC0000001u, "the operation failed") \
    X(STATUS_ACCESS_VIOLATION, 0xC0000005u, "the memory may not be accessed this way") \
    X(STATUS_INVALID_PARAMETER, 0xC000000Du, "a parameter is not valid") \
    X(STATUS_INSUFFICIENT_RESOURCES, 0xC000009Au, "not enough memory or another resource") \
    X(STATUS_INVALID_PARAMETER_2, 0xC00000F0u, "the second parameter is not valid")

#define NBL__STATUS_ENUMERATOR(name, value, meaning) name = (int32_t)(value),
enum nbl_ndis_status { NBL_STATUS_TABLE(NBL__STATUS_ENUMERATOR) NBL__NDIS_STATUS_END = 0x7FFFFFFF };
enum nbl_nt_status { NBL_NTSTATUS_TABLE(NBL__STATUS_ENUMERATOR) NBL__NT_STATUS_END = 0x7FFFFFFF };
#undef NBL__STATUS_ENUMERATOR

/* NT_SUCCESS is true for success and informational codes: everything that is not negative. */
#define NT_SUCCESS(Status) (((NTSTATUS)(Status)) >= 0)

/* nbl_status_name gives the documented name of a status code.
 *
 * Status: any 32-bit value. Returns a static string, "NDIS_STATUS_..." or "STATUS_..." for a code that only the
 * NTSTATUS table holds; "unknown status" for a code in neither. The caller does not free it.
 * Any thread, any IRQL. Cannot fail.
 */
NBL_API const char *nbl_status_name(NDIS_STATUS Status);

/* nbl_status_meaning gives one short English phrase for a status code.
 *
 * Status: any 32-bit value. Returns a static string that the caller does not free; "no meaning on record" for a code in
 * neither table. Any thread, any IRQL. Cannot fail.
 */
NBL_API const char *nbl_status_meaning(NDIS_STATUS Status);

NBL_END_C

#endif
