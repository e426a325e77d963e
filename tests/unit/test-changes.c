/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "drivers/file/file-sink.h"
#include "drivers/file/file-source.h"
#include "export/changes.h"
#include "qcow2/flat-source.h"
#include "qcow2/packed-sink.h"
#include "tests/unit/fake-ends.h"
#include "tests/unit/harness.h"
#include "transfer/engine.h"
#include "util/fd.h"

#define KIB G_GUINT64_CONSTANT(1024)
#define MIB (1024 * KIB)

typedef struct {
    guint64 offset;
    guint64 length;
    guint32 seed; /* of what is written there; 0: a hole is made */
} Write;

/* A disk in its earlier state, and the writes that were made since. */
typedef struct {
    const char *name;
    guint64 before;
    Write first[4];
    guint64 now;
    Write then[4];
    guint64 changed; /* parts of 64 KiB that are not the same after it */
} Case;

static const Case cases[] = {
    {"nothing", 3 * MIB, {{0, MIB, 1}}, 3 * MIB, {{0}}, 0},
    {"no disk", 0, {{0}}, 0, {{0}}, 0},
    {"the same again", 3 * MIB, {{0, MIB, 1}}, 3 * MIB, {{0, MIB, 1}}, 0},
    {"one byte", 3 * MIB, {{0, MIB, 1}}, 3 * MIB, {{MIB - 1, 1, 9}}, 1},
    {"over a border", 3 * MIB, {{0, MIB, 1}}, 3 * MIB, {{64 * KIB - 1, 2, 9}}, 2},
    {"first and last", 200 * MIB, {{0, MIB, 1}}, 200 * MIB,
     {{0, 1, 9}, {200 * MIB - 512, 512, 9}}, 2},
    {"into a hole", 200 * MIB, {{0, 4096, 1}}, 200 * MIB, {{150 * MIB, 128 * KIB, 9}}, 2},
    {"discarded", 200 * MIB, {{MIB, MIB, 1}}, 200 * MIB, {{MIB, 512 * KIB, 0}}, 8},
    {"all discarded", 200 * MIB, {{MIB, MIB, 1}}, 200 * MIB, {{0, 200 * MIB, 0}}, 16},
    {"a part is discarded", MIB, {{0, MIB, 1}}, MIB, {{4096, 4096, 0}}, 1},
    {"what was zeros is discarded", 200 * MIB, {{MIB, MIB, 1}}, 200 * MIB, {{3 * MIB, MIB, 0}}, 0},
    {"odd size", MIB + 512, {{0, MIB + 512, 1}}, MIB + 512, {{MIB, 512, 9}}, 1},
    {"larger, nothing new", MIB + 512, {{0, MIB + 512, 1}}, 100 * MIB, {{0}}, 0},
    {"larger, and written to", MIB + 512, {{0, MIB + 512, 1}}, 100 * MIB,
     {{MIB, 2 * MIB, 9}, {99 * MIB, 512, 9}}, 33},
    {"larger, from a full disk", MIB, {{0, MIB, 1}}, 2 * MIB, {{MIB, MIB, 9}}, 16},
    {"smaller", 100 * MIB, {{0, MIB, 1}, {90 * MIB, MIB, 2}}, 50 * MIB, {{0}}, 0},
    {"smaller, odd, and written to", 100 * MIB, {{0, 100 * MIB, 1}}, 50 * MIB + 512,
     {{50 * MIB, 512, 9}}, 1},
    {"from nothing", 0, {{0}}, MIB, {{0, 4096, 9}}, 1},
    {"to nothing", MIB, {{0, MIB, 1}}, 0, {{0}}, 0},
};

static void
apply(const char *path, guint64 size, const Write *writes)
{
    g_autoptr(GError) error = NULL;
    auto_fd fd = fd_open(AT_FDCWD, path, O_RDWR | O_CREAT, 0600, &error);

    g_assert_no_error(error);
    g_assert_cmpint(ftruncate(fd, (off_t)size), ==, 0);
    for (gsize i = 0; i < 4 && writes[i].length > 0; i++) {
        gsize length = (gsize)writes[i].length;
        g_autofree guint8 *noise = NULL;

        if (writes[i].seed == 0) {
            g_assert_cmpint(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                                      (off_t)writes[i].offset, (off_t)length),
                            ==, 0);
            continue;
        }
        noise = g_malloc(length);
        fill_noise(noise, length, writes[i].seed);
        g_assert_true(fd_pwrite_all(fd, noise, length, writes[i].offset, path, &error));
    }
}

typedef struct {
    const char *dir;
    Changes *changes;
    Control *control;
    gboolean packed;
    const char *base;    /* what it is compared with */
    ContentNodes *nodes; /* (nullable) */
} Step;

static Source *
open_disk(const Step *step, const char *name, GError **error)
{
    g_autofree char *path = g_build_filename(step->dir, name, NULL);

    return file_source_new(fd_open(AT_FDCWD, path, O_RDONLY, 0, error), path, error);
}

static gboolean
open_compare(EngineItem *item, GError **error)
{
    Step *step = item->user_data;
    Source *base = open_disk(step, step->base, error);

    g_assert_nonnull(base);
    item->sink = changes_sink_new(step->changes, base, step->nodes, step->control);
    item->source = open_disk(step, "now", error);

    return item->source != NULL;
}

static gboolean
open_write(EngineItem *item, GError **error)
{
    Step *step = item->user_data;
    auto_fd dir = fd_open_dir(AT_FDCWD, step->dir, error);
    Source *source = changes_source_new(step->changes, open_disk(step, "now", error));
    const PackedImage image = {.size = source->size,
                               .level = 1,
                               .digest = TRUE,
                               .backing_name = "before",
                               .backing_format = "raw"};

    if (step->packed) {
        item->source = source;
        item->sink = packed_sink_new(file_sink_new(dir, "packed", 0, 0400, error), &image);
        return TRUE;
    }
    item->source = flat_source_new_above(source, "before", "raw", "now", error);
    g_assert_no_error(error ? *error : NULL);
    item->sink = file_sink_new(dir, "layer", item->source->size, 0400, error);

    return item->sink != NULL;
}

/* Returns: bytes written. */
static guint64
move(Step *step, gboolean (*open)(EngineItem *item, GError **error), gboolean digest)
{
    EngineItem item = {.open = open, .user_data = step, .want_digest = digest};
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(GError) error = NULL;
    EngineStats stats;

    g_ptr_array_add(items, &item);
    g_assert_true(engine_run(items, 5, step->control, &stats, &error));
    g_assert_no_error(error);
    engine_item_clear(&item);

    return stats.bytes_written;
}

/* Read by QEMU, the layer above the earlier disk shows the present disk. */
static void
assert_layer(const char *dir, const char *name, guint64 size)
{
    g_autofree char *line = g_strdup_printf("\"virtual-size\": %" G_GUINT64_FORMAT ",", size);
    g_autofree char *info = NULL;
    g_autofree char *layer = g_build_filename(dir, name, NULL);
    g_autofree char *now = g_build_filename(dir, "now", NULL);

    g_free(run("qemu-img", "check", "-q", "-f", "qcow2", layer, NULL));
    info = run("qemu-img", "info", "--output=json", layer, NULL);
    g_assert_nonnull(strstr(info, line));
    g_free(run("qemu-img", "compare", "-q", "-f", "raw", "-F", "qcow2", now, layer, NULL));
}

static void
test_cases(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *c = &cases[i];
        g_autoptr(Scratch) dir = scratch_new();
        g_autofree char *before = g_build_filename(dir, "before", NULL);
        g_autofree char *now = g_build_filename(dir, "now", NULL);
        g_autoptr(Control) control = control_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(Changes) changes = changes_new(c->now, "disk", &error);
        Step step = {.dir = dir, .changes = changes, .control = control, .base = "before"};
        guint64 written;

        g_test_message("%s", c->name);
        apply(before, c->before, c->first);
        g_free(run("cp", "--sparse=always", before, now, NULL));
        apply(now, c->now, c->then);
        move(&step, open_compare, FALSE);
        g_assert_cmpuint(changes_bytes(changes), <=, c->changed * CHANGES_UNIT);
        g_assert_cmpuint(changes_bytes(changes) + CHANGES_UNIT, >, c->changed * CHANGES_UNIT);
        written = move(&step, open_write, TRUE);
        g_assert_cmpuint(written, <=, c->changed * CHANGES_UNIT + 6 * CHANGES_UNIT);
        step.packed = TRUE;
        move(&step, open_write, TRUE);
        if (c->now == 0)
            continue;
        assert_layer(dir, "layer", c->now);
        assert_layer(dir, "packed", c->now);
    }
}

/* --- what is known of the base's content -------------------------------------------------- */

static const guint8 key_before[DIGEST_BYTES] = {1};
static const guint8 key_now[DIGEST_BYTES] = {2};

/* Compares the disks @now and @base of @size bytes. @before: the key of the base. Returns: the
 * changes. */
static Changes *
compare_noted(const char *dir, const char *base, guint64 size, const guint8 *before,
              const guint8 *key)
{
    g_autoptr(Control) control = control_new();
    Changes *changes = changes_new(size, "disk", NULL);
    Step step = {.dir = dir,
                 .changes = changes,
                 .control = control,
                 .base = base,
                 .nodes = content_nodes_new(size, before)};
    g_autoptr(PartCache) parts = NULL;

    move(&step, open_compare, FALSE);
    content_nodes_forget(step.nodes, changes_units(changes), CHANGES_UNIT);
    parts = content_nodes_finish(step.nodes, key);
    g_assert_nonnull(parts);
    part_cache_keep(parts);

    return changes;
}

/* Fills a whole part of @copy, which is a copy of @now there, with something else. */
static void
spoil_part(int copy, int now, guint64 at)
{
    g_autofree guint8 *one = g_malloc0(DIGEST_PART);
    g_autofree guint8 *other = g_malloc0(DIGEST_PART);
    gssize n = pread(copy, one, DIGEST_PART, (off_t)at);

    g_assert_cmpint(pread(now, other, DIGEST_PART, (off_t)at), >=, 0);
    if (n <= 0 || memcmp(one, other, DIGEST_PART) != 0)
        return;
    memset(one, 0xee, DIGEST_PART);
    g_assert_cmpint(pwrite(copy, one, (gsize)n, (off_t)at), ==, n);
}

/* Makes "spoiled" of "before", in which there is something else wherever that and "now" have the
 * same data in a whole part: who reads that sees a change. */
static void
spoil_same(const char *dir)
{
    g_autofree char *before = g_build_filename(dir, "before", NULL);
    g_autofree char *spoiled = g_build_filename(dir, "spoiled", NULL);
    g_autofree char *path = g_build_filename(dir, "now", NULL);
    auto_fd now = fd_open(AT_FDCWD, path, O_RDONLY, 0, NULL);
    auto_fd copy = -1;
    off_t at = 0;

    g_free(run("cp", "--sparse=always", before, spoiled, NULL));
    copy = fd_open(AT_FDCWD, spoiled, O_RDWR, 0, NULL);
    while ((at = lseek(now, at, SEEK_DATA)) >= 0) {
        at -= at % (off_t)DIGEST_PART;
        spoil_part(copy, now, (guint64)at);
        at += (off_t)DIGEST_PART;
    }
}

/* What has changed is read once more to be copied, and may be another thing then: what the next
 * night finds is compared with what was copied. */
static void
test_copied(void)
{
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *before = g_build_filename(dir, "before", NULL);
    g_autofree char *now = g_build_filename(dir, "now", NULL);
    g_autofree char *copied = g_build_filename(dir, "copied", NULL);
    const Write first[4] = {{0, 2 * MIB, 1}}, then[4] = {{MIB, 64 * KIB, 9}};
    const Write other[4] = {{MIB, 64 * KIB, 8}, {MIB + 128 * KIB, 64 * KIB, 0}};
    const Write hole[4] = {{0, 512 * KIB, 0}};
    g_autoptr(Changes) changes = NULL;
    g_autoptr(Changes) found = NULL;

    apply(before, 2 * MIB, first);
    g_free(run("cp", before, now, NULL));
    apply(now, 2 * MIB, then);
    apply(now, 2 * MIB, hole);
    changes = compare_noted(dir, "before", 2 * MIB, key_before, key_now);
    g_assert_cmpuint(changes_bytes(changes), ==, 9 * CHANGES_UNIT);
    g_free(run("cp", before, copied, NULL));
    apply(copied, 2 * MIB, other);
    found = compare_noted(dir, "copied", 2 * MIB, key_now, key_before);
    g_assert_cmpuint(changes_bytes(found), ==, 10 * CHANGES_UNIT);
}

/* The same changes are found if what is known of the base's content is not read, as if it is. */
static void
test_known(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        const Case *c = &cases[i];
        g_autoptr(Scratch) dir = scratch_new();
        g_autofree char *before = g_build_filename(dir, "before", NULL);
        g_autofree char *now = g_build_filename(dir, "now", NULL);
        g_autoptr(Changes) first = NULL;
        g_autoptr(Changes) unknown = NULL;
        g_autoptr(Changes) known = NULL;

        g_test_message("%s", c->name);
        g_assert_true(tree_remove_at(AT_FDCWD, g_getenv("VIRTSNAP_STATE_DIR"), NULL));
        apply(before, c->before, c->first);
        g_free(run("cp", "--sparse=always", before, now, NULL));
        first = compare_noted(dir, "before", c->before, key_before, key_before);
        g_assert_cmpuint(changes_bytes(first), ==, 0);
        apply(now, c->now, c->then);
        unknown = compare_noted(dir, "before", c->now, key_now, key_now);
        spoil_same(dir);
        known = compare_noted(dir, "spoiled", c->now, key_before, key_now);
        g_assert_cmpuint(changes_bytes(known), ==, changes_bytes(unknown));
        for (guint64 at = 0; at < c->now; at += CHANGES_UNIT)
            g_assert_cmpint(changes_has(known, at), ==, changes_has(unknown, at));
    }
}

/* Changes that are known from elsewhere, as from a bitmap, may be finer than the parts that are
 * compared. */
static void
test_told(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Changes) changes = changes_new(MIB + 512, "disk", &error);

    changes_add(changes, 64 * KIB - 1, 2);
    changes_add(changes, 512 * KIB, 0);
    changes_add(changes, MIB, 64 * KIB);
    changes_add(changes, 5 * MIB, 1);
    g_assert_cmpuint(changes_bytes(changes), ==, 3 * CHANGES_UNIT);
}

typedef struct {
    FakeSource *fakes; /* now, before */
    Control *control;
} Fakes;

static gboolean
open_fakes(EngineItem *item, G_GNUC_UNUSED GError **error)
{
    Fakes *self = item->user_data;
    g_autoptr(Changes) changes = changes_new(self->fakes[0].size, "disk", NULL);

    item->source = fake_source_open(&self->fakes[0]);
    item->sink = changes_sink_new(changes, fake_source_open(&self->fakes[1]), NULL,
                                  self->control);

    return TRUE;
}

/* A part that cannot be read is not taken for equal: the error is returned, and everything is
 * freed. */
static void
test_errors(void)
{
    FakeSource fakes[][2] = {
        {{.size = MIB}, {.size = MIB, .fail_read = TRUE}},
        {{.size = MIB, .fail_read = TRUE}, {.size = MIB}},
        {{.size = MIB}, {.size = MIB, .fail_check = TRUE}},
        {{.size = MIB, .fail_check = TRUE}, {.size = MIB}},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(fakes); i++) {
        g_autoptr(GPtrArray) items = g_ptr_array_new();
        g_autoptr(Control) control = control_new();
        Fakes both = {fakes[i], control};
        EngineItem item = {.open = open_fakes, .user_data = &both};
        g_autoptr(GError) error = NULL;

        g_ptr_array_add(items, &item);
        g_assert_false(engine_run(items, 2, control, NULL, &error));
        g_assert_true(g_error_matches(error, VIRT_SNAP_ERROR,
                                      i < 2 ? VIRT_SNAP_ERROR_CORRUPT : VIRT_SNAP_ERROR_IN_USE));
        engine_item_clear(&item);
        g_assert_cmpint(fake_alive(), ==, 0);
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/changes/cases", test_cases);
    g_test_add_func("/changes/known", test_known);
    g_test_add_func("/changes/copied", test_copied);
    g_test_add_func("/changes/told", test_told);
    g_test_add_func("/changes/errors", test_errors);
    return g_test_run();
}
