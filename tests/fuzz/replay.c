/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tests/unit/harness.h"

/* Gives an entry every file of its corpora, and some that are a little different: cut short, with
 * a byte changed, with a piece twice. The same ones in every run; POINTS=all has more of them. */

#define CHANGES 80
#define CHANGES_POINTS 200
/* A file of a corpus gets fewer changes the more files there are, so that a corpus may grow: all
 * together get no more than ten files would. */
#define FILES_MAX 10
/* Of a long text only that many bytes are cut off or changed one by one. */
#define BYTES_MAX (64 * 1024)

/* The input is in an allocation of its own, so that a read beyond its end is noticed. */
static void
give(const guint8 *data, gsize length)
{
    g_autofree guint8 *copy = g_memdup2(data, length);

    g_assert_cmpint(LLVMFuzzerTestOneInput(copy ? copy : (guint8 *)"", length), ==, 0);
}

static void
give_changed(GRand *random, const guint8 *data, gsize length)
{
    g_autofree guint8 *changed = g_malloc(2 * length);
    gsize at = (gsize)g_rand_int_range(random, 0, (gint32)length);
    gsize some = (gsize)g_rand_int_range(random, 1, 64);
    gsize piece = MIN(some, length - at);

    give(data, at);
    memcpy(changed, data, length);
    changed[at] ^= (guint8)(1 << g_rand_int_range(random, 0, 8));
    give(changed, length);
    changed[at] = (guint8)g_rand_int_range(random, 0, 256);
    give(changed, length);
    memcpy(changed, data, at + piece);
    memcpy(changed + at + piece, data + at, length - at);
    give(changed, length + piece);
}

/* Returns: how many changes each of @files files gets. */
static guint
changes_of(guint files)
{
    guint most = g_strcmp0(g_getenv("POINTS"), "all") == 0 ? CHANGES_POINTS : CHANGES;

    return MIN(most, most * FILES_MAX / MAX(files, 1) + 1);
}

static void
replay(gconstpointer name)
{
    g_autoptr(GPtrArray) paths = corpus(name);
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    guint changes = changes_of(paths->len);

    for (guint i = 0; i < paths->len; i++) {
        g_autoptr(GBytes) bytes = read_file(g_ptr_array_index(paths, i));
        gsize length;
        const guint8 *data = g_bytes_get_data(bytes, &length);

        g_test_message("%s", (char *)g_ptr_array_index(paths, i));
        give(data, length);
        for (guint k = 0; k < changes && length > 0; k++)
            give_changed(random, data, MIN(length, BYTES_MAX));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (const char *const *name = fuzz_corpora; *name; name++) {
        g_autofree char *path = g_strdup_printf("/fuzz/%s", *name);

        g_test_add_data_func(path, *name, replay);
    }
    return g_test_run();
}
