/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>

#include "drivers/file/file-sink.h"
#include "drivers/file/file-source.h"
#include "qcow2/chain-source.h"
#include "tests/unit/harness.h"
#include "transfer/engine.h"
#include "util/fd.h"

/* Chains that were made with qemu-img and qemu-io are read without them, and compared byte by byte
 * with what they read. */

#define CHAINS 16
#define LAYERS_MAX 4
#define WRITES 12
#define KIB G_GUINT64_CONSTANT(1024)

/* Options of a qcow2 layer, each of which changes something in the tables. */
static const char *const kinds[] = {
    "compat=0.10",
    "compat=1.1",
    "cluster_size=512",
    "cluster_size=4096,compression_type=zstd",
    "cluster_size=1M",
    "cluster_size=2M,compression_type=zstd",
    "extended_l2=on",
    "extended_l2=on,cluster_size=16k",
    "extended_l2=on,cluster_size=2M,compression_type=zstd",
    "preallocation=metadata",
};

static Layer *
resolve(ChainCache *cache, const char *name, const char *format)
{
    g_autofree char *dir = g_get_current_dir();
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autoptr(GError) error = NULL;
    Layer *top = chain_resolve(cache, &(ChainImage){path, format, FALSE, 0}, 1, FALSE, &error);

    g_assert_no_error(error);

    return top;
}

static gboolean
open_chain(EngineItem *item, GError **error)
{
    item->source = chain_source_open(item->user_data, file_source_new, error);
    if (!item->source)
        return FALSE;
    item->sink = file_sink_new(AT_FDCWD, "ours", item->source->size, 0600, error);

    return item->sink != NULL;
}

static gboolean
copy_chain(Layer *top, GError **error)
{
    EngineItem item = {.open = open_chain, .user_data = top};
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(Control) control = control_new();
    gboolean ok;

    g_ptr_array_add(items, &item);
    ok = engine_run(items, 3, control, NULL, error);
    engine_item_clear(&item);

    return ok;
}

/* Everything that QEMU reports as zeros is reported as a hole. */
static void
assert_holes(Layer *top)
{
    g_autofree char *map = run("sh", "-c",
                               "qemu-img map --output=json -f \"$1\" -- \"$0\" | "
                               "jq -r '.[] | select(.zero) | \"\\(.start) \\(.length)\"'",
                               top->path, top->format, NULL);
    g_auto(GStrv) lines = g_strsplit(g_strstrip(map), "\n", 0);
    g_autoptr(GError) error = NULL;
    g_autoptr(Source) source = chain_source_open(top, file_source_new, &error);
    g_autoptr(GArray) extents = g_array_new(FALSE, FALSE, sizeof(Extent));

    g_assert_no_error(error);
    for (gsize i = 0; lines[i]; i++) {
        char *end = NULL;
        guint64 start = g_ascii_strtoull(lines[i], &end, 10);
        guint64 length = g_ascii_strtoull(end, NULL, 10);

        /* The map also describes the part beyond the end of a raw image of odd size. */
        g_array_set_size(extents, 0);
        g_assert_true(source->ops->extents(source, 0, start, length, extents, &error));
        for (guint j = 0; j < extents->len; j++)
            g_assert_false(g_array_index(extents, Extent, j).data);
    }
}

static void
assert_as_qemu(const char *name, const char *format)
{
    g_autoptr(ChainCache) cache = chain_cache_new();
    Layer *top = resolve(cache, name, format);
    g_autoptr(GError) error = NULL;

    g_assert_true(copy_chain(top, &error));
    g_assert_no_error(error);
    g_free(run("qemu-img", "convert", "-f", format, "-O", "raw", name, "theirs", NULL));
    g_free(run("cmp", "ours", "theirs", NULL));
    assert_holes(top);
    g_free(run("rm", "-f", "ours", "theirs", NULL));
}

/* --- random chains -------------------------------------------------------- */

/* Chooses where in a disk of @size a write goes: small and large, aligned and not. */
static void
random_range(GRand *rand, guint64 size, gboolean sectors, guint64 *offset, guint64 *length)
{
    guint64 unit = sectors ? 512 : 64 * KIB;
    guint64 most = g_rand_boolean(rand) ? 2048 * KIB : 64 * KIB;

    *offset = (guint64)(g_rand_double(rand) * (double)size) / unit * unit;
    *length = ((guint64)(g_rand_double(rand) * (double)most) / unit + 1) * unit;
    *length = MIN(*length, size - *offset);
}

static void
add_write(GString *script, GRand *rand, guint64 size, gboolean raw)
{
    static const char *const verbs[] = {"write -q -P %u", "write -q -P %u", "write -q -z",
                                        "discard -q", "write -q -c -P %u"};
    guint verb = (guint)g_rand_int_range(rand, 0, raw ? 4 : 5);
    g_autofree char *command = g_strdup_printf(verbs[verb], g_rand_int_range(rand, 1, 256));
    guint64 offset, length;

    random_range(rand, size, verb < 3, &offset, &length);
    /* Compressed writes are of whole clusters, of the largest cluster size here. */
    if (verb == 4) {
        offset = offset / (2048 * KIB) * (2048 * KIB);
        length = MIN(2048 * KIB, size - offset);
    }
    g_string_append_printf(script, " -c '%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "'",
                           command, offset, length);
}

static void
add_layer(GString *script, GRand *rand, guint i)
{
    guint64 size = (guint64)g_rand_int_range(rand, 2, 16384) * 512;
    const char *kind = kinds[g_rand_int_range(rand, 0, G_N_ELEMENTS(kinds))];
    gboolean raw = i == 0 && g_rand_boolean(rand);

    /* Preallocated clusters would hide what is below. */
    if (i > 0 && strstr(kind, "preallocation"))
        kind = "lazy_refcounts=on";
    if (raw)
        g_string_append_printf(script, "qemu-img create -q -f raw l0 %" G_GUINT64_FORMAT, size);
    else if (i == 0)
        g_string_append_printf(script, "qemu-img create -q -f qcow2 -o %s l0 %" G_GUINT64_FORMAT,
                               kind, size);
    else
        g_string_append_printf(script,
                               "qemu-img create -q -f qcow2 -o %s -b l%u -F $format l%u "
                               "%" G_GUINT64_FORMAT,
                               kind, i - 1, i, size);
    g_string_append_printf(script, "\nformat=%s\nqemu-io -f $format", raw ? "raw" : "qcow2");
    for (guint w = 0; w < WRITES; w++)
        add_write(script, rand, size, raw);
    /* QEMU does not compress over existing data: such a write fails, and the others are made. */
    g_string_append_printf(script, " l%u >/dev/null || :\n", i);
}

static void
test_random(gconstpointer data)
{
    g_autoptr(GRand) rand = g_rand_new_with_seed(GPOINTER_TO_UINT(data));
    guint layers = (guint)g_rand_int_range(rand, 1, LAYERS_MAX + 1);
    g_autoptr(GString) script = g_string_new(NULL);
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *old = g_get_current_dir();
    g_autofree char *top = g_strdup_printf("l%u", layers - 1);
    g_autofree char *format = NULL;

    g_assert_cmpint(g_chdir(dir), ==, 0);
    for (guint i = 0; i < layers; i++)
        add_layer(script, rand, i);
    g_string_append(script, "printf %s \"$format\"");
    g_test_message("%s", script->str);
    format = run("sh", "-ec", script->str, NULL);
    assert_as_qemu(top, format);
    g_assert_cmpint(g_chdir(old), ==, 0);
}

/* --- certain images ------------------------------------------------------- */

typedef struct {
    const char *name;
    const char *script; /* makes "t" */
    const char *format;
} Case;

static const Case cases[] = {
    {"a raw file that ends within a sector", "head -c 100001 /dev/urandom >t", "raw"},
    {"on a raw file that ends within a sector",
     "head -c 100001 /dev/urandom >b; qemu-img create -q -f qcow2 -b b -F raw t 1M", "qcow2"},
    {"64 TiB with three tables",
     "qemu-img create -q -f qcow2 t 64T; qemu-io -f qcow2 -c 'write -q -P 1 1T 64k' "
     "-c 'write -q -P 2 70368744112128 65536' -c 'write -q 0 512' t", "qcow2"},
    {"the last cluster cut short",
     "qemu-img create -q -f qcow2 t 1M; qemu-io -f qcow2 -c 'write -q -P 1 0 1M' "
     "-c 'write -q -P 0 1044480 4k' t; truncate -s -4k t", "qcow2"},
    {"compressed to the file's last byte",
     "head -c 1M /dev/urandom >r; head -c 1M /dev/zero >>r; head -c 70000 /etc/services >>r; "
     "truncate -s %512 r; qemu-img convert -c -f raw -O qcow2 r t", "qcow2"},
};

/* Such a disk is not read completely, but its map has to be right and to cost little. */
static void
test_large(const char *name)
{
    g_autoptr(ChainCache) cache = chain_cache_new();
    Layer *top = resolve(cache, name, "qcow2");
    g_autoptr(GError) error = NULL;
    g_autoptr(Source) source = chain_source_open(top, file_source_new, &error);
    g_autoptr(GArray) extents = g_array_new(FALSE, FALSE, sizeof(Extent));
    guint64 data = 0;

    g_assert_no_error(error);
    g_assert_true(source->ops->extents(source, 0, 0, source->size, extents, &error));
    for (guint i = 0; i < extents->len; i++) {
        const Extent *extent = &g_array_index(extents, Extent, i);

        data += extent->data ? extent->length : 0;
    }
    /* Two whole clusters, and one sector in a cluster that is a hole of the file otherwise. */
    g_assert_cmpuint(data, >, 2 * 64 * KIB);
    g_assert_cmpuint(data, <=, 3 * 64 * KIB);
    g_assert_cmpuint(extents->len, <=, 6);
}

static void
test_case(gconstpointer data)
{
    const Case *one = data;
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *old = g_get_current_dir();

    g_assert_cmpint(g_chdir(dir), ==, 0);
    g_free(run("sh", "-ec", one->script, NULL));
    if (g_str_has_prefix(one->name, "64 TiB"))
        test_large("t");
    else
        assert_as_qemu("t", one->format);
    g_assert_cmpint(g_chdir(old), ==, 0);
}

/* --- broken images -------------------------------------------------------- */

typedef struct {
    const char *name;
    const char *options;
    guint64 offset; /* where @value is put, big endian */
    guint64 value;
    const char *says;
} Damage;

/* A new image of 1 MiB in 64 KiB clusters has its L1 table at 0x30000, its first L2 table at
 * 0x40000, and its first data at 0x50000. */
static const Damage damages[] = {
    {"table not at a cluster", "compat=1.1", 0x30000, 0x40200, "does not begin at a cluster"},
    {"table behind the end", "compat=1.1", 0x30000, 0x7fff0000, "behind its end"},
    {"table at the end", "compat=1.1", 0x30000, 0x60000, "behind its end"},
    {"cluster at the end", "compat=1.1", 0x40000, 0x60000, "behind its end"},
    {"table is the header", "compat=1.1", 0x40000, 0x514649fb00000003, "cluster"},
    {"cluster not at one", "compat=1.1", 0x40000, 0x50200, "does not begin"},
    {"cluster behind the end", "compat=1.1", 0x40000, 0x7fff0000, "behind its end"},
    {"zeros in version 2", "compat=0.10", 0x40000, 1, "not of its version"},
    {"stream behind the end", "compat=1.1", 0x40000, 0x400000007fff0000, "behind its end"},
    {"no stream", "compat=1.1", 0x40000, 0x4000000000000000, "cannot be decompressed"},
    {"no zstd stream", "compression_type=zstd", 0x40000, 0x4000000000000000,
     "cannot be decompressed"},
    {"zero and data", "extended_l2=on", 0x40008, 0xffffffffffffffff, "contradict"},
    {"data without a cluster", "extended_l2=on", 0x40010, 0, NULL},
    {"data without a place", "extended_l2=on", 0x40018, 1, "contradict"},
};

static void
test_damage(gconstpointer data)
{
    const Damage *one = data;
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *old = g_get_current_dir();
    g_autofree char *make = g_strdup_printf(
        "qemu-img create -q -f qcow2 -o %s t 1M; qemu-io -f qcow2 -c 'write -q -P 1 0 64k' t",
        one->options);
    g_autoptr(ChainCache) cache = chain_cache_new();
    g_autoptr(GError) error = NULL;
    guint64 value = GUINT64_TO_BE(one->value);
    gboolean ok;

    g_assert_cmpint(g_chdir(dir), ==, 0);
    g_free(run("sh", "-ec", make, NULL));
    {
        auto_fd fd = fd_open(AT_FDCWD, "t", O_RDWR, 0, &error);

        g_assert_true(fd_pwrite_all(fd, &value, sizeof value, one->offset, "t", &error));
    }
    ok = copy_chain(resolve(cache, "t", "qcow2"), &error);
    g_assert_true(ok == (one->says == NULL));
    if (one->says) {
        g_test_message("%s", error->message);
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
        g_assert_nonnull(strstr(error->message, one->says));
        g_assert_nonnull(strstr(error->message, "/t'"));
    }
    g_assert_cmpint(g_chdir(old), ==, 0);
}

static void
test_encrypted(void)
{
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *path = g_build_filename(dir, "t", NULL);
    g_autoptr(ChainCache) cache = chain_cache_new();
    g_autoptr(GError) error = NULL;
    Layer *top;

    /* The header claims it; to make a real one, QEMU would first measure how fast the machine is.
     * */
    g_free(run("sh", "-ec",
               "qemu-img create -q -f qcow2 \"$0\" 1M; "
               "printf '\\0\\0\\0\\2' | dd of=\"$0\" bs=1 seek=32 conv=notrunc status=none",
               path, NULL));
    top = chain_resolve(cache, &(ChainImage){path, "qcow2", FALSE, 0}, 1, FALSE, &error);
    g_assert_no_error(error);
    g_assert_null(chain_source_open(top, file_source_new, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    for (guint i = 1; i <= CHAINS; i++) {
        g_autofree char *path = g_strdup_printf("/chain-source/random/%u", i);

        g_test_add_data_func(path, GUINT_TO_POINTER(i), test_random);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/chain-source/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    for (gsize i = 0; i < G_N_ELEMENTS(damages); i++) {
        g_autofree char *path = g_strdup_printf("/chain-source/damage/%s", damages[i].name);

        g_test_add_data_func(path, &damages[i], test_damage);
    }
    g_test_add_func("/chain-source/encrypted", test_encrypted);
    return g_test_run();
}
