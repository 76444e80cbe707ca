/* SPDX-License-Identifier: MIT
 *
 * capture.c - reading a capture file through libpcap.
 */
#define _DEFAULT_SOURCE 1

#include "capture.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#include <pcap/pcap.h>

static bool refuse(char const *name, char const *problem)
{
    fprintf(stderr, "carry: %s: %s\n", name, problem);
    return false;
}

/* libpcap calls an empty file truncated; a folder opens, and fails at the first read. Both deserve their own words. */
static FILE *open_stream(char const *name)
{
    FILE *const stream = fopen(name, "rb");
    if (stream == NULL) {
        refuse(name, strerror(errno));
        return NULL;
    }
    errno = 0;
    int const first = getc(stream);
    if (first != EOF) {
        ungetc(first, stream);
        return stream;
    }
    refuse(name, errno != 0 ? strerror(errno) : "is empty: not even the header of a capture file");
    fclose(stream);
    return NULL;
}

static uint64_t file_size(FILE *stream)
{
    struct stat facts;
    return fstat(fileno(stream), &facts) == 0 && facts.st_size > 0 ? (uint64_t)facts.st_size : 0;
}

static uint64_t file_position(FILE *stream)
{
    off_t const position = ftello(stream);
    return position > 0 ? (uint64_t)position : 0;
}

static void learn_link_type(struct capture *capture)
{
    int const type = pcap_datalink(capture->pcap);
    char const *const name = pcap_datalink_val_to_name(type);
    capture->ethernet = type == DLT_EN10MB;
    capture->link = name != NULL ? name : "of an unknown kind";
}

bool capture_open(struct capture *capture, char const *name)
{
    char problem[PCAP_ERRBUF_SIZE] = "";
    *capture = (struct capture){ .name = name, .stream = open_stream(name) };
    if (capture->stream == NULL)
        return false;
    capture->size = file_size(capture->stream);
    capture->pcap = pcap_fopen_offline(capture->stream, problem);
    if (capture->pcap == NULL) {
        fprintf(stderr, "carry: %s: not a capture: %s\n", name, problem);
        fclose(capture->stream);
        return false;
    }
    capture->bytes = file_position(capture->stream);
    learn_link_type(capture);
    return true;
}

static enum capture_outcome end_of_file(struct capture *capture)
{
    if (capture->frames > 0)
        return CAPTURE_END;
    snprintf(capture->problem, sizeof(capture->problem), "is empty: the header of a capture file, and no frame");
    return CAPTURE_BAD;
}

static enum capture_outcome cut(struct capture *capture)
{
    snprintf(capture->problem, sizeof(capture->problem), "frame %" PRIu64 ", which begins at byte %" PRIu64 ": %s",
             capture->frames + 1, capture->bytes, pcap_geterr(capture->pcap));
    return CAPTURE_BAD;
}

enum capture_outcome capture_next(struct capture *capture, struct frame *frame, uint8_t const **bytes)
{
    struct pcap_pkthdr *header;
    int const result = pcap_next_ex(capture->pcap, &header, bytes);
    if (result == PCAP_ERROR_BREAK)
        return end_of_file(capture);
    if (result != 1)
        return cut(capture);
    capture->frames++;
    capture->bytes = file_position(capture->stream);
    capture->snapped += header->caplen < header->len;
    *frame = (struct frame){ .number = capture->frames,
                             .seconds = (uint32_t)header->ts.tv_sec,
                             .microseconds = (uint32_t)header->ts.tv_usec,
                             .length = header->caplen };
    return CAPTURE_FRAME;
}

void capture_close(struct capture *capture)
{
    pcap_close(capture->pcap);
}
