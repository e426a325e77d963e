/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/chain.h"
#include "tests/unit/harness.h"
#include "util/fd.h"

typedef struct {
    char *dir; /* the working directory of the test */
    char *old;
    ChainCache *cache;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
    g_autofree char *made = scratch_new();

    f->old = g_get_current_dir();
    f->dir = realpath(made, NULL);
    g_assert_cmpint(g_chdir(f->dir), ==, 0);
    f->cache = chain_cache_new();
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    g_assert_cmpint(g_chdir(f->old), ==, 0);
    chain_cache_free(f->cache);
    scratch_free(f->dir);
    g_free(f->old);
}

static void
sh(const char *script)
{
    g_free(run("sh", "-ec", script, NULL));
}

static Layer *
resolve(Fixture *f, const char *name, const char *format, GError **error)
{
    g_autofree char *path = g_build_filename(f->dir, name, NULL);

    return chain_resolve(f->cache, path, format, NULL, 0, error);
}

static void
assert_layer(Fixture *f, const Layer *layer, const char *name, const char *format)
{
    g_autofree char *path = g_build_filename(f->dir, name, NULL);

    g_assert_nonnull(layer);
    g_assert_cmpstr(layer->path, ==, path);
    g_assert_cmpstr(layer->format, ==, format);
}

/* What there is to say of one image, and of a shared one just once. */
static void
test_plain(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    Layer *one, *two;
    struct stat st;

    sh("qemu-img create -q -f raw base.raw 4M\n"
       "qemu-io -f raw -c 'write -q 0 64k' base.raw\n"
       "qemu-img create -q -f qcow2 -b base.raw -F raw one.qcow2 9M\n"
       "qemu-img create -q -f qcow2 -b $PWD/base.raw -F raw two.qcow2\n"
       "qemu-img snapshot -c s two.qcow2");
    one = resolve(f, "one.qcow2", "qcow2", &error);
    g_assert_no_error(error);
    two = resolve(f, "two.qcow2", "qcow2", &error);
    g_assert_no_error(error);
    assert_layer(f, one, "one.qcow2", "qcow2");
    assert_layer(f, one->backing, "base.raw", "raw");
    g_assert_true(one->backing == two->backing);
    g_assert_null(one->backing->backing);
    g_assert_cmpuint(one->capacity, ==, 9 << 20);
    g_assert_cmpuint(one->backing->capacity, ==, 4 << 20);
    g_assert_cmpuint(one->n_snapshots, ==, 0);
    g_assert_cmpuint(two->n_snapshots, ==, 1);
    g_assert_cmpuint(chain_depth(one), ==, 2);
    g_assert_cmpuint(chain_depth(NULL), ==, 0);
    g_assert_cmpint(stat("base.raw", &st), ==, 0);
    g_assert_cmpuint(one->backing->inode, ==, st.st_ino);
    g_assert_cmpuint(one->backing->size, ==, 4 << 20);
    g_assert_cmpuint(one->backing->allocated, ==, 64 << 10);
    g_assert_cmpint(one->backing->mtime, ==, st.st_mtim.tv_sec);
    /* As raw it is another thing: nothing below it. */
    two = resolve(f, "one.qcow2", "raw", &error);
    g_assert_true(two != one);
    g_assert_null(two->backing);
}

static void
test_deep(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const Layer *layer;

    sh("qemu-img create -q -f qcow2 0 1M\n"
       "for i in $(seq 24); do qemu-img create -q -f qcow2 -b $((i - 1)) -F qcow2 $i; done");
    layer = resolve(f, "24", "qcow2", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(chain_depth(layer), ==, 25);
    for (int i = 24; i >= 0; i--, layer = layer->backing) {
        g_autofree char *name = g_strdup_printf("%d", i);

        assert_layer(f, layer, name, "qcow2");
    }
}

/* Where a relative reference leads, is what QEMU makes of it: relative to the name by which the
 * image was opened, symbolic links and all. */
static void
test_places(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *script;
        const char *top;
        const char *base;
    } table[] = {
        {"mkdir a b; qemu-img create -q -f raw b/base 1M\n"
         "qemu-img create -q -f qcow2 -b ../b/base -F raw a/top", "a/top", "b/base"},
        {"mkdir c; qemu-img create -q -f raw 'c/x y&<' 1M\n"
         "cd c; qemu-img create -q -f qcow2 -b './x y&<' -F raw top", "c/top", "c/x y&<"},
        {"mkdir d; qemu-img create -q -f raw d/base 1M; ln -s d/base link\n"
         "qemu-img create -q -f qcow2 -b link -F raw top4", "top4", "d/base"},
        /* The link to the image stands beside the base, the image does not. */
        {"mkdir e f; qemu-img create -q -f raw e/base 1M; ln -s ../f/real e/link\n"
         "qemu-img create -q -f raw f/base 2M\n"
         "qemu-img create -q -f qcow2 -u -b base -F raw f/real 1M", "e/link", "e/base"},
        {"mkdir g; ln -s g h; qemu-img create -q -f raw g/base 1M\n"
         "(cd g; qemu-img create -q -f qcow2 -b base -F raw top)", "h/top", "g/base"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *qemu = NULL;
        struct stat st;
        Layer *layer;

        g_test_message("row %zu", i);
        sh(table[i].script);
        layer = resolve(f, table[i].top, "qcow2", &error);
        g_assert_no_error(error);
        assert_layer(f, layer->backing, table[i].base, "raw");
        /* And QEMU opens the very file. */
        qemu = run("qemu-img", "info", "--backing-chain", "--output=json", table[i].top, NULL);
        g_assert_cmpint(stat(table[i].base, &st), ==, 0);
        g_assert_cmpuint(layer->backing->inode, ==, st.st_ino);
        g_assert_cmpuint(layer->backing->capacity, ==, 1 << 20);
        g_assert_nonnull(strstr(qemu, "\"virtual-size\": 1048576"));
        g_assert_null(strstr(qemu, "\"virtual-size\": 2097152"));
    }
}

/* One file by two names whose directories hold different bases: which is meant cannot be known
 * from the file, so the second is refused. */
static void
test_two_names(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    sh("mkdir a b c; qemu-img create -q -f raw a/base 1M; qemu-img create -q -f raw b/base 1M\n"
       "qemu-img create -q -f qcow2 -u -b base -F raw a/top 1M\n"
       "ln -s ../a/top b/top; ln -s ../a/top c/top; ln -s ../a/base c/base");
    assert_layer(f, resolve(f, "a/top", "qcow2", &error)->backing, "a/base", "raw");
    assert_layer(f, resolve(f, "c/top", "qcow2", &error)->backing, "a/base", "raw");
    g_assert_null(resolve(f, "b/top", "qcow2", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    g_assert_nonnull(strstr(error->message, "a/top"));
}

/* The format that the header does not give comes from the domain's XML, or from nowhere. */
static void
test_hints(Fixture *f, gconstpointer data)
{
    g_autofree char *top = g_build_filename(f->dir, "top", NULL);
    g_autofree char *mid = g_build_filename(f->dir, "mid-link", NULL);
    g_autofree char *base = g_build_filename(f->dir, "base", NULL);
    const LayerHint hints[] = {
        {NULL, NULL}, {"/nowhere", "raw"}, {mid, "qcow2"}, {base, "raw"}};
    g_autoptr(GError) error = NULL;
    Layer *layer;

    /* qemu-img 7.2 makes no such references any more; older ones did. */
    sh("qemu-img create -q -f raw base 1M\n"
       "qemu-img create -q -f qcow2 -o compat=1.1 -u -b base -F raw mid 1M\n"
       "qemu-img create -q -f qcow2 -u -b mid -F qcow2 top 1M; ln -s mid mid-link\n"
       /* The backing format extension becomes one that nobody knows. */
       "for i in mid top; do printf '\\022\\064' |\n"
       "dd of=$i bs=1 seek=112 conv=notrunc status=none; done");
    g_assert_null(chain_resolve(f->cache, top, "qcow2", NULL, 0, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    g_assert_nonnull(strstr(error->message, top));
    g_assert_nonnull(strstr(error->message, "/mid"));
    g_clear_error(&error);
    layer = chain_resolve(f->cache, top, "qcow2", hints, G_N_ELEMENTS(hints), &error);
    g_assert_no_error(error);
    assert_layer(f, layer->backing, "mid", "qcow2");
    assert_layer(f, layer->backing->backing, "base", "raw");
    /* No format for the top one either. */
    g_assert_null(chain_resolve(f->cache, base, NULL, NULL, 0, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
}

static void
test_refused(Fixture *f, gconstpointer data)
{
#define CREATE "qemu-img create -q -f qcow2 -u "
    static const struct {
        const char *script;
        const char *top;
        const char *format;
        int code;
        const char *named; /* in the message */
    } table[] = {
        {":", "missing", "qcow2", VIRT_SNAP_ERROR_NOT_FOUND, "missing"},
        {":", "missing", "raw", VIRT_SNAP_ERROR_NOT_FOUND, "missing"},
        {CREATE "-b gone -F raw t1 1M", "t1", "qcow2", VIRT_SNAP_ERROR_NOT_FOUND, "gone"},
        {CREATE "-b t2 -F qcow2 x 1M; mv x t2", "t2", "qcow2", VIRT_SNAP_ERROR_INVALID_STATE, "t2"},
        {CREATE "-b t3c -F qcow2 t3a 1M;" CREATE "-b t3a -F qcow2 t3b 1M;" CREATE
                "-b t3b -F qcow2 t3c 1M",
         "t3a", "qcow2", VIRT_SNAP_ERROR_INVALID_STATE, "t3a"},
        {"ln -s t4 t4", "t4", "raw", VIRT_SNAP_ERROR_FAILED, "t4"},
        {CREATE "-b nbd://localhost/x -F raw t5 1M", "t5", "qcow2",
         VIRT_SNAP_ERROR_NOT_SUPPORTED, "nbd://localhost/x"},
        {CREATE "-b 'json:{\"driver\":\"raw\",\"file\":{\"filename\":\"x\"}}' -F raw t6 1M", "t6",
         "qcow2", VIRT_SNAP_ERROR_NOT_SUPPORTED, "json:"},
        {"qemu-img create -q -f qcow2 -o data_file=t7d t7 1M", "t7", "qcow2",
         VIRT_SNAP_ERROR_NOT_SUPPORTED, "t7"},
        {"touch vmdk;" CREATE "-b vmdk -F vmdk t8 1M", "t8", "qcow2",
         VIRT_SNAP_ERROR_NOT_SUPPORTED, "vmdk"},
        {"mkdir dir", "dir", "raw", VIRT_SNAP_ERROR_NOT_SUPPORTED, "dir"},
        {"mkfifo fifo", "fifo", "raw", VIRT_SNAP_ERROR_NOT_SUPPORTED, "fifo"},
        {CREATE "-b fifo -F raw t9 1M", "t9", "qcow2", VIRT_SNAP_ERROR_NOT_SUPPORTED, "fifo"},
        {"ln -s /dev/zero device", "device", "raw", VIRT_SNAP_ERROR_NOT_SUPPORTED, "zero"},
        {": >empty", "empty", "qcow2", VIRT_SNAP_ERROR_CORRUPT, "empty"},
        {"yes | head -c 1M >text", "text", "qcow2", VIRT_SNAP_ERROR_CORRUPT, "text"},
        {CREATE "short 1G; truncate -s 128K short", "short", "qcow2", VIRT_SNAP_ERROR_CORRUPT,
         "short"},
        {CREATE "-b short -F qcow2 t10 1M", "t10", "qcow2", VIRT_SNAP_ERROR_CORRUPT, "short"},
        {"touch file", "file/below", "raw", VIRT_SNAP_ERROR_FAILED, "file"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;

        g_test_message("%s", table[i].top);
        sh(table[i].script);
        g_assert_null(resolve(f, table[i].top, table[i].format, &error));
        g_assert_nonnull(error);
        if (table[i].code != VIRT_SNAP_ERROR_FAILED)
            g_assert_error(error, VIRT_SNAP_ERROR, table[i].code);
        g_assert_nonnull(strstr(error->message, table[i].named));
    }
}

static void
test_too_deep(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) image = NULL;
    guint8 *bytes;
    gsize length;

    /* One image, many times: its reference is "N" in three digits, as its name is. */
    sh("qemu-img create -q -f qcow2 -u -b 000 -F qcow2 first 1M");
    image = read_file("first");
    length = g_bytes_get_size(image);
    bytes = (guint8 *)g_bytes_get_data(image, NULL);
    for (int i = 250; i > 0; i--) {
        g_autofree char *name = g_strdup_printf("%03d", i);
        g_autofree char *below = g_strdup_printf("%03d", i - 1);
        g_autofree guint8 *copy = g_memdup2(bytes, length);
        guint64 offset;

        memcpy(&offset, copy + 8, sizeof offset);
        memcpy(copy + GUINT64_FROM_BE(offset), below, 3);
        write_file(name, copy, (gssize)length);
    }
    g_assert_null(resolve(f, "250", "qcow2", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
}

/* --- opening again ---------------------------------------------------------- */

static void
test_open(Fixture *f, gconstpointer data)
{
    static const struct {
        const char *script;
        int code; /* 0: still the same */
    } table[] = {
        {":", 0},
        {"chmod 0444 x", 0},
        {"mv x y; ln -s y x", 0},
        {"touch -d '2001-01-01' x", VIRT_SNAP_ERROR_IN_USE},
        {"touch -d \"@$(stat -c %Y x).123456789\" x", VIRT_SNAP_ERROR_IN_USE},
        {"cp -p x z; mv z x", VIRT_SNAP_ERROR_IN_USE},
        {"t=$(stat -c %y x); truncate -s 2M x; touch -d \"$t\" x", VIRT_SNAP_ERROR_IN_USE},
        {"rm x", VIRT_SNAP_ERROR_NOT_FOUND},
        {"rm x; mkfifo x", VIRT_SNAP_ERROR_NOT_SUPPORTED},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(ChainCache) cache = chain_cache_new();
        g_autofree char *path = g_build_filename(f->dir, "x", NULL);
        g_autoptr(GError) error = NULL;
        Layer *layer;
        auto_fd fd = -1;

        g_test_message("%s", table[i].script);
        sh("rm -f x y; qemu-img create -q -f raw x 1M");
        layer = chain_resolve(cache, path, "raw", NULL, 0, &error);
        g_assert_no_error(error);
        sh(table[i].script);
        fd = layer_open(layer, &error);
        g_assert_true((fd >= 0) == (table[i].code == 0));
        if (table[i].code)
            g_assert_error(error, VIRT_SNAP_ERROR, table[i].code);
    }
}

static void
test_has_snapshot(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    Layer *layer;

    sh("qemu-img create -q -f qcow2 x 1M; qemu-img snapshot -c 'a b' x");
    layer = resolve(f, "x", "qcow2", &error);
    g_assert_true(layer_has_snapshot(layer, "a b", &error));
    g_assert_false(layer_has_snapshot(layer, "a", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
    g_clear_error(&error);
    /* As it is now. */
    sh("qemu-img snapshot -c later x; qemu-img snapshot -d 'a b' x");
    g_assert_true(layer_has_snapshot(layer, "later", &error));
    g_assert_false(layer_has_snapshot(layer, "a b", &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
}

/* Nothing of a source is touched, not even when it was last read. */
static void
test_untouched(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    sh("qemu-img create -q -f qcow2 x 1M; qemu-img snapshot -c s x; touch -a -d 2001-01-01 x");
    before = run("stat", "-c", "%x %y %z", "x", NULL);
    g_assert_true(layer_has_snapshot(resolve(f, "x", "qcow2", &error), "s", &error));
    after = run("stat", "-c", "%x %y %z", "x", NULL);
    g_assert_cmpstr(after, ==, before);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*func)(Fixture *f, gconstpointer data);
    } tests[] = {
        {"plain", test_plain},         {"deep", test_deep},
        {"places", test_places},       {"two-names", test_two_names},
        {"hints", test_hints},         {"refused", test_refused},
        {"too-deep", test_too_deep},   {"open", test_open},
        {"has-snapshot", test_has_snapshot}, {"untouched", test_untouched},
    };

    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/chain/%s", tests[i].name);

        g_test_add(path, Fixture, NULL, set_up, tests[i].func, tear_down);
    }
    return g_test_run();
}
