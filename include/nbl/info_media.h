/* SPDX-License-Identifier: MIT
 *
 * info_media.h - media-specific information: a list of tagged structures that hangs off an NBL.
 *
 *     slot MediaSpecificInformation    -> NDIS_NBL_MEDIA_SPECIFIC_INFORMATION -> ... -> NULL     (NDIS 6.0, 6.1)
 *     slot MediaSpecificInformationEx  -> NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX -> ... -> NULL  (NDIS 6.20 and later)
 *
 * The structures belong to the driver that put them there; libnbl only links and unlinks them and never frees one. The
 * first slot travels with NdisCopySend/ReceiveNetBufferListInfo as a plain pointer (OOB-04b), the second does not.
 * For all of them: the caller owns the NBL; threads - any, one at a time on one NBL; any IRQL. Rule: OOB-11,
 * ns-ndis-_ndis_nbl_media_*.md, nf-ndis-ndis_nbl_*_media_specific_info*.md.
 */
#ifndef NBL_INFO_MEDIA_H
#define NBL_INFO_MEDIA_H

#include <nbl/list.h>

NBL_BEGIN_C

typedef struct _NDIS_NBL_MEDIA_MEDIA_SPECIFIC_INFORMATION NDIS_NBL_MEDIA_SPECIFIC_INFORMATION;
typedef NDIS_NBL_MEDIA_SPECIFIC_INFORMATION *PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION;
typedef struct _NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX;
typedef NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX *PNDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX;

/* NDIS_NBL_MEDIA_SPECIFIC_INFORMATION carries its data behind itself: Data has as many bytes as the Tag says. */
struct _NDIS_NBL_MEDIA_MEDIA_SPECIFIC_INFORMATION {
    NDIS_NBL_MEDIA_SPECIFIC_INFORMATION *NextEntry;
    ULONG Tag;
    NBL__ALIGNED UCHAR Data[1];
};

/* NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX points to its data. Header: NDIS_OBJECT_TYPE_DEFAULT, and the two below. */
struct _NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX {
    NDIS_OBJECT_HEADER Header;
    NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX *NextEntry;
    ULONG Tag;
    PVOID Data;
};

#define NDIS_NBL_MEDIA_SPECIFIC_INFO_REVISION_1 1
#define NDIS_SIZEOF_NBL_MEDIA_SPECIFIC_INFO_REVISION_1 \
    ((USHORT)(offsetof(NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX, Data) + sizeof(PVOID)))

/* NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO puts a structure in front of the NBL's list; it stays the caller's and has to live
 * until it is removed. It must not be in a list already. NULL adds nothing and reports OOB-11. */
#define NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO(_NBL, _MediaSpecificInfo) nbl_media_add((_NBL), (_MediaSpecificInfo))
#define NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO_EX(_NBL, _MediaSpecificInfo) nbl_media_add_ex((_NBL), (_MediaSpecificInfo))

/* NDIS_NBL_GET_MEDIA_SPECIFIC_INFO sets the pointer variable _MediaSpecificInfo to the first structure with that Tag,
 * or to NULL. The structure stays in the list. */
#define NDIS_NBL_GET_MEDIA_SPECIFIC_INFO(_NBL, _Tag, _MediaSpecificInfo) \
    ((void)((_MediaSpecificInfo) = nbl_media_find((_NBL), (_Tag))))
#define NDIS_NBL_GET_MEDIA_SPECIFIC_INFO_EX(_NBL, _Tag, _MediaSpecificInfo) \
    ((void)((_MediaSpecificInfo) = nbl_media_find_ex((_NBL), (_Tag))))

/* NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO unlinks the first structure whose Tag equals that of *_MediaSpecificInfo, which
 * need not be in the list itself. Without one it changes nothing. NULL removes nothing and reports OOB-11. */
#define NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO(_NBL, _MediaSpecificInfo) \
    ((void)nbl_media_remove((_NBL), (_MediaSpecificInfo)))
#define NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO_EX(_NBL, _MediaSpecificInfo) \
    ((void)nbl_media_remove_ex((_NBL), (_MediaSpecificInfo)))

/* nbl_media_add is NDIS_NBL_ADD_MEDIA_SPECIFIC_INFO; nbl_media_add_ex the same for the other list. */
NBL_API void nbl_media_add(NET_BUFFER_LIST *list, NDIS_NBL_MEDIA_SPECIFIC_INFORMATION *entry);
NBL_API void nbl_media_add_ex(NET_BUFFER_LIST *list, NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX *entry);

/* nbl_media_find returns the first structure with that tag, or NULL; nbl_media_find_ex looks in the other list. */
NBL_API NDIS_NBL_MEDIA_SPECIFIC_INFORMATION *nbl_media_find(NET_BUFFER_LIST const *list, ULONG tag);
NBL_API NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX *nbl_media_find_ex(NET_BUFFER_LIST const *list, ULONG tag);

/* nbl_media_remove is NDIS_NBL_REMOVE_MEDIA_SPECIFIC_INFO and returns what it unlinked, or NULL. The NextEntry of the
 * returned structure keeps its value. nbl_media_remove_ex is the same for the other list. */
NBL_API NDIS_NBL_MEDIA_SPECIFIC_INFORMATION *nbl_media_remove(NET_BUFFER_LIST *list,
                                                              NDIS_NBL_MEDIA_SPECIFIC_INFORMATION const *like);
NBL_API NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX *nbl_media_remove_ex(
    NET_BUFFER_LIST *list, NDIS_NBL_MEDIA_SPECIFIC_INFORMATION_EX const *like);

NBL_END_C

#endif
