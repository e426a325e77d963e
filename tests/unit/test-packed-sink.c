/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "drivers/register.h"
#include "hypervisor/drivers.h"
#include "tests/unit/harness.h"
#include "transfer/engine.h"
#include "util/fd.h"

/* Compressed images, by what QEMU and fsverity say of them. */

#define CREATE "qemu-img create -q -f qcow2 "
#define IO "qemu-io -f qcow2 -c "

typedef struct {
    const char *name;
    const char *script; /* makes "t", and "b" below it */
    const char *format;
    gboolean layer;     /* "t" alone, on "b", and not all of the chain */
} Case;

static const Case cases[] = {
    {"nothing", "truncate -s 1G t", "raw", FALSE},
    {"an empty disk", "truncate -s 0 t", "raw", FALSE},
    {"a sector", "head -c 512 /dev/urandom >t", "raw", FALSE},
    {"noise", "head -c 9M /dev/urandom >t", "raw", FALSE},
    {"one region and more",
     "head -c 1900K /dev/urandom >t; head -c 200K /dev/zero >>t; seq 300000 >>t; "
     "truncate -s %512 t", "raw", FALSE},
    /* One part of a cluster is noise, and the part that is sampled is not. */
    {"mixed",
     "for i in $(seq 40); do seq $i 9999; head -c 90K /dev/urandom; head -c 70K /dev/zero; "
     "done >t; truncate -s %512 t", "raw", FALSE},
    {"here and there",
     "truncate -s 3G t; for at in 0 511 512 1023 3071; do seq $at 99999 | "
     "dd of=t bs=1M seek=$at conv=notrunc status=none; done; truncate -s 3G t", "raw", FALSE},
    /* So small that the disk's data fills the file later than its tables. */
    {"one byte again and again",
     "truncate -s 2G t; qemu-io -f raw -c 'write -q -P 1 0 700M' t", "raw", FALSE},
    {"a chain", CREATE "b 4M;" IO "'write -q -P 1 0 3M' b;" CREATE "-b b -F qcow2 t 8M;" IO
     "'write -q -P 2 1M 100k' -c 'write -q -z 64k 128k' t", "qcow2", FALSE},
    {"a layer", CREATE "b 4M;" IO "'write -q -P 1 0 3M' b;" CREATE "-b b -F qcow2 t 8M;" IO
     "'write -q -P 2 1M 100k' -c 'write -q -z 64k 128k' -c 'write -q -P 0 2M 128k' t", "qcow2",
     TRUE},
    {"a layer of larger clusters on a raw disk",
     "head -c 3M /dev/urandom >b;" CREATE "-o cluster_size=2M -b b -F raw t 6M;" IO
     "'write -q -P 2 1M 1k' -c 'write -q -z 5M 64k' t", "qcow2", TRUE},
    {"a base", CREATE "-o preallocation=metadata t 5M;" IO "'write -q -P 2 1M 1M' t", "qcow2",
     TRUE},
};

typedef struct {
    const Case *one;
    Layer *top;
    guint64 size; /* result: of the file */
} Job;

static gboolean
open_packed(EngineItem *item, GError **error)
{
    const Job *job = item->user_data;
    const Layer *top = job->top;
    PackedImage image = {.level = 3, .digest = item->want_digest};

    item->source = job->one->layer ? drivers_get()->open_layer(top, error)
                                   : drivers_get()->open_guest(top, NULL, FALSE, error);
    if (!item->source)
        return FALSE;
    image.size = item->source->size;
    if (job->one->layer && top->backing) {
        image.backing_name = "b";
        image.backing_format = top->backing->format;
    }
    item->sink = drivers_get()->create_packed(AT_FDCWD, "packed", &image, 0600, error);

    return item->sink != NULL;
}

static gboolean
keep_size(EngineItem *item, G_GNUC_UNUSED GError **error)
{
    ((Job *)item->user_data)->size = item->sink->size;

    return TRUE;
}

static void
assert_digest(const EngineItem *item, guint64 size)
{
    g_autofree char *ours = digest_to_string(item->digest);
    g_autofree char *theirs = fsverity_digest("packed");
    guint8 folded[DIGEST_BYTES];

    g_assert_cmpstr(ours, ==, theirs);
    g_assert_cmpuint(item->n_nodes, ==, digest_n_segments(size));
    digest_fold(item->nodes, size, folded);
    g_assert_cmpmem(folded, DIGEST_BYTES, item->digest, DIGEST_BYTES);
}

static gboolean
open_on_small(EngineItem *item, GError **error)
{
    int here = fd_open_dir(AT_FDCWD, ".", error);
    gboolean ok = g_chdir("small") == 0 && open_packed(item, error);

    g_assert_cmpint(fchdir(here), ==, 0);
    fd_clear(&here);

    return ok;
}

/* The file system may become full before the end, with compression or without. */
static void
test_full(void)
{
    g_autoptr(ChainCache) cache = chain_cache_new();
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *old = g_get_current_dir();
    g_autofree char *path = g_build_filename(dir, "t", NULL);
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) error = NULL;
    const Case one = {.layer = FALSE};
    Job job = {.one = &one};
    EngineItem item = {.open = open_on_small, .user_data = &job, .want_digest = TRUE};

    g_assert_cmpint(g_chdir(dir), ==, 0);
    g_free(run("sh", "-ec", "head -c 9M /dev/urandom >t; mkdir small", NULL));
    if (run_status("mount", "-t", "tmpfs", "-o", "size=3M", "none", "small", NULL) != 0) {
        g_test_skip("nothing can be mounted here");
    } else {
        job.top = chain_resolve(cache, &(ChainImage){path, "raw", FALSE, 0}, 1, FALSE, &error);
        g_ptr_array_add(items, &item);
        g_assert_false(engine_run(items, 3, control, NULL, &error));
        engine_item_clear(&item);
        g_free(run("umount", "small", NULL));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE);
    }
    g_assert_cmpint(g_chdir(old), ==, 0);
}

static void
pack(const Case *one, Layer *top, guint workers)
{
    Job job = {one, top, 0};
    EngineItem item = {
        .open = open_packed, .finish = keep_size, .user_data = &job, .want_digest = TRUE};
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) error = NULL;

    g_ptr_array_add(items, &item);
    g_assert_true(engine_run(items, workers, control, NULL, &error));
    g_assert_no_error(error);
    assert_digest(&item, job.size);
    engine_item_clear(&item);
}

static char *
zeros_of(const char *image)
{
    return run("sh", "-ec",
               "qemu-img map --output=json -f qcow2 \"$0\" | "
               "jq -c '.[] | select(.zero) | [.start, .length]'", image, NULL);
}

/* The zeros of an image that qemu-img makes of "t". */
static char *
zeros_by_convert(const char *format)
{
    char *zeros;

    g_free(run("qemu-img", "convert", "-f", format, "-O", "qcow2", "t", "theirs", NULL));
    zeros = zeros_of("theirs");
    g_assert_cmpint(g_unlink("theirs"), ==, 0);

    return zeros;
}

static void
test_case(gconstpointer data)
{
    const Case *one = data;
    g_autoptr(ChainCache) cache = chain_cache_new();
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *old = g_get_current_dir();
    g_autofree char *path = g_build_filename(dir, "t", NULL);
    g_autofree char *theirs = NULL;
    g_autoptr(GError) error = NULL;
    Layer *top;

    g_assert_cmpint(g_chdir(dir), ==, 0);
    g_free(run("sh", "-ec", one->script, NULL));
    top = chain_resolve(cache, &(ChainImage){path, one->format, FALSE, 0}, 1, FALSE, &error);
    g_assert_no_error(error);
    if (!one->layer)
        theirs = zeros_by_convert(one->format);
    for (guint workers = 1; workers <= 4; workers += 3) {
        pack(one, top, workers);
        g_free(run("qemu-img", "check", "-q", "-f", "qcow2", "packed", NULL));
        g_free(run("qemu-img", "compare", "-q", "-f", one->format, "-F", "qcow2", "t", "packed",
                   NULL));
        /* The clusters that are allocated are those that qemu-img would allocate. */
        if (!one->layer) {
            g_autofree char *ours = zeros_of("packed");

            g_assert_cmpstr(ours, ==, theirs);
        }
        g_assert_cmpint(g_unlink("packed"), ==, 0);
    }
    g_assert_cmpint(g_chdir(old), ==, 0);
}

/* The layer has only its own data: with another image below, that image shows through. */
static void
test_layer_alone(void)
{
    g_autoptr(ChainCache) cache = chain_cache_new();
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *old = g_get_current_dir();
    g_autofree char *path = g_build_filename(dir, "t", NULL);
    g_autoptr(GError) error = NULL;
    const Case one = {.layer = TRUE};
    Layer *top;

    g_assert_cmpint(g_chdir(dir), ==, 0);
    g_free(run("sh", "-ec",
               CREATE "b 4M;" IO "'write -q -P 1 0 4M' b;" CREATE "-b b -F qcow2 t;" IO
               "'write -q -z 64k 64k' -c 'write -q -P 0 1M 64k' -c 'write -q -P 2 2M 64k' t",
               NULL));
    top = chain_resolve(cache, &(ChainImage){path, "qcow2", FALSE, 0}, 1, FALSE, &error);
    g_assert_no_error(error);
    pack(&one, top, 2);
    g_free(run("sh", "-ec", IO "'write -q -P 7 0 4M' b", NULL));
    g_free(run("qemu-img", "compare", "-q", "-f", "qcow2", "-F", "qcow2", "t", "packed", NULL));
    g_assert_cmpint(g_chdir(old), ==, 0);
}

int
main(int argc, char **argv)
{
    register_drivers();
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/packed-sink/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    g_test_add_func("/packed-sink/layer-alone", test_layer_alone);
    g_test_add_func("/packed-sink/full", test_full);
    return g_test_run();
}
