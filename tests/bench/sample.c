/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib.h>
#include <libnbd.h>
#include <stdlib.h>
#include <string.h>

/* usage: sample URI MIB [SEED]
 *
 * Writes MIB mebibytes to a disk behind an NBD server, in extents of 64 KiB to 16 MiB with gaps
 * between them, spread over the whole disk. Two thirds are incompressible, the rest is text. The
 * same seed on a disk of the same size gives the same bytes. */

#define UNIT ((guint64)64 << 10)
#define EXTENT_UNITS_LOG_MAX 8 /* 16 MiB */
#define BLOCK ((gsize)1 << 20)

static struct nbd_handle *nbd;
static guint64 state;

static void
need(gboolean ok)
{
    if (!ok)
        g_error("%s", nbd_get_error());
}

/* xorshift64* is faster than any disk. */
static guint64
next_random(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;

    return state * G_GUINT64_CONSTANT(0x2545f4914f6cdd1d);
}

/* Text like that of a log: words that are repeated, and numbers that are not. */
static void
fill_text(guint8 *block, gsize length)
{
    static const char line[] = "2026-01-01T00:00:00Z web kernel: request %08x served in %u ms\n";
    gsize done = 0;

    while (done < length) {
        char text[sizeof(line) + 16];
        gsize n = (gsize)g_snprintf(text, sizeof(text), line, (guint)next_random(),
                                    (guint)(next_random() % 100));

        n = MIN(n, length - done);
        memcpy(block + done, text, n);
        done += n;
    }
}

static void
fill_noise(guint8 *block, gsize length)
{
    for (gsize i = 0; i < length; i += sizeof(guint64)) {
        guint64 word = next_random();

        memcpy(block + i, &word, sizeof(word));
    }
}

static void
write_extent(guint64 offset, guint64 length, gboolean noise, guint8 *block)
{
    for (guint64 done = 0; done < length;) {
        gsize n = (gsize)MIN(BLOCK, length - done);

        if (noise)
            fill_noise(block, n);
        else
            fill_text(block, n);
        need(nbd_pwrite(nbd, block, n, offset + done, 0) == 0);
        done += n;
    }
}

/* Each gap is drawn so that what is left of the data just fits what is left of the disk. */
static guint64
next_gap(guint64 extent, guint64 data, guint64 space)
{
    double mean = (double)extent * (double)(space - data) / (double)data;
    guint64 gap = next_random() % ((guint64)(2 * mean) / UNIT + 1) * UNIT;

    return MIN(gap, space - data);
}

static void
write_all(guint64 data, guint64 space, guint8 *block)
{
    guint64 at = 0;
    guint64 noise = 0;
    guint64 total = 0;

    while (data > 0) {
        guint64 drawn = UNIT << next_random() % (EXTENT_UNITS_LOG_MAX + 1);
        guint64 length = MIN(drawn, data);
        guint64 gap = next_gap(length, data, space);
        gboolean is_noise = 3 * noise <= 2 * total;

        write_extent(at + gap, length, is_noise, block);
        at += gap + length;
        space -= gap + length;
        data -= length;
        total += length;
        noise += is_noise ? length : 0;
    }
}

int
main(int argc, char **argv)
{
    g_autofree guint8 *block = g_malloc(BLOCK);
    guint64 data;
    gint64 size;

    if (argc < 3)
        g_error("usage: sample URI MIB [SEED]");
    data = g_ascii_strtoull(argv[2], NULL, 10) << 20;
    state = (argc > 3 ? g_ascii_strtoull(argv[3], NULL, 10) : 0) * 2654435761u + 88172645463325252u;
    nbd = nbd_create();
    need(nbd && nbd_connect_uri(nbd, argv[1]) == 0);
    size = nbd_get_size(nbd);
    need(size >= 0);
    if (data > (guint64)size)
        g_error("more data than disk");
    write_all(data, (guint64)size / UNIT * UNIT, block);
    need(nbd_flush(nbd, 0) == 0 && nbd_shutdown(nbd, 0) == 0);
    nbd_close(nbd);

    return 0;
}
