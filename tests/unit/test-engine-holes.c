/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "tests/unit/fake-ends.h"
#include "tests/unit/harness.h"
#include "transfer/engine.h"
#include "transfer/extents.h"
#include "util/process.h"

/* The engine with disks that are nearly empty, and with items that need many descriptors. */

#define MIB (1024 * 1024)

/* --- holes ------------------------------------------------------------------- */

/* A source of zeros that counts how often it is asked. */
typedef struct {
    Source parent;
    guint64 data; /* the byte that is not 0, in a MiB of data */
    gint asked;   /* atomic: calls of extents */
    gint read;    /* atomic: bytes */
} Sparse;

static gboolean
sparse_read(Source *source, guint worker, void *buffer, guint64 offset, gsize length,
            GError **error)
{
    Sparse *self = (Sparse *)source;

    memset(buffer, 0, length);
    if (self->data >= offset && self->data < offset + length)
        ((guint8 *)buffer)[self->data - offset] = 1;
    g_atomic_int_add(&self->read, (gint)length);

    return TRUE;
}

static gboolean
sparse_extents(Source *source, guint worker, guint64 offset, guint64 length, GArray *extents,
               GError **error)
{
    Sparse *self = (Sparse *)source;
    guint64 start = self->data / MIB * MIB;
    Extent parts[] = {{offset, 0, FALSE}, {0, 0, TRUE}, {0, 0, FALSE}};

    g_atomic_int_inc(&self->asked);
    parts[0].length = MIN(start, offset + length) - MIN(offset, start);
    parts[1].offset = MAX(offset, start);
    parts[1].length = MIN(MAX(start + MIB, offset), offset + length) -
                      MIN(parts[1].offset, offset + length);
    parts[2].offset = MAX(offset, start + MIB);
    parts[2].length = offset + length - MIN(parts[2].offset, offset + length);
    for (gsize i = 0; i < G_N_ELEMENTS(parts); i++) {
        if (parts[i].length > 0)
            g_array_append_val(extents, parts[i]);
    }

    return TRUE;
}

static void
sparse_free(Source *source)
{
}

static const SourceOps sparse_ops = {
    .name = "sparse",
    .read = sparse_read,
    .extents = sparse_extents,
    .free = sparse_free,
};

static gboolean
open_sparse(EngineItem *item, GError **error)
{
    item->source = item->user_data;

    return TRUE;
}

/* Returns: the nodes of all segments, one after the other. */
static guint8 *
nodes_of(const Sparse *sparse)
{
    g_autoptr(DigestSegment) segment = digest_segment_new();
    gsize n = digest_n_segments(sparse->parent.size);
    guint8 *nodes = g_malloc(n * DIGEST_BYTES);
    guint8 block[DIGEST_BLOCK] = {0};

    block[sparse->data % DIGEST_BLOCK] = 1;
    for (gsize i = 0; i < n; i++) {
        guint64 left = sparse->parent.size - i * DIGEST_SEGMENT;
        gsize blocks = (gsize)((MIN(left, DIGEST_SEGMENT) + DIGEST_BLOCK - 1) / DIGEST_BLOCK);
        gsize before = (gsize)(sparse->data % DIGEST_SEGMENT / DIGEST_BLOCK);

        digest_segment_begin(segment);
        if (sparse->data / DIGEST_SEGMENT == i) {
            digest_segment_hole(segment, before);
            digest_segment_data(segment, block, 1);
            digest_segment_hole(segment, blocks - before - 1);
        } else {
            digest_segment_hole(segment, blocks);
        }
        digest_segment_finish(segment, n == 1, nodes + i * DIGEST_BYTES);
    }

    return nodes;
}

static void
assert_sparse(guint64 size, guint64 data, guint workers, GArray *earlier, gint asked_max)
{
    Sparse sparse = {.parent = {.ops = &sparse_ops, .what = (char *)"sparse", .size = size},
                     .data = data};
    EngineItem item = {.open = open_sparse, .user_data = &sparse, .want_digest = TRUE,
                       .earlier = earlier};
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(Control) control = control_new();
    g_autofree guint8 *nodes = nodes_of(&sparse);
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(items, &item);
    g_assert_true(engine_run(items, workers, control, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpmem(item.nodes, item.n_nodes * DIGEST_BYTES, nodes,
                    digest_n_segments(size) * DIGEST_BYTES);
    g_assert_cmpint(sparse.read, <=, MIB);
    g_assert_cmpint(sparse.asked, <=, asked_max);
    engine_item_clear(&item);
}

/* Many segments of holes are one step, whichever worker takes it; other segments are single steps.
 * */
static void
test_holes(void)
{
    const guint64 tib = (guint64)1 << 40;
    g_autoptr(GArray) earlier = g_array_new(FALSE, FALSE, sizeof(EngineSegment));
    Sparse sparse = {.parent.size = 40 * DIGEST_SEGMENT, .data = 30 * DIGEST_SEGMENT};
    g_autofree guint8 *nodes = nodes_of(&sparse);

    for (gsize i = 1; i < 40; i += 3) {
        EngineSegment segment = {.index = i};

        memcpy(segment.node, nodes + i * DIGEST_BYTES, DIGEST_BYTES);
        g_array_append_val(earlier, segment);
    }
    for (guint workers = 1; workers <= 16; workers *= 4) {
        assert_sparse(16 * tib, 7 * tib + 5, workers, NULL,
                      (gint)workers * 600);
        assert_sparse(3 * DIGEST_SEGMENT + 5000, 2 * DIGEST_SEGMENT, workers, NULL, 8);
        assert_sparse(3 * DIGEST_SEGMENT + 1, 3 * DIGEST_SEGMENT, workers, NULL, 8);
        assert_sparse(2 * DIGEST_SEGMENT, 4, workers, NULL, 8);
        assert_sparse(DIGEST_SEGMENT, 4, workers, NULL, 8);
        assert_sparse(sparse.parent.size, sparse.data, workers, earlier, 80);
    }
}

/* --- descriptors ---------------------------------------------------------------- */

typedef struct {
    FakeSource fake;
    gint *open; /* atomic */
} Greedy;

static gboolean
open_greedy(EngineItem *item, GError **error)
{
    Greedy *self = item->user_data;

    g_assert_cmpint(g_atomic_int_add(self->open, 1), ==, 0);
    item->source = fake_source_open(&self->fake);

    return TRUE;
}

static gboolean
finish_greedy(EngineItem *item, GError **error)
{
    g_atomic_int_add(((Greedy *)item->user_data)->open, -1);

    return TRUE;
}

/* Items that would need too many descriptors together are opened one after the other. */
static void
test_descriptors(void)
{
    enum { N = 8 };
    Greedy greedy[N];
    EngineItem items[N];
    g_autoptr(GPtrArray) all = g_ptr_array_new();
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) error = NULL;
    gint open = 0;

    memset(items, 0, sizeof items);
    for (guint i = 0; i < N; i++) {
        greedy[i] = (Greedy){{.size = 3 * MIB}, &open};
        items[i].user_data = &greedy[i];
        items[i].open = open_greedy;
        items[i].finish = finish_greedy;
        items[i].descriptors = (guint)MIN(process_descriptors() / 3, G_MAXUINT);
        g_ptr_array_add(all, &items[i]);
    }
    g_assert_true(engine_run(all, 16, control, NULL, &error));
    g_assert_no_error(error);
    g_assert_cmpint(open, ==, 0);
    for (guint i = 0; i < N; i++)
        engine_item_clear(&items[i]);
}

/* --- zeros that are no holes ---------------------------------------------------- */

/* Describes a block as pairs of "KIND LENGTH" with lengths in KiB; "0" is zeros. */
static gsize
fill(guint8 *data, const char *what)
{
    g_auto(GStrv) parts = g_strsplit(what, " ", -1);
    gsize at = 0;

    for (char **part = parts; *part; part++) {
        gsize bytes = (gsize)g_ascii_strtoull(*part + 1, NULL, 10) * 1024;

        memset(data + at, **part == '0' ? 0 : 1, bytes);
        at += bytes;
    }

    return at;
}

static void
test_zeros(void)
{
    static const struct {
        const char *block;
        gsize from, at, zeros; /* KiB */
    } table[] = {
        {"z0", 0, 0, 0},
        {"04", 0, 0, 4},               /* all that is left, however little */
        {"0100", 0, 0, 100},
        {"d100", 0, 100, 0},
        {"d100 064 d4", 0, 100, 64},
        {"d100 060 d4", 0, 164, 0},    /* too few */
        {"d100 060", 0, 160, 0},
        {"d100 0100", 0, 100, 100},
        {"d2 062 d2", 0, 66, 0},       /* 64 of it in whole blocks of 4 are not there */
        {"d2 066 d4", 0, 4, 64},
        {"0200 d4", 0, 0, 200},
        {"060 d4 0200", 0, 64, 200},   /* few at the beginning are written, too */
        {"0200 d4 060 d4 0300", 200, 268, 300},
        {"d4 0100", 4, 4, 100},
    };
    g_autofree guint8 *data = g_malloc(MIB);

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        gsize zeros = 1;
        gsize length = fill(data, table[i].block);
        gsize at = extents_find_zeros(data, table[i].from * 1024, length, &zeros);

        g_test_message("%s", table[i].block);
        g_assert_cmpuint(at, ==, table[i].at * 1024);
        g_assert_cmpuint(zeros, ==, table[i].zeros * 1024);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/engine-holes/runs", test_holes);
    g_test_add_func("/engine-holes/descriptors", test_descriptors);
    g_test_add_func("/engine-holes/zeros", test_zeros);

    return g_test_run();
}
