/* SPDX-License-Identifier: MIT
 *
 * output.c - writing packets to a capture file. The format is that of pcap-savefile(5), in this host's byte order.
 */
#define _DEFAULT_SOURCE 1

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "capture.h"

#define MAGIC_MICROSECONDS 0xA1B2C3D4u
#define LINK_TYPE_ETHERNET 1
#define LONGEST_PACKET 262144

struct file_header {
    uint32_t magic;
    uint16_t version_major;
    uint16_t version_minor;
    uint32_t zone;
    uint32_t accuracy;
    uint32_t snap_length;
    uint32_t link_type;
};

struct packet_header {
    uint32_t seconds;
    uint32_t microseconds;
    uint32_t captured;
    uint32_t length;
};

/* Opening the output would empty the input before it is read. */
static bool is_input(char const *name, struct capture const *input)
{
    struct stat in;
    struct stat out;
    if (stat(name, &out) != 0 || fstat(fileno(input->stream), &in) != 0)
        return false;
    return in.st_dev == out.st_dev && in.st_ino == out.st_ino;
}

FILE *output_open(char const *name, struct capture const *input)
{
    struct file_header const header = { MAGIC_MICROSECONDS, 2, 4, 0, 0, LONGEST_PACKET, LINK_TYPE_ETHERNET };
    if (is_input(name, input)) {
        fprintf(stderr, "carry: %s: is the capture itself, and will not be overwritten\n", name);
        return NULL;
    }
    FILE *const output = fopen(name, "wb");
    if (output == NULL)
        fprintf(stderr, "carry: %s: cannot be written: %s\n", name, strerror(errno));
    else
        fwrite(&header, sizeof(header), 1, output); /* a failure shows in output_close */
    return output;
}

bool output_packet(FILE *output, NET_BUFFER const *packet, uint32_t seconds, uint32_t microseconds)
{
    ULONG const length = NET_BUFFER_DATA_LENGTH(packet);
    struct packet_header const header = { seconds, microseconds % 1000000u, length, length };
    struct nbl_span_iterator walk;
    struct nbl_span span;
    fwrite(&header, sizeof(header), 1, output);
    nbl_span_begin_net_buffer(&walk, packet, 0, NBL_SPAN_ALL);
    while (nbl_span_next(&walk, &span))
        fwrite(span.address, 1, span.bytes, output);
    return !walk.failed && ferror(output) == 0;
}

bool output_close(FILE *output, char const *name)
{
    bool const complete = ferror(output) == 0;
    bool const closed = fclose(output) == 0;
    if (!complete || !closed)
        fprintf(stderr, "carry: %s: could not be written to its end: %s\n", name, strerror(errno));
    return complete && closed;
}
