/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "tests/unit/harness.h"
#include "transfer/engine.h"
#include "transfer/memory-source.h"
#include "transfer/part-cache.h"
#include "util/fd.h"

#define KIB ((gsize)1024)
#define MIB (1024 * KIB)
#define DAY (24 * 60 * 60)

/* A file that is hashed, or of which only that is read that differs from an earlier one. */
typedef struct {
    EngineItem item;
    GBytes *bytes;
    PartCache *cache; /* (nullable): stores the nodes, */
    gint stored;      /* atomic: of so many segments */
} File;

typedef struct {
    File file;
    const File *base;
    PartCache *cache;      /* (nullable): of the base */
    const guint8 *changed; /* for each part, whether it is read */
    gint used;             /* atomic: segments of which nodes were found */
} Made;

/* --- hashing --------------------------------------------------------------------------- */

static gboolean
open_file(EngineItem *item, GError **error)
{
    item->source = memory_source_new(((File *)item)->bytes, "a file");

    return TRUE;
}

static void
store(EngineItem *item, gsize index, const guint8 *parts)
{
    File *file = (File *)item;

    g_atomic_int_inc(&file->stored);
    if (file->cache)
        part_cache_write(file->cache, index, parts);
}

static gboolean
know(EngineItem *item, gsize index, DigestSegment *hasher, EngineParts *parts)
{
    Made *made = (Made *)item;
    const EngineItem *base = &made->base->item;
    guint64 size = g_bytes_get_size(made->base->bytes);

    if (index >= base->n_nodes ||
        !part_cache_read(made->cache, hasher, size, index, base->nodes + index * DIGEST_BYTES,
                         parts->nodes))
        return FALSE;
    for (gsize i = 0; i < DIGEST_SEGMENT_PARTS; i++)
        parts->known[i] = !made->changed[index * DIGEST_SEGMENT_PARTS + i];
    g_atomic_int_inc(&made->used);

    return TRUE;
}

static EngineStats
hash(File *file)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) error = NULL;
    EngineStats stats;

    file->item.open = open_file;
    file->item.hashed = store;
    file->item.want_digest = TRUE;
    g_ptr_array_add(items, file);
    g_assert_true(engine_run(items, 3, control, &stats, &error));
    g_assert_no_error(error);
    g_assert_cmpint(file->stored, ==, (int)file->item.n_nodes);

    return stats;
}

static void
file_clear(File *file)
{
    engine_item_clear(&file->item);
    g_bytes_unref(file->bytes);
    part_cache_free(file->cache);
}

/* --- the content -------------------------------------------------------------------------- */

/* Every part is another one than the others, and than with another @seed. */
static guint8 *
make_content(gsize size, guint32 seed)
{
    guint8 *data = g_malloc0(size);

    for (gsize at = 0; at < size; at += DIGEST_PART / 2)
        fill_noise(data + at, MIN(4, size - at), seed + (guint32)(at / KIB));

    return data;
}

/* Hashes a file of @size bytes and keeps its nodes. */
static void
base_init(File *base, gsize size, guint32 seed)
{
    *base = (File){.bytes = g_bytes_new_take(make_content(size, seed), size),
                   .cache = part_cache_new()};
    hash(base);
    part_cache_name(base->cache, base->item.digest, NULL);
    part_cache_keep(base->cache);
}

/* Hashes the file of @bytes, of which only what has @changed is read. Returns: how many segments
 * had nodes. */
static int
hash_made(const File *base, GBytes *bytes, const guint8 *changed, guint8 *digest,
          guint64 *bytes_read)
{
    g_autoptr(PartCache) cache = part_cache_open(base->item.digest);
    Made made = {.file = {.bytes = g_bytes_ref(bytes), .item.known = know},
                 .base = base,
                 .cache = cache,
                 .changed = changed};

    *bytes_read = hash(&made.file).bytes_read;
    memcpy(digest, made.file.item.digest, DIGEST_BYTES);
    file_clear(&made.file);

    return made.used;
}

/* Checks that the digest of the file of @data is right even though nothing but what has @changed
 * can be read. */
static void
check_made(const File *base, guint8 *data, gsize size, const guint8 *changed)
{
    g_autoptr(GBytes) junk = NULL;
    guint8 right[DIGEST_BYTES], digest[DIGEST_BYTES];
    guint64 expected = 0, bytes_read;

    digest_bytes(data, size, right);
    for (gsize i = 0; i * DIGEST_PART < size; i++) {
        gsize length = MIN(DIGEST_PART, size - i * DIGEST_PART);

        if (changed[i])
            expected += length;
        else
            memset(data + i * DIGEST_PART, 0xee, length);
    }
    junk = g_bytes_new_static(data, size);
    g_assert_cmpint(hash_made(base, junk, changed, digest, &bytes_read), ==,
                    (int)base->item.n_nodes);
    g_assert_cmpmem(digest, DIGEST_BYTES, right, DIGEST_BYTES);
    g_assert_cmpuint(bytes_read, ==, expected);
}

/* The directory of the state, in which nothing is kept yet. */
static const char *
state_new(void)
{
    const char *state = g_getenv("VIRTSNAP_STATE_DIR");
    g_autofree char *nodes = g_build_filename(state, "nodes", NULL);
    g_autofree char *aside = g_strconcat(nodes, ".aside", NULL);

    g_assert_true(tree_remove_at(AT_FDCWD, nodes, NULL));
    g_assert_true(tree_remove_at(AT_FDCWD, aside, NULL));

    return state;
}

/* The path of what is kept of @file. */
static char *
path_of(const File *file)
{
    g_autofree char *digest = digest_to_string(file->item.digest);

    return g_build_filename(g_getenv("VIRTSNAP_STATE_DIR"), "nodes", digest + strlen("sha256:"),
                            NULL);
}

/* --- files made of others ------------------------------------------------------------------ */

static void
test_made(void)
{
    static const struct {
        gsize before, after;
        gsize changed[4]; /* bytes; 0: none but the first */
    } table[] = {
        {64 * KIB, 64 * KIB, {0}},
        {64 * KIB, 2 * MIB, {1 * MIB}},
        {512 * KIB, 512 * KIB, {0}},
        {512 * KIB, 576 * KIB, {512 * KIB}},
        {3 * MIB + 5, 3 * MIB + 5, {2 * MIB - 1, 3 * MIB}},
        {3 * MIB + 4096, 3 * MIB + 4096, {1 * MIB}},
        {3 * MIB + 64 * KIB, 5 * MIB, {3 * MIB + 64 * KIB, 4 * MIB}},
        {64 * MIB, 64 * MIB, {63 * MIB, 64 * MIB - 1}},
        {64 * MIB, 64 * MIB + 64 * KIB, {30 * MIB}},
        {64 * MIB + 64 * KIB, 65 * MIB, {64 * MIB - 1}},
        {129 * MIB + 64 * KIB, 129 * MIB + 64 * KIB, {64 * MIB, 128 * MIB - 1}},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        gsize before = table[i].before;
        gsize after = table[i].after;
        g_autofree guint8 *data = make_content(after, 0);
        g_autofree guint8 *changed = g_malloc0(after / DIGEST_PART + DIGEST_SEGMENT_PARTS);
        File base;

        g_test_message("%zu bytes made of %zu", after, before);
        state_new();
        base_init(&base, before, 0);
        for (gsize k = 0; k < G_N_ELEMENTS(table[i].changed); k++) {
            data[table[i].changed[k]] = 0xa5;
            changed[table[i].changed[k] / DIGEST_PART] = 1;
        }
        for (gsize k = after > before ? before / DIGEST_PART : after; k * DIGEST_PART < after; k++)
            changed[k] = 1;
        check_made(&base, data, after, changed);
        file_clear(&base);
    }
}

static PartCache *
new_cache(void)
{
    PartCache *cache = part_cache_new();
    guint8 parts[DIGEST_SEGMENT_PARTS * DIGEST_BYTES] = {0};

    part_cache_write(cache, 0, parts);

    return cache;
}

static void
keep_one(guint8 name, guint8 earlier)
{
    g_autoptr(PartCache) cache = new_cache();
    guint8 digest[DIGEST_BYTES], before[DIGEST_BYTES];

    memset(digest, name, sizeof digest);
    memset(before, earlier, sizeof before);
    part_cache_name(cache, digest, earlier ? before : NULL);
    part_cache_keep(cache);
}

/* --- what is not believed -------------------------------------------------------------------- */

static void
corrupt(const char *path, const char *other)
{
    g_autoptr(GError) error = NULL;
    auto_fd fd = fd_open(AT_FDCWD, path, O_RDWR, 0, &error);
    guint8 byte;

    g_assert_no_error(error);
    g_assert_cmpint(pread(fd, &byte, 1, 4095), ==, 1);
    byte ^= 1;
    g_assert_cmpint(pwrite(fd, &byte, 1, 4095), ==, 1);
}

static void
shorten(const char *path, const char *other)
{
    g_assert_cmpint(truncate(path, 4095), ==, 0);
}

static void
empty(const char *path, const char *other)
{
    g_assert_cmpint(truncate(path, 0), ==, 0);
}

static void
replace(const char *path, const char *other)
{
    g_assert_cmpint(rename(other, path), ==, 0);
}

static void
link_to(const char *path, const char *other)
{
    g_autofree char *aside = g_strconcat(path, ".aside", NULL);

    g_assert_cmpint(rename(path, aside), ==, 0);
    g_assert_cmpint(symlink(aside, path), ==, 0);
}

static void
make_fifo(const char *path, const char *other)
{
    g_assert_cmpint(unlink(path), ==, 0);
    g_assert_cmpint(mkfifo(path, 0600), ==, 0);
}

static void
take_away(const char *path, const char *other)
{
    g_assert_cmpint(unlink(path), ==, 0);
}

static void
open_to_all(const char *path, const char *other)
{
    g_autofree char *directory = g_path_get_dirname(path);

    g_assert_cmpint(chmod(directory, 0755), ==, 0);
}

static void
link_directory(const char *path, const char *other)
{
    g_autofree char *directory = g_path_get_dirname(path);

    link_to(directory, NULL);
}

static void
put(const char *path, GBytes *bytes)
{
    write_file(path, g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes));
}

static void
leave(const char *path, const char *other)
{
}

/* Of two segments those that are not as they were are read whole. */
static void
test_refused(void)
{
    static const struct {
        const char *what;
        void (*spoil)(const char *path, const char *other);
        int left; /* segments whose nodes are right even so */
    } table[] = {
        {"nothing", leave, 2},
        {"a byte is another one", corrupt, 1},
        {"it is cut off", shorten, 0},
        {"it is empty", empty, 0},
        {"it is another file's", replace, 0},
        {"it is a symbolic link", link_to, 0},
        {"it is a pipe", make_fifo, 0},
        {"it is not there", take_away, 0},
        {"others may enter the directory", open_to_all, 0},
        {"the directory is a symbolic link", link_directory, 0},
    };
    const gsize size = 65 * MIB;
    g_autofree guint8 *changed = g_malloc0(2 * DIGEST_SEGMENT_PARTS);
    g_autofree char *path = NULL;
    g_autofree char *path_of_other = NULL;
    g_autoptr(GBytes) right = NULL;
    g_autoptr(GBytes) of_other = NULL;
    File base, other;

    base_init(&base, size, 0);
    base_init(&other, size, 1);
    path = path_of(&base);
    right = read_file(path);
    path_of_other = path_of(&other);
    of_other = read_file(path_of_other);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        guint8 digest[DIGEST_BYTES];
        guint64 bytes_read;

        g_test_message("%s", table[i].what);
        state_new();
        keep_one(0xaa, 0);
        put(path, right);
        put(path_of_other, of_other);
        table[i].spoil(path, path_of_other);
        g_assert_cmpint(hash_made(&base, base.bytes, changed, digest, &bytes_read), ==,
                        table[i].left);
        g_assert_cmpmem(digest, DIGEST_BYTES, base.item.digest, DIGEST_BYTES);
    }
    file_clear(&base);
    file_clear(&other);
}

/* Keeps one that is sealed, in which part 1 has a node. Returns: its path. */
static char *
keep_sealed(const guint8 *digest, guint64 n)
{
    static const guint8 node[DIGEST_BYTES] = {7};
    g_autoptr(PartCache) cache = part_cache_new_sealed(n);
    g_autofree char *text = digest_to_string(digest);

    part_cache_put(cache, 1, node);
    part_cache_name(cache, digest, NULL);
    part_cache_keep(cache);

    return g_build_filename(g_getenv("VIRTSNAP_STATE_DIR"), "nodes", text + strlen("sha256:"),
                            NULL);
}

static void
test_sealed(void)
{
    static const guint8 name[DIGEST_BYTES] = {1}, name_of_other[DIGEST_BYTES] = {2};
    static const guint8 zeros[DIGEST_BYTES] = {0}, right[DIGEST_BYTES] = {7};
    static const struct {
        const char *what;
        void (*spoil)(const char *path, const char *other);
        gboolean believed;
    } table[] = {
        {"nothing", leave, TRUE},
        {"a byte is another one", corrupt, FALSE},
        {"it is cut off", shorten, FALSE},
        {"it is empty", empty, FALSE},
        {"it is another file's", replace, FALSE},
        {"it is a symbolic link", link_to, FALSE},
        {"it is not there", take_away, FALSE},
        {"others may enter the directory", open_to_all, FALSE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *path = NULL;
        g_autofree char *other = NULL;
        g_autoptr(PartCache) cache = NULL;
        guint8 node[DIGEST_BYTES];

        g_test_message("%s", table[i].what);
        state_new();
        path = keep_sealed(name, 1000);
        other = keep_sealed(name_of_other, 1000);
        table[i].spoil(path, other);
        cache = part_cache_open_sealed(name);
        g_assert_cmpint(cache != NULL, ==, table[i].believed);
        for (guint64 part = 0; cache && part < 1200; part += 1 + part / 2) {
            g_assert_true(part_cache_get(cache, part, node));
            g_assert_cmpmem(node, DIGEST_BYTES, part == 1 ? right : zeros, DIGEST_BYTES);
        }
    }
}

/* --- what is kept ------------------------------------------------------------------------- */

/* Returns: the first letters of the files that are kept. */
static char *
kept(const char *state)
{
    g_autofree char *directory = g_build_filename(state, "nodes", NULL);
    g_autoptr(GPtrArray) names = dir_list_at(AT_FDCWD, directory, NULL);
    GString *text = g_string_new(NULL);

    for (guint i = 0; names && i < names->len; i++)
        g_string_append_c(text, *(const char *)g_ptr_array_index(names, i));

    return g_string_free(text, FALSE);
}

#define assert_kept(state, expected) \
    do { \
        g_autofree char *assert_found = kept(state); \
        g_assert_cmpstr(assert_found, ==, expected); \
    } while (0)

static void
make_aged(const char *state, const char *name, gint64 bytes, gint64 days)
{
    g_autofree char *path = g_build_filename(state, "nodes", name, NULL);
    time_t then = time(NULL) - (time_t)(days * DAY);

    write_file(path, "", -1);
    g_assert_cmpint(truncate(path, bytes), ==, 0);
    g_assert_cmpint(utime(path, &(struct utimbuf){then, then}), ==, 0);
}

static void
test_kept(void)
{
    const char *state = state_new();
    PartCache *left = part_cache_new();

    part_cache_keep(left);
    part_cache_free(left);
    assert_kept(state, "");
    left = new_cache();
    assert_kept(state, ".");
    part_cache_free(left);
    assert_kept(state, "");
    left = new_cache();
    part_cache_keep(left);
    part_cache_free(left);
    assert_kept(state, "");
    keep_one(0xaa, 0);
    keep_one(0xbb, 0xcc);
    assert_kept(state, "ab");
    keep_one(0xdd, 0xbb);
    keep_one(0xdd, 0xdd);
    assert_kept(state, "ad");
}

static void
test_tidied(void)
{
    const char *state = state_new();

    keep_one(0xaa, 0);
    make_aged(state, "b", 4096, 34);
    make_aged(state, "c", 4096, 36);
    make_aged(state, ".d", 4096, 0);
    make_aged(state, ".e", 4096, 2);
    keep_one(0xaa, 0);
    assert_kept(state, ".ab");
    make_aged(state, "f", 600 * (gint64)MIB, 2);
    make_aged(state, "g", 600 * (gint64)MIB, 3);
    make_aged(state, "h", 4096, 1);
    keep_one(0xaa, 0);
    assert_kept(state, ".afh");
}

/* A directory that cannot be made is no error. */
static void
test_failing(void)
{
    g_autofree char *path = g_build_filename(state_new(), "nodes", NULL);
    guint8 digest[DIGEST_BYTES] = {0};

    write_file(path, "", -1);
    keep_one(0xaa, 0);
    g_assert_null(part_cache_open(digest));
}

int
main(int argc, char **argv)
{
    g_autoptr(Scratch) state = scratch_new();

    g_setenv("VIRTSNAP_STATE_DIR", state, TRUE);
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/part-cache/made", test_made);
    g_test_add_func("/part-cache/refused", test_refused);
    g_test_add_func("/part-cache/sealed", test_sealed);
    g_test_add_func("/part-cache/kept", test_kept);
    g_test_add_func("/part-cache/tidied", test_tidied);
    g_test_add_func("/part-cache/failing", test_failing);

    return g_test_run();
}
