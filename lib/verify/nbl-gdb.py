# SPDX-License-Identifier: MIT
"""nbl-gdb.py - gdb commands that show libnbl's objects in a live process or a core file.

    (gdb) source PREFIX/share/nbl/nbl-gdb.py
    (gdb) nbl show EXPRESSION      a NET_BUFFER_LIST, NET_BUFFER or MDL (pointer or object), with what hangs off it
    (gdb) nbl pools                every pool: geometry, live and cached objects, bytes
    (gdb) nbl outstanding [POOL]   every live NET_BUFFER_LIST and NET_BUFFER of every pool, or of one

Nothing is called in the process and nothing is written: memory and debug information are enough. libnbl has to be built
with debug information (-g, or CMAKE_BUILD_TYPE=RelWithDebInfo).
"""
import gdb

MOST_SHOWN = 256   # elements of one chain
MOST_BYTES = 64    # of a NET_BUFFER's data
LARGEST_CHAIN = 1 << 20
LISTS, BUFFERS = 0x4C424E31, 0x42424E32  # enum nbl__pool_kind
KIND_MAGIC = 0x4E00  # NBL__LIST_MAGIC
BUFFER_TAG = 0x4E425500  # nbl__buffer_tag
KINDS = {1: "plain", 2: "clone", 3: "fragment", 4: "reassembled", 5: "copy", 6: "clone", 7: "free"}
POOL_KINDS = (1, 6)  # the kinds that are blocks of their pool
BUFFER_KINDS = {1: "with its NBL", 2: "from a NB pool", 3: "derived", 4: "free"}
NBL_FLAGS = {0x1: "SEND_READ_ONLY", 0x2: "RECV_READ_ONLY", 0x100: "HD_SPLIT", 0x200: "IS_IPV4", 0x400: "IS_IPV6",
             0x800: "IS_TCP", 0x1000: "IS_UDP", 0x2000: "SPLIT_AT_UPPER_LAYER_PROTOCOL_HEADER",
             0x4000: "SPLIT_AT_UPPER_LAYER_PROTOCOL_PAYLOAD", 0x8000: "IS_LOOPBACK_PACKET",
             0x10000: "CAPTURE_TIMESTAMP_ON_TRANSMIT"}
MDL_FLAGS = {0x1: "MAPPED_TO_SYSTEM_VA", 0x2: "PAGES_LOCKED", 0x4: "SOURCE_IS_NONPAGED_POOL", 0x8: "ALLOCATED_FIXED_SIZE",
             0x10: "PARTIAL", 0x20: "PARTIAL_HAS_BEEN_MAPPED", 0x40: "IO_PAGE_READ", 0x80: "WRITE_OPERATION",
             0x100: "LOCKED_PAGE_TABLES", 0x200: "FREE_EXTRA_PTES", 0x400: "DESCRIBES_AWE", 0x800: "IO_SPACE",
             0x1000: "NETWORK_HEADER", 0x2000: "MAPPING_CAN_FAIL", 0x4000: "PAGE_CONTENTS_INVARIANT", 0x8000: "INTERNAL"}
MDL_ADDRESSED = 0x5
FRONT_SLOTS = ["TcpIpChecksumNetBufferListInfo, TcpOffloadBytesTransferred",
               "IPsecOffloadV1NetBufferListInfo, IPsecOffloadV2NetBufferListInfo",
               "TcpLargeSendNetBufferListInfo, TcpReceiveNoPush", "ClassificationHandleNetBufferListInfo",
               "Ieee8021QNetBufferListInfo", "NetBufferListCancelId", "MediaSpecificInformation",
               "NetBufferListFrameType, NetBufferListProtocolId", "NetBufferListHashValue", "NetBufferListHashInfo",
               "WfpNetBufferListInfo", "IPsecOffloadV2TunnelNetBufferListInfo", "IPsecOffloadV2HeaderNetBufferListInfo",
               "NetBufferListCorrelationId", "NetBufferListFilteringInfo", "MediaSpecificInformationEx",
               "NblOriginalInterfaceIfIndex, NblReAuthWfpFlowContext",
               "TcpReceiveBytesTransferred, NrtNameResolutionId, UdpRecvSegCoalesceOffloadInfo"]
RSC_SLOTS = ["TcpRecvSegCoalesceInfo, UdpSegmentationOffloadInfo",
             "RscTcpTimestampDelta, TcpSendOffloadsSupplementalNetBufferListInfo"]
SLOTS = {8: FRONT_SLOTS + ["SwitchForwardingReserved", "SwitchForwardingDetail", "VirtualSubnetInfo", "IMReserved"] +
         RSC_SLOTS + ["GftOffloadInformation", "GftFlowEntryId", "NetBufferListInfoReserved3"],
         4: FRONT_SLOTS + ["IMReserved"] + RSC_SLOTS +
         ["NetBufferListInfoReserved3", "NetBufferListInfoReserved4", "SwitchForwardingReserved",
          "SwitchForwardingDetail_b0_to_b31", "SwitchForwardingDetail_b32_to_b63", "VirtualSubnetInfo"]}


# ---- reading ----

def structure(name):
    try:
        return gdb.lookup_type(name)
    except gdb.error:
        raise gdb.GdbError(f"no type {name}: build libnbl with debug information (-g, or RelWithDebInfo)") from None


def global_of(name, file):
    """Returns a variable of the library, hidden or static ones too."""
    symbol = gdb.lookup_static_symbol(name) or gdb.lookup_global_symbol(name)
    if symbol is None:
        try:
            return gdb.parse_and_eval(f"'{file}'::{name}")
        except gdb.error:
            raise gdb.GdbError(f"no variable {name}: is libnbl loaded, and built with debug information?") from None
    return symbol.value()


def pointer_size():
    return gdb.lookup_type("void").pointer().sizeof


def number(value):
    return int(value) & ((1 << (8 * pointer_size())) - 1)


def at(address, name):
    """Returns the object of a type at an address."""
    return gdb.Value(address).cast(structure(name).pointer()).dereference()


def chain(first, link="Next"):
    """Yields a chain's elements, each once; then a line about a circle or an end that cannot be read, if there is one."""
    seen = {}
    address = number(first)
    kind = first.type
    while address != 0:
        if address in seen:
            yield None, f"! a circle: the last leads back to element {seen[address]} (VER-04)"
            return
        if len(seen) == LARGEST_CHAIN:
            yield None, f"! more than {LARGEST_CHAIN} elements (VER-04)"
            return
        seen[address] = len(seen)
        element = gdb.Value(address).cast(kind).dereference()
        try:
            following = number(element[link])
        except gdb.MemoryError:
            yield None, f"! nothing can be read at {address:#x}"
            return
        yield element, None
        address = following


def address_text(value):
    return f"{number(value):#x}" if number(value) else "NULL"


def flags_text(value, names):
    words = [name for bit, name in names.items() if value & bit]
    rest = value & ~sum(names)
    return " | ".join(words + ([f"{rest:#x}"] if rest else []))


def list_state(nbl):
    return nbl["NdisReserved"].address.cast(structure("struct nbl__list_state").pointer()).dereference()


def kind_of(nbl):
    """Returns the number of a NBL's kind, or 0 when it is not libnbl's."""
    kind = int(list_state(nbl)["kind"]) - KIND_MAGIC
    return kind if kind in KINDS else 0


def buffer_kind(buffer):
    tag = number(buffer["NdisReserved"][1])
    if tag & ~7 == BUFFER_TAG:
        return tag & 7
    return tag & 7 if tag & 7 in (1, 3) and tag > 7 else 0


# ---- nbl show ----

def mdl_address(mdl):
    return number(mdl["MappedSystemVa"]) if int(mdl["MdlFlags"]) & MDL_ADDRESSED else 0


def show_mdl(mdl, index, say, share=None):
    flags = int(mdl["MdlFlags"]) & 0xFFFF
    mapped = f"MappedSystemVa {address_text(mdl['MappedSystemVa'])}" if flags & MDL_ADDRESSED else "not mapped"
    say(f"MDL {index} {int(mdl.address):#x} ByteCount {int(mdl['ByteCount'])} ByteOffset {int(mdl['ByteOffset'])}"
        f" StartVa {address_text(mdl['StartVa'])} {mapped}")
    say(f"  MdlFlags {flags:#06x} {flags_text(flags, MDL_FLAGS)}")
    if share is not None:
        backfill, data, tail = share
        words = [f"{name} [{start}, {start + size})" for name, start, size in
                 (("backfill", 0, backfill), ("data", backfill, data), ("tail", backfill + data, tail)) if size]
        say("  " + ("bytes " + " ".join(words) if words else "no bytes"))


def share_of(buffer, mdl, start):
    """Returns (backfill, data, tail) of an MDL whose first byte is at position `start`."""
    first, count = int(buffer["DataOffset"]), int(mdl["ByteCount"])
    last = first + int(buffer["DataLength"])
    backfill = min(max(first - start, 0), count)
    end = min(max(last - start, 0), count)
    return backfill, end - backfill, count - end


def bytes_of(runs):
    """Returns up to MOST_BYTES bytes from (address, bytes) runs; None for each that cannot be read."""
    data = []
    for address, count in runs:
        count = min(count, MOST_BYTES - len(data))
        try:
            if address == 0:
                raise gdb.MemoryError
            data += bytes(gdb.selected_inferior().read_memory(address, count)) if count else b""
        except gdb.MemoryError:
            data += [None] * count
    return data


def show_bytes(data, total, say):
    if not data:
        return
    say(f"Data, {len(data)} of {total} bytes")
    for start in range(0, len(data), 16):
        line = data[start:start + 16]
        digits = " ".join(".." if byte is None else f"{byte:02x}" for byte in line)
        letters = "".join(chr(byte) if byte is not None and 32 <= byte < 127 else "." for byte in line)
        say(f"  {start:04x}  {digits:<47}  {letters}")


def show_mdls(first, say, buffer=None):
    start, runs, current = 0, [], None
    for index, (mdl, complaint) in enumerate(chain(first)):
        if complaint:
            say(complaint)
            continue
        share = share_of(buffer, mdl, start) if buffer is not None else None
        if index < MOST_SHOWN:
            show_mdl(mdl, index, say, share)
        elif index == MOST_SHOWN:
            say("and more MDLs")
        if buffer is not None and int(mdl.address) == number(buffer["CurrentMdl"]):
            current = start + int(buffer["CurrentMdlOffset"])
        if share is not None and share[1]:
            address = mdl_address(mdl)
            runs.append((address + share[0] if address else 0, share[1]))
        start += int(mdl["ByteCount"])
    return start, runs, current


def contradictions(buffer, capacity, current):
    """Yields what is wrong with a window, by the id of the invariant."""
    offset, length = int(buffer["DataOffset"]), int(buffer["DataLength"])
    if int(buffer["stDataLength"]) != length:
        yield "! stDataLength is more than DataLength: its upper half is not zero (NB-05a)"
    if number(buffer["MdlChain"]) == 0:
        if number(buffer["CurrentMdl"]) or offset or length or int(buffer["CurrentMdlOffset"]):
            yield "! MdlChain is NULL, but not all of the window is 0 (INV-03)"
        return
    if offset + length > capacity:
        yield "! the window goes beyond the end of MdlChain (INV-05)"
    if number(buffer["CurrentMdl"]) == 0:
        if offset != capacity:
            yield "! CurrentMdl is NULL (INV-03)"
    elif current is None:
        yield "! CurrentMdl is not on MdlChain (INV-04)"
    elif current != offset:
        yield "! CurrentMdl and CurrentMdlOffset say another position than DataOffset (INV-06)"


def show_buffer(buffer, say):
    kind = buffer_kind(buffer)
    say(f"NET_BUFFER {int(buffer.address):#x} ({BUFFER_KINDS.get(kind, 'not libnbl' + chr(39) + 's')})")
    if kind == 4:
        return
    say(f"  NdisPoolHandle {address_text(buffer['NdisPoolHandle'])} Next {address_text(buffer['Next'])}")
    say(f"  DataOffset {int(buffer['DataOffset'])} DataLength {int(buffer['DataLength'])}"
        f" CurrentMdl {address_text(buffer['CurrentMdl'])} CurrentMdlOffset {int(buffer['CurrentMdlOffset'])}")
    capacity, runs, current = show_mdls(buffer["MdlChain"], lambda line: say("  " + line), buffer)
    for complaint in contradictions(buffer, capacity, current):
        say("  " + complaint)
    show_bytes(bytes_of(runs), int(buffer["DataLength"]), lambda line: say("  " + line))


def show_list(nbl, say):
    state = list_state(nbl)
    children = int(state["children"])
    kind = kind_of(nbl)
    words = KINDS.get(kind, "not libnbl's")
    if kind and kind != 7:
        words += f" with derived lists: {children & 0x7FFFFFFF}" if children & 0x7FFFFFFF else ""
        words += ", freed by its owner" if children & 0x80000000 else ""
    say(f"NET_BUFFER_LIST {int(nbl.address):#x} ({words})")
    if kind == 7:
        return
    for name in ("Next", "NdisPoolHandle", "SourceHandle", "ParentNetBufferList", "Scratch"):
        say(f"  {name:<19} {address_text(nbl[name])}")
    flags = int(nbl["NblFlags"])
    say(f"  NblFlags            {flags:#010x} {flags_text(flags, NBL_FLAGS)}".rstrip())
    say(f"  Flags               {int(nbl['Flags']):#010x}")
    say(f"  Status              {int(nbl['Status']) & 0xFFFFFFFF:#010x}")
    say(f"  ChildRefCount       {int(nbl['ChildRefCount'])}")
    for slot, names in enumerate(SLOTS[pointer_size()]):
        if number(nbl["NetBufferListInfo"][slot]):
            say(f"  {names} {number(nbl['NetBufferListInfo'][slot]):#x}")
    for block, complaint in chain(nbl["Context"]):
        say("  " + (complaint or f"NET_BUFFER_LIST_CONTEXT {int(block.address):#x} Size {int(block['Size'])}"
                    f" Offset {int(block['Offset'])}: in use {int(block['Size']) - int(block['Offset'])}"))
    for index, (buffer, complaint) in enumerate(chain(nbl["FirstNetBuffer"])):
        if complaint:
            say("  " + complaint)
        elif index < MOST_SHOWN:
            show_buffer(buffer, lambda line: say("  " + line))
        elif index == MOST_SHOWN:
            say("  and more NET_BUFFERs")


def show(text, say):
    value = gdb.parse_and_eval(text)
    kind = value.type.strip_typedefs()
    if kind.code == gdb.TYPE_CODE_PTR:
        if number(value) == 0:
            return say("NULL")
        if kind.target().strip_typedefs().code == gdb.TYPE_CODE_VOID:
            raise gdb.GdbError("a void pointer: say what it is, as in: nbl show (NET_BUFFER_LIST *)pointer")
        value = value.dereference()
        kind = kind.target().strip_typedefs()
    name = kind.unqualified().tag
    if name == "NET_BUFFER_LIST":
        return show_list(value, say)
    if name == "NET_BUFFER":
        return show_buffer(value, say)
    if name == "_MDL":
        show_mdls(value.address, say)
        return None
    raise gdb.GdbError(f"{name or kind} is no NET_BUFFER_LIST, NET_BUFFER or MDL")


# ---- pools ----

def pools():
    """Yields the live pools."""
    for group, _ in chain(global_of("all_descriptors", "pool.c"), "next"):
        if group is None:
            return
        table = group["pools"]
        for index in range(table.type.range()[1] + 1):
            if int(table[index]["kind"]) in (LISTS, BUFFERS):
                yield table[index]


def magazines(slab):
    return [magazine for magazine, _ in chain(slab["magazines"], "next") if magazine is not None]


def counts(slab):
    """Returns (live, cached): objects in use, and blocks ready for use."""
    live, guests = int(slab["retired_live"]), int(slab["retired_guests"])
    for magazine in magazines(slab):
        live += int(magazine["balance"]) - int(magazine["count"]) + int(magazine["guests"])
        guests += int(magazine["guests"])
    return live, max(int(slab["carved"]) - max(live - guests, 0), 0)


def cached_blocks(slab):
    """Returns the addresses of all blocks that wait in magazines and depot."""
    holders = magazines(slab)
    for field in ("full", "partial"):
        holders += [batch for batch, _ in chain(slab[field], "next") if batch is not None]
    size = pointer_size()
    order = "big" if "big endian" in gdb.execute("show endian", to_string=True) else "little"
    blocks = set()
    for holder in holders:
        count = int(holder["count"])
        if count == 0:
            continue
        memory = bytes(gdb.selected_inferior().read_memory(int(holder["blocks"].address), count * size))
        blocks.update(int.from_bytes(memory[i:i + size], order) for i in range(0, count * size, size))
    return blocks


def live_blocks(slab):
    """Yields the addresses of the blocks that were carved and wait nowhere."""
    cached = cached_blocks(slab)
    for chunk, _ in chain(slab["chunks"], "next"):
        if chunk is None:
            return
        first, stride = number(chunk["first"]), int(chunk["stride"])
        for index in range(int(chunk["carved"])):
            if first + index * stride not in cached:
                yield first + index * stride


def pool_text(pool):
    lists = int(pool["kind"]) == LISTS
    tag = int(pool["tag"])
    letters = "".join(chr(c) if 32 < c < 127 else "." for c in ((tag >> shift) & 0xFF for shift in (0, 8, 16, 24)))
    words = [f"{'NBL' if lists else 'NB'} pool {int(pool.address):#x} tag '{letters}'",
             f"DataSize {int(pool['shape']['data_size'])}"]
    if lists:
        words += [f"ContextSize {int(pool['context_size'])}", f"ProtocolId {int(pool['protocol'])}",
                  f"fAllocateNetBuffer {'TRUE' if pool['has_buffer'] else 'FALSE'}"]
    live, cached = counts(pool["slab"])
    return " ".join(words + [f"block {int(pool['block_bytes'])}", f"live {live}", f"cached {cached}",
                             f"bytes {int(pool['slab']['chunk_bytes'])}"])


# ---- nbl outstanding ----

def window_text(buffer):
    return (f"NB {int(buffer.address):#x} DataOffset {int(buffer['DataOffset'])}"
            f" DataLength {int(buffer['DataLength'])}")


def say_list(nbl, say):
    say(f"  NBL {int(nbl.address):#x} {KINDS.get(kind_of(nbl), '?')}")
    for index, (buffer, complaint) in enumerate(chain(nbl["FirstNetBuffer"])):
        if complaint or index == MOST_SHOWN:
            say("    " + (complaint or "and more NBs"))
            return
        say("    " + window_text(buffer))


def derived_lists():
    """Yields (pool address, NET_BUFFER_LIST) for each derived list that has a block of a size class of its own."""
    classes = global_of("nbl__memory_classes", "memory.c")
    record = structure("struct nbl__derived")
    for group in range(classes.type.range()[1] + 1):
        for index in range(classes[group].type.range()[1] + 1):
            slab = classes[group][index]
            if int(slab["carved"]) == 0 or int(slab["block_bytes"]) < record.sizeof + structure("NET_BUFFER_LIST").sizeof:
                continue
            for block in live_blocks(slab):
                derived = at(block, "struct nbl__derived")
                if number(derived["slab"]) != int(slab.address) or int(derived["block_bytes"]) > int(slab["block_bytes"]):
                    continue
                nbl = at(block + record.sizeof, "NET_BUFFER_LIST")
                if kind_of(nbl) in (2, 3, 4, 5):
                    yield number(derived["list_pool"]), nbl


def blocks_of(pool):
    """Yields the live objects of a pool that are blocks of it, as values."""
    lists = int(pool["kind"]) == LISTS
    for block in live_blocks(pool["slab"]):
        thing = at(block, "NET_BUFFER_LIST" if lists else "NET_BUFFER")
        if kind_of(thing) in POOL_KINDS if lists else buffer_kind(thing) == 2:
            yield thing


def outstanding_of(pool, derived, say):
    lists = int(pool["kind"]) == LISTS
    found = 0
    say(pool_text(pool))
    for thing in blocks_of(pool):
        found += 1
        if lists:
            say_list(thing, say)
        else:
            say("  " + window_text(thing))
    for owner, nbl in derived:
        if owner == int(pool.address):
            found += 1
            say_list(nbl, say)
    live, _ = counts(pool["slab"])
    if live > found:
        say(f"  and {live - found} more, which are no blocks of the library: large derived lists, NBs of derived lists,"
            " or all of them in malloc mode")


# ---- the commands ----

def told(invoke):
    """Makes what gdb finds wrong with an expression or an address a message, without Python's name for it."""
    def wrapped(self, argument, from_tty):
        try:
            invoke(self, argument, from_tty)
        except gdb.error as problem:
            raise gdb.GdbError(str(problem)) from None
    return wrapped


class Nbl(gdb.Command):
    """Show the packets and pools of libnbl: nbl show EXPRESSION, nbl pools, nbl outstanding [POOL]."""

    def __init__(self):
        super().__init__("nbl", gdb.COMMAND_DATA, prefix=True)


class NblShow(gdb.Command):
    """nbl show EXPRESSION: a NET_BUFFER_LIST, NET_BUFFER or MDL, given as an object or a pointer, with what hangs off it."""

    def __init__(self):
        super().__init__("nbl show", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    @told
    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("nbl show EXPRESSION")
        show(argument, print)


class NblPools(gdb.Command):
    """nbl pools: every pool, with its geometry, live and cached objects, and bytes."""

    def __init__(self):
        super().__init__("nbl pools", gdb.COMMAND_DATA)

    @told
    def invoke(self, argument, from_tty):
        found = [pool_text(pool) for pool in pools()]
        print("\n".join(found) if found else "no pool")


class NblOutstanding(gdb.Command):
    """nbl outstanding [POOL]: every live NET_BUFFER_LIST and NET_BUFFER of every pool, or of the pool with that handle."""

    def __init__(self):
        super().__init__("nbl outstanding", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    @told
    def invoke(self, argument, from_tty):
        wanted = number(gdb.parse_and_eval(argument)) if argument else None
        chosen = [pool for pool in pools() if wanted in (None, int(pool.address))]
        if not chosen:
            print("no pool" if wanted is None else f"{wanted:#x} is no live pool")
            return
        derived = list(derived_lists())
        for pool in chosen:
            outstanding_of(pool, derived, print)
        rest = [nbl for owner, nbl in derived if owner not in [int(pool.address) for pool in pools()]]
        if rest and wanted is None:
            print("of no pool of yours")
            for nbl in rest:
                say_list(nbl, print)


Nbl()
NblShow()
NblPools()
NblOutstanding()
