/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image/layer-snapshots.h"
#include "tests/unit/chain-fixture.h"
#include "tests/unit/harness.h"
#include "util/fd.h"

static Layer *
resolve(ChainFixture *f, const char *name, const char *format, GError **error)
{
    g_autofree char *path = g_build_filename(f->dir, name, NULL);

    return chain_resolve(f->cache, &(ChainImage){path, format, FALSE, 0}, 1, FALSE, error);
}

/* The properties of each layer are right, and a shared layer exists only once. */
static void
test_plain(ChainFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    Layer *one, *two;
    struct stat st;

    chain_sh("qemu-img create -q -f raw base.raw 4M\n"
       "qemu-io -f raw -c 'write -q 0 64k' base.raw\n"
       "qemu-img create -q -f qcow2 -b base.raw -F raw one.qcow2 9M\n"
       "qemu-img create -q -f qcow2 -b $PWD/base.raw -F raw two.qcow2\n"
       "qemu-img snapshot -c s two.qcow2");
    one = resolve(f, "one.qcow2", "qcow2", &error);
    g_assert_no_error(error);
    two = resolve(f, "two.qcow2", "qcow2", &error);
    g_assert_no_error(error);
    chain_assert_layer(f, one, "one.qcow2", "qcow2");
    chain_assert_layer(f, one->backing, "base.raw", "raw");
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
    /* Read as raw it is another image, with nothing below it. */
    two = resolve(f, "one.qcow2", "raw", &error);
    g_assert_true(two != one);
    g_assert_null(two->backing);
}

static void
test_deep(ChainFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const Layer *layer;

    chain_sh("qemu-img create -q -f qcow2 0 1M\n"
       "for i in $(seq 24); do qemu-img create -q -f qcow2 -b $((i - 1)) -F qcow2 $i; done");
    layer = resolve(f, "24", "qcow2", &error);
    g_assert_no_error(error);
    g_assert_cmpuint(chain_depth(layer), ==, 25);
    for (int i = 24; i >= 0; i--, layer = layer->backing) {
        g_autofree char *name = g_strdup_printf("%d", i);

        chain_assert_layer(f, layer, name, "qcow2");
    }
}

/* A relative reference leads where QEMU follows it: it is relative to the name by which the image
 * was opened, symbolic links included. */
static void
test_places(ChainFixture *f, gconstpointer data)
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
        chain_sh(table[i].script);
        layer = resolve(f, table[i].top, "qcow2", &error);
        g_assert_no_error(error);
        chain_assert_layer(f, layer->backing, table[i].base, "raw");
        /* QEMU opens the same file. */
        qemu = run("qemu-img", "info", "--backing-chain", "--output=json", table[i].top, NULL);
        g_assert_cmpint(stat(table[i].base, &st), ==, 0);
        g_assert_cmpuint(layer->backing->inode, ==, st.st_ino);
        g_assert_cmpuint(layer->backing->capacity, ==, 1 << 20);
        g_assert_nonnull(strstr(qemu, "\"virtual-size\": 1048576"));
        g_assert_null(strstr(qemu, "\"virtual-size\": 2097152"));
    }
}

/* One file is opened by two names whose directories hold different bases: there are two layers,
 * each above the base that QEMU would find by that name. */
static void
test_two_names(ChainFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const Layer *a, *b, *c;

    chain_sh("mkdir a b c; for i in a b; do qemu-img create -q -f raw $i/base 1M; done\n"
       "qemu-img create -q -f qcow2 -u -b base -F raw a/top 1M\n"
       "ln -s ../a/top b/top; ln -s ../a/top c/top; ln -s ../a/base c/base");
    a = resolve(f, "a/top", "qcow2", &error);
    b = resolve(f, "b/top", "qcow2", &error);
    c = resolve(f, "c/top", "qcow2", &error);
    g_assert_no_error(error);
    chain_assert_layer(f, a->backing, "a/base", "raw");
    chain_assert_layer(f, b, "a/top", "qcow2");
    chain_assert_layer(f, b->backing, "b/base", "raw");
    g_assert_true(a != b && a == c);
}

/* --- references ----------------------------------------------------------- */

/* A format that the header does not give is not guessed. */
static void
test_no_format(ChainFixture *f, gconstpointer data)
{
    g_autofree char *top = g_build_filename(f->dir, "top", NULL);
    g_autofree char *mid = g_build_filename(f->dir, "mid-link", NULL);
    g_autofree char *base = g_build_filename(f->dir, "base", NULL);
    const ChainImage chain[] = {
        {top, "qcow2", FALSE, 0}, {mid, "qcow2", FALSE, 0}, {base, "raw", FALSE, 0}};
    g_autoptr(GError) error = NULL;
    Layer *layer;

    /* qemu-img 7.2 does not make such references any more, but older ones did. */
    chain_sh("qemu-img create -q -f raw base 1M\n"
       "qemu-img create -q -f qcow2 -o compat=1.1 -u -b base -F raw mid 1M\n"
       "qemu-img create -q -f qcow2 -u -b mid -F qcow2 top 1M; ln -s mid mid-link\n"
       /* The type of the backing format extension becomes an unknown one. */
       "for i in mid top; do printf '\\022\\064' |\n"
       "dd of=$i bs=1 seek=112 conv=notrunc status=none; done");
    g_assert_null(chain_resolve(f->cache, chain, 1, FALSE, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    g_assert_nonnull(strstr(error->message, top));
    g_assert_nonnull(strstr(error->message, "/mid"));
    g_clear_error(&error);
    layer = chain_resolve(f->cache, chain, 3, FALSE, &error);
    g_assert_no_error(error);
    chain_assert_layer(f, layer->backing, "mid", "qcow2");
    chain_assert_layer(f, layer->backing->backing, "base", "raw");
}

/* References that are no plain paths: QEMU finds the same bytes at the path to which they lead. */
static void
test_references(ChainFixture *f, gconstpointer data)
{
    static const struct {
        const char *reference; /* %s: the directory */
        const char *format;    /* in the header; NULL: taken away from it */
        const char *found;
    } table[] = {
        {"file:%s/base", "qcow2", "qcow2"},
        {"file://%s/base", "qcow2", "qcow2"},
        {"json:{\"driver\":\"qcow2\",\"file\":{\"driver\":\"file\","
         "\"filename\":\"%s/base\"}}", "qcow2", "qcow2"},
        {"json:{\"driver\":\"qcow2\",\"file.driver\":\"file\","
         "\"file.filename\":\"%s/base\"}", "qcow2", "qcow2"},
        {"json:{\"file.filename\":\"%s/base\"}", "qcow2", "qcow2"},
        {"json:{\"file.filename\":\"%s/base\"}", "raw", "raw"},
        {"json:{\"driver\":\"raw\",\"file.filename\":\"%s/base\"}", NULL, "raw"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *reference = g_strdup_printf(table[i].reference, f->dir);
        g_autofree char *create = g_strdup_printf(
            "rm -f base top; qemu-img create -q -f qcow2 base 1M\n"
            "qemu-io -f qcow2 -c 'write -q -P 0xaa 0 1M' base\n"
            "qemu-img create -q -f qcow2 -u -b '%s' -F %s top 1M",
            reference, table[i].format ? table[i].format : "raw");
        g_autoptr(ChainCache) cache = chain_cache_new();
        g_autoptr(GError) error = NULL;
        g_autofree char *top = g_build_filename(f->dir, "top", NULL);
        g_autofree char *read = NULL;
        const Layer *layer;

        g_test_message("%s", reference);
        chain_sh(create);
        if (!table[i].format)
            chain_sh("printf '\\022\\064' | dd of=top bs=1 seek=112 conv=notrunc status=none");
        layer = chain_resolve(cache, &(ChainImage){top, "qcow2", FALSE, 0}, 1, FALSE, &error);
        g_assert_no_error(error);
        chain_assert_layer(f, layer->backing, "base", table[i].found);
        read = run("qemu-io", "-r", "-f", "qcow2", "-c", "read -v 0 4", "top", NULL);
        g_assert_true((strstr(read, "aa aa aa aa") != NULL) ==
                      g_str_equal(table[i].found, "qcow2"));
        g_assert_true((strstr(read, "51 46 49 fb") != NULL) ==
                      g_str_equal(table[i].found, "raw"));
    }
}

static void
test_refused(ChainFixture *f, gconstpointer data)
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
         "qcow2", VIRT_SNAP_ERROR_NOT_SUPPORTED, "file.filename"},
        {CREATE "-b 'json:{\"driver\":\"raw\",\"file\":{\"filename\":\"/x\"}}' -F qcow2 t6b 1M",
         "t6b", "qcow2", VIRT_SNAP_ERROR_NOT_SUPPORTED, "two formats"},
        {CREATE "-b file:x -F raw t6c 1M", "t6c", "qcow2", VIRT_SNAP_ERROR_NOT_SUPPORTED, "file:x"},
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
        chain_sh(table[i].script);
        g_assert_null(resolve(f, table[i].top, table[i].format, &error));
        g_assert_nonnull(error);
        if (table[i].code != VIRT_SNAP_ERROR_FAILED)
            g_assert_error(error, VIRT_SNAP_ERROR, table[i].code);
        g_assert_nonnull(strstr(error->message, table[i].named));
    }
}

static void
test_too_deep(ChainFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) image = NULL;
    guint8 *bytes;
    gsize length;

    /* Copies one image many times, and replaces the three digits in its backing reference, which
     * are the name of the image below. */
    chain_sh("qemu-img create -q -f qcow2 -u -b 000 -F qcow2 first 1M");
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

/* What happens at the moment in which a lock is taken; NULL: nothing. */
static const char *meanwhile;

/* This function replaces the C library's, because the linker takes the program's own first. */
int
fcntl(int fd, int command, ...)
{
    va_list args;
    void *argument;

    va_start(args, command);
    argument = va_arg(args, void *);
    va_end(args);
    if (command == F_OFD_SETLK && meanwhile) {
        const char *script = g_steal_pointer(&meanwhile);

        chain_sh(script);
    }

    return (int)syscall(SYS_fcntl, fd, command, argument);
}

/* A process that wrote before the lock was taken, and has ended since, is noticed. */
static void
test_lock_first(ChainFixture *f, gconstpointer data)
{
    g_autoptr(ChainCache) cache = chain_cache_new();
    g_autofree char *path = g_build_filename(f->dir, "x", NULL);
    g_autoptr(GError) error = NULL;
    Layer *layer;
    auto_fd fd = -1;

    chain_sh("qemu-img create -q -f raw x 1M; touch -d 2001-01-01 x");
    layer = chain_resolve(cache, &(ChainImage){path, "raw", FALSE, 0}, 1, FALSE, &error);
    g_assert_no_error(error);
    fd = layer_open_locked(layer, &error);
    g_assert_cmpint(fd, >=, 0);
    g_assert_true(layer_probe(layer, &error));
    fd_clear(&fd);
    meanwhile = "qemu-io -f raw -c 'write -q 0 4k' x";
    fd = layer_open_locked(layer, &error);
    g_assert_cmpint(fd, <, 0);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    g_assert_null(meanwhile);
    g_assert_false(layer_probe(layer, NULL));
}

static void
test_open(ChainFixture *f, gconstpointer data)
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
        chain_sh("rm -f x y; qemu-img create -q -f raw x 1M");
        layer = chain_resolve(cache, &(ChainImage){path, "raw", FALSE, 0}, 1, FALSE, &error);
        g_assert_no_error(error);
        chain_sh(table[i].script);
        fd = layer_open(layer, &error);
        g_assert_true((fd >= 0) == (table[i].code == 0));
        if (table[i].code)
            g_assert_error(error, VIRT_SNAP_ERROR, table[i].code);
    }
}

static gboolean
finds(const Layer *layer, const char *name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Qcow2Snapshot) found = layer_find_snapshot(layer, name, &error);

    if (!found)
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);

    return found != NULL;
}

static void
test_find_snapshot(ChainFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    Layer *layer;

    chain_sh("qemu-img create -q -f qcow2 x 1M; qemu-img snapshot -c 'a b' x");
    layer = resolve(f, "x", "qcow2", &error);
    g_assert_true(finds(layer, "a b"));
    g_assert_false(finds(layer, "a"));
    /* Returns: the present state. */
    chain_sh("qemu-img snapshot -c later x; qemu-img snapshot -d 'a b' x");
    g_assert_true(finds(layer, "later"));
    g_assert_false(finds(layer, "a b"));
}

/* A snapshot is kept if it is the very one, whatever else is done to the image. One that is made
 * anew is another one, even where it has the same name, number and place in the image. */
static void
test_keeps_snapshot(ChainFixture *f, gconstpointer data)
{
    static const struct {
        const char *script;
        int code; /* 0: it is kept */
    } table[] = {
        {":", 0},
        {"qemu-img snapshot -c other x; qemu-img resize -q x 2M; "
         "qemu-io -f qcow2 -c 'write -q 0 1M' x; qemu-img snapshot -a s x", 0},
        {"qemu-img snapshot -d s x", VIRT_SNAP_ERROR_NOT_FOUND},
        {"qemu-img snapshot -d s x; qemu-img snapshot -c s x", VIRT_SNAP_ERROR_INVALID_STATE},
        {"qemu-img snapshot -c s x", VIRT_SNAP_ERROR_INVALID_STATE},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Qcow2Snapshot) planned = NULL;
        Layer *layer;

        chain_sh("qemu-img create -q -f qcow2 x 1M; qemu-img snapshot -c s x");
        layer = resolve(f, "x", "qcow2", &error);
        planned = layer_find_snapshot(layer, "s", &error);
        g_assert_no_error(error);
        chain_sh(table[i].script);
        g_assert_true(layer_keeps_snapshot(layer, planned, &error) == (table[i].code == 0));
        if (table[i].code == 0)
            continue;
        g_assert_error(error, VIRT_SNAP_ERROR, table[i].code);
        g_assert_nonnull(strstr(error->message, "'s'"));
        g_assert_nonnull(strstr(error->message, layer->path));
    }
}

/* Nothing of a source is changed, not even the time of the last access. */
static void
test_untouched(ChainFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;

    chain_sh("qemu-img create -q -f qcow2 x 1M; qemu-img snapshot -c s x\n"
             "touch -a -d 2001-01-01 x");
    before = run("stat", "-c", "%x %y %z", "x", NULL);
    g_assert_true(finds(resolve(f, "x", "qcow2", &error), "s"));
    after = run("stat", "-c", "%x %y %z", "x", NULL);
    g_assert_cmpstr(after, ==, before);
}

int
main(int argc, char **argv)
{
    static const ChainTest tests[] = {
        {"plain", test_plain},         {"deep", test_deep},
        {"places", test_places},       {"two-names", test_two_names},
        {"no-format", test_no_format}, {"references", test_references},
        {"refused", test_refused},     {"too-deep", test_too_deep},
        {"lock-first", test_lock_first}, {"open", test_open},
        {"find-snapshot", test_find_snapshot},
        {"keeps-snapshot", test_keeps_snapshot},
        {"untouched", test_untouched},
    };

    g_test_init(&argc, &argv, NULL);
    chain_run_tests("/chain", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
