/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>

#include "drivers/register.h"
#include "hypervisor/drivers.h"
#include "image/chain.h"
#include "tests/unit/harness.h"
#include "transfer/engine.h"
#include "util/fd.h"

/* Whole chains and internal snapshots, read through QEMU and written as one image: it has to say
 * what `qemu-img convert` says. */

#define CREATE "qemu-img create -q -f qcow2 "
#define IO "qemu-io -f qcow2 -c "

typedef struct {
    const char *name;
    const char *script;   /* makes the images; prints nothing */
    const char *top;
    const char *format;
    const char *snapshot; /* internal, or NULL */
    const char *id;       /* of that snapshot, for qemu-img */
} Case;

static const Case cases[] = {
    {"raw", "qemu-img create -q -f raw t 3M; qemu-io -f raw -c 'write -q -P 7 1M 70k' t", "t",
     "raw", NULL, NULL},
    {"a raw disk that is no whole cluster", "head -c 1049088 /dev/urandom >t", "t", "raw", NULL,
     NULL},
    {"a chain",
     "qemu-img create -q -f raw b 4M; qemu-io -f raw -c 'write -q -P 1 0 2M' b\n" CREATE
     "-b b -F raw m;" IO "'write -q -P 2 1M 2M' m\n" CREATE "-b m -F qcow2 t;" IO
     "'write -q -P 3 64k 3' t;" IO "'write -q -z 2M 128k' t;" IO "'discard -q 0 64k' t",
     "t", "qcow2", NULL, NULL},
    {"larger than its base",
     CREATE "b 1M;" IO "'write -q -P 1 0 1M' b;" CREATE "-b b -F qcow2 t 5M;" IO
            "'write -q -P 4 4M 4k' t",
     "t", "qcow2", NULL, NULL},
    {"smaller than its base",
     CREATE "b 5M;" IO "'write -q -P 1 0 5M' b;" CREATE "-b b -F qcow2 t 2M", "t", "qcow2", NULL,
     NULL},
    {"compressed, tiny clusters, zeros",
     CREATE "-o cluster_size=512 t 2M;" IO "'write -q -c -P 5 0 64k' t;" IO
            "'write -q -z 128k 64k' t;" IO "'write -q -P 6 2097000 152' t",
     "t", "qcow2", NULL, NULL},
    {"an internal snapshot, written over since",
     CREATE "t 2M;" IO "'write -q -P 1 0 1M' t; qemu-img snapshot -c s t;" IO
            "'write -q -P 2 512k 1M' t",
     "t", "qcow2", "s", "1"},
    {"an internal snapshot on a chain",
     CREATE "b 2M;" IO "'write -q -P 9 0 2M' b;" CREATE "-b b -F qcow2 t;" IO
            "'write -q -P 1 0 64k' t; qemu-img snapshot -c s t;" IO "'write -q -P 2 0 1M' t",
     "t", "qcow2", "s", "1"},
    {"a snapshot whose name is another's number",
     CREATE "t 1M;" IO "'write -q -P 1 0 1M' t; qemu-img snapshot -c 2 t;" IO
            "'write -q -P 2 0 1M' t; qemu-img snapshot -c 1 t;" IO "'write -q -P 3 0 1M' t",
     "t", "qcow2", "1", "2"},
    {"a snapshot with a name of signs",
     CREATE "t 1M;" IO "'write -q -P 1 0 1M' t; qemu-img snapshot -c 'a,b=c & <é>' t;" IO
            "'write -q -P 2 0 1M' t",
     "t", "qcow2", "a,b=c & <é>", "1"},
    {"files with names of signs",
     "qemu-img create -q -f raw './b\"x,y:z' 1M; qemu-io -f raw -c 'write -q -P 1 0 1M' "
     "'./b\"x,y:z'\n" CREATE "-b './b\"x,y:z' -F raw './json:{t} ñ'",
     "json:{t} ñ", "qcow2", NULL, NULL},
};

static gboolean
open_flat(EngineItem *item, GError **error)
{
    const Case *one = item->user_data;
    g_autoptr(ChainCache) cache = chain_cache_new();
    g_autofree char *dir = g_get_current_dir();
    g_autofree char *path = g_build_filename(dir, one->top, NULL);
    Layer *top = chain_resolve(cache, &(ChainImage){path, one->format, FALSE, 0}, 1, FALSE, error);

    if (!top)
        return FALSE;
    item->source = drivers_get()->open_flat(top, one->snapshot, FALSE, error);
    if (!item->source)
        return FALSE;
    item->sink = drivers_get()->create_file(AT_FDCWD, "flat", item->source->size, 0400,
                                            error);

    return item->sink != NULL;
}

static void
test_case(gconstpointer data)
{
    const Case *one = data;
    EngineItem item = {.open = open_flat, .user_data = (gpointer)one};
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(Control) control = control_new();
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *old = g_get_current_dir();
    g_autofree char *id = g_strdup_printf("snapshot.id=%s", one->id);
    g_autofree char *name = g_strdup_printf("./%s", one->top);
    /* QEMU cannot be kept from renewing the access time where nothing can be mounted. */
    gboolean may_mount = run_status("unshare", "-m", "true", NULL) == 0;
    const char *times = may_mount ? "stat -c '%n %x %y %z %s' -- *" : "stat -c '%n %y %z %s' -- *";
    g_autofree char *before = NULL;
    g_autofree char *after = NULL;
    g_autofree char *content = NULL;
    g_autofree char *content_after = NULL;
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(g_chdir(dir), ==, 0);
    g_free(run("sh", "-ec", one->script, NULL));
    /* Times of last access that any read would renew, whatever the mount options. */
    content = run("sh", "-c", "sha256sum -- *; touch -a -d 2001-01-01 -- *", NULL);
    before = run("sh", "-c", times, NULL);
    g_ptr_array_add(items, &item);
    g_assert_true(engine_run(items, 3, control, NULL, &error));
    g_assert_no_error(error);
    engine_item_clear(&item);

    g_free(run("qemu-img", "check", "-q", "-f", "qcow2", "flat", NULL));
    g_free(run("mv", "flat", "..", NULL));
    /* Not a byte and not a time of the sources has changed. */
    after = run("sh", "-c", times, NULL);
    g_assert_cmpstr(after, ==, before);
    content_after = run("sh", "-c", "sha256sum -- *", NULL);
    g_assert_cmpstr(content_after, ==, content);
    if (one->id)
        g_free(run("qemu-img", "convert", "-f", one->format, "-O", "raw", "-l", id, name,
                   "wanted", NULL));
    else
        g_free(run("qemu-img", "convert", "-f", one->format, "-O", "raw", name, "wanted", NULL));
    g_free(run("qemu-img", "compare", "-q", "-f", "raw", "-F", "qcow2", "wanted", "../flat",
               NULL));
    g_free(run("rm", "-f", "../flat", NULL));
    g_assert_cmpint(g_chdir(old), ==, 0);
}

/* A snapshot that is not there is said to be so, by QEMU's own words if need be. */
static void
test_no_snapshot(void)
{
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *path = g_build_filename(dir, "t", NULL);
    g_autoptr(ChainCache) cache = chain_cache_new();
    g_autoptr(GError) error = NULL;
    Layer *top;

    g_free(run("qemu-img", "create", "-q", "-f", "qcow2", path, "1M", NULL));
    top = chain_resolve(cache, &(ChainImage){path, "qcow2", FALSE, 0}, 1, FALSE, &error);
    g_assert_no_error(error);
    g_assert_null(drivers_get()->open_flat(top, "gone", FALSE, &error));
    g_assert_nonnull(error);
    g_test_message("%s", error->message);
    g_assert_nonnull(strstr(error->message, path));
}

static void
ignore_progress(G_GNUC_UNUSED double done, G_GNUC_UNUSED gpointer data)
{
}

/* Callers say what they like for «no limit», and QEMU refuses what is above its own bound. */
static void
test_largest_limit(void)
{
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *old = g_get_current_dir();
    g_autofree char *path = g_build_filename(dir, "t", NULL);
    g_autoptr(ChainCache) cache = chain_cache_new();
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) error = NULL;
    Layer *top;

    g_assert_cmpint(g_chdir(dir), ==, 0);
    g_free(run("sh", "-ec", CREATE "b 1M;" CREATE "-b b -F qcow2 t;" IO "'write -q -P 1 0 64k' t",
               NULL));
    g_assert_cmpint(g_chdir(old), ==, 0);
    top = chain_resolve(cache, &(ChainImage){path, "qcow2", FALSE, 0}, 1, FALSE, &error);
    g_assert_no_error(error);
    control_set_bandwidth(control, G_MAXUINT64);
    drivers_get()->commit_image(top, control, ignore_progress, NULL, &error);
    g_assert_no_error(error);
    drivers_get()->flatten_image(top, control, ignore_progress, NULL, &error);
    g_assert_no_error(error);
}

int
main(int argc, char **argv)
{
    register_drivers();
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *path = g_strdup_printf("/flatten/%s", cases[i].name);

        g_test_add_data_func(path, &cases[i], test_case);
    }
    g_test_add_func("/flatten/no-snapshot", test_no_snapshot);
    g_test_add_func("/flatten/largest-limit", test_largest_limit);
    return g_test_run();
}
