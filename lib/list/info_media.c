/* SPDX-License-Identifier: MIT
 *
 * info_media.c - the two lists of media-specific information that hang off an NBL.
 *
 * The two kinds of entry differ in layout only, so each function is generated for both.
 */
#include "base/event.h"

#include <nbl/info.h>

/* NBL__MEDIA_LIST(suffix, entry type, slot) defines nbl_media_add, _find and _remove with that suffix. */
#define NBL__MEDIA_LIST(suffix, type, slot)                                                            \
    void nbl_media_add##suffix(NET_BUFFER_LIST *list, type *entry)                                     \
    {                                                                                                  \
        if (NBL_UNLIKELY(entry == NULL)) {                                                             \
            nbl__violation("OOB-11", NBL_SEVERITY_FATAL, "nbl_media_add" #suffix, list);               \
            return;                                                                                    \
        }                                                                                              \
        entry->NextEntry = (type *)NET_BUFFER_LIST_INFO(list, slot);                                   \
        NET_BUFFER_LIST_INFO(list, slot) = entry;                                                      \
    }                                                                                                  \
                                                                                                       \
    type *nbl_media_find##suffix(NET_BUFFER_LIST const *list, ULONG tag)                               \
    {                                                                                                  \
        type *entry = (type *)NET_BUFFER_LIST_INFO(list, slot);                                        \
        while (entry != NULL && entry->Tag != tag)                                                     \
            entry = entry->NextEntry;                                                                  \
        return entry;                                                                                  \
    }                                                                                                  \
                                                                                                       \
    type *nbl_media_remove##suffix(NET_BUFFER_LIST *list, type const *like)                            \
    {                                                                                                  \
        type *before = NULL;                                                                           \
        type *entry = (type *)NET_BUFFER_LIST_INFO(list, slot);                                        \
        if (NBL_UNLIKELY(like == NULL)) {                                                              \
            nbl__violation("OOB-11", NBL_SEVERITY_FATAL, "nbl_media_remove" #suffix, list);            \
            return NULL;                                                                               \
        }                                                                                              \
        for (; entry != NULL && entry->Tag != like->Tag; entry = entry->NextEntry)                     \
            before = entry;                                                                            \
        if (entry != NULL && before != NULL)                                                           \
            before->NextEntry = entry->NextEntry;                                                      \
        else if (entry != NULL)                                                                        \
            NET_BUFFER_LIST_INFO(list, slot) = entry->NextEntry;                                       \
        return entry;                                                                                  \
    }

NBL__MEDIA_LIST(, NDIS_NBL_MEDIA_SPECIFIC_INFORMATION, MediaSpecificInformation)
NBL__MEDIA_LIST(_ex, NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX, MediaSpecificInformationEx)
