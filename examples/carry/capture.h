/* SPDX-License-Identifier: MIT
 *
 * capture.h - frames out of a capture file, and outgoing packets into one.
 */
#ifndef CARRY_CAPTURE_H
#define CARRY_CAPTURE_H

#include <stdio.h>

#include "frame.h"

/* capture is an open capture file. */
struct capture {
    char const *name;
    void *pcap;       /* libpcap's handle */
    FILE *stream;     /* libpcap's, closed with it */
    uint64_t frames;  /* read so far */
    uint64_t bytes;   /* where the next frame begins in the file */
    uint64_t size;    /* of the file, 0 when unknown */
    uint64_t snapped; /* frames of which the capture holds only the beginning */
    bool ethernet;    /* the link type is Ethernet */
    char const *link; /* name of the link type */
    char problem[512]; /* what CAPTURE_BAD found, one line; "" while there is nothing */
};

/* capture_outcome is the end of a step. After CAPTURE_BAD `problem` says what and where. */
enum capture_outcome { CAPTURE_FRAME, CAPTURE_END, CAPTURE_BAD };

/* capture_open opens a file; returns false, with one line on stderr, when it is no capture, is empty or cannot be read. */
bool capture_open(struct capture *capture, char const *name);

/* capture_next reads the next frame. *bytes are libpcap's and live until the next call. A file whose first frame is its
 * end is bad: it is empty. */
enum capture_outcome capture_next(struct capture *capture, struct frame *frame, uint8_t const **bytes);

/* capture_close closes what capture_open opened. */
void capture_close(struct capture *capture);

/* output_open creates a capture file of Ethernet frames; NULL, with one line on stderr, when that fails or the file is
 * the one that `input` is read from. */
FILE *output_open(char const *name, struct capture const *input);

/* output_packet writes one packet, span by span from where it is; no byte is copied before stdio's buffer. */
bool output_packet(FILE *output, NET_BUFFER const *packet, uint32_t seconds, uint32_t microseconds);

/* output_close returns false, with one line on stderr, when not everything could be written. */
bool output_close(FILE *output, char const *name);

#endif
