/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "drivers/register.h"
#include "hypervisor/drivers.h"
#include "image/chain.h"
#include "tests/unit/harness.h"
#include "transfer/engine.h"

/* A kernel that does less than it is asked for, which it may, and file systems that refuse direct
 * I/O only when it is used: every way of moving bytes handles both. */

typedef enum {
    MISCHIEF_NONE,
    MISCHIEF_SHORT,     /* short reads and writes, and signals in between */
    MISCHIEF_NO_DIRECT, /* EINVAL for each direct transfer */
} Mischief;

static gint mischief; /* atomic: Mischief */
static gint counter;  /* atomic */
static gint struck;   /* atomic: calls that did not do all */

static gboolean
is_direct(int fd)
{
    return fcntl(fd, F_GETFL) & O_DIRECT;
}

/* Returns: whether the call is to fail, with errno set; else what it is to do of @length and, once
 * done, to hide of that. */
static gboolean
interfere(int fd, size_t *length, size_t *hide)
{
    guint turn = (guint)g_atomic_int_add(&counter, 1);

    *hide = 0;
    if (g_atomic_int_get(&mischief) == MISCHIEF_NO_DIRECT && is_direct(fd)) {
        g_atomic_int_inc(&struck);
        errno = EINVAL;
        return TRUE;
    }
    if (g_atomic_int_get(&mischief) != MISCHIEF_SHORT || *length <= 4096)
        return FALSE;
    g_atomic_int_inc(&struck);
    if (turn % 3 == 0) {
        errno = EINTR;
        return TRUE;
    }
    if (turn % 3 == 1)
        *length = *length / 2 / 4096 * 4096 + 4096;
    /* A direct transfer is of whole sectors, but the number that it returns may be less. */
    *hide = turn % 5 == 0 ? 100 : 0;

    return FALSE;
}

/* These take the place of the C library's, because the program's own come first. */

ssize_t
pread(int fd, void *data, size_t length, off_t offset)
{
    size_t hide;
    ssize_t n;

    if (interfere(fd, &length, &hide))
        return -1;
    n = syscall(SYS_pread64, fd, data, length, offset);

    return n > (ssize_t)hide ? n - (ssize_t)hide : n;
}

ssize_t
pwrite(int fd, const void *data, size_t length, off_t offset)
{
    size_t hide;
    ssize_t n;

    if (interfere(fd, &length, &hide))
        return -1;
    n = syscall(SYS_pwrite64, fd, data, length, offset);

    return n > (ssize_t)hide ? n - (ssize_t)hide : n;
}

/* --- what is moved ----------------------------------------------------------- */

static gboolean
open_copy(EngineItem *item, GError **error)
{
    item->source = drivers_get()->open_file(AT_FDCWD, "t", error);
    if (item->source)
        item->sink = drivers_get()->create_file(AT_FDCWD, "out", item->source->size, 0600, error);

    return item->sink != NULL;
}

static Layer *
resolve(ChainCache *cache, GError **error)
{
    g_autofree char *dir = g_get_current_dir();
    g_autofree char *path = g_build_filename(dir, "t", NULL);

    return chain_resolve(cache, &(ChainImage){path, "qcow2", FALSE, 0}, 1, FALSE, error);
}

static gboolean
open_merge(EngineItem *item, GError **error)
{
    Layer *top = resolve(item->user_data, error);

    item->source = top ? drivers_get()->open_flat(top, NULL, FALSE, error) : NULL;
    if (item->source)
        item->sink = drivers_get()->create_file(AT_FDCWD, "out", item->source->size, 0600, error);

    return item->sink != NULL;
}

static gboolean
open_packed(EngineItem *item, GError **error)
{
    Layer *top = resolve(item->user_data, error);
    PackedImage image = {.level = 1, .digest = TRUE};

    item->source = top ? drivers_get()->open_guest(top, NULL, FALSE, error) : NULL;
    if (!item->source)
        return FALSE;
    image.size = item->source->size;
    item->sink = drivers_get()->create_packed(AT_FDCWD, "out", &image, 0600, error);

    return item->sink != NULL;
}

static const struct {
    const char *name;
    gboolean (*open)(EngineItem *item, GError **error);
    const char *compare;
} ways[] = {
    {"copy", open_copy, "cmp t out"},
    {"merge", open_merge,
     "qemu-img check -q -f qcow2 out && qemu-img compare -q -f qcow2 -F qcow2 t out"},
    {"compress", open_packed,
     "qemu-img check -q -f qcow2 out && qemu-img compare -q -f qcow2 -F qcow2 t out"},
};

/* A chain of which no image ends at a block, with clusters that are compressed. */
#define MAKE_CHAIN                                                                                \
    "head -c 5246099 /dev/urandom >b; qemu-img create -q -f qcow2 -b b -F raw m 6M;"              \
    "qemu-io -f qcow2 -c 'write -q -c -P 3 1M 64k' -c 'write -q -P 4 2M 1M' m;"                   \
    "qemu-img create -q -f qcow2 -b m -F qcow2 t;"                                                \
    "qemu-io -f qcow2 -c 'write -q -P 5 100k 3M' -c 'write -q -z 4M 128k' t; printf x >>t"

static void
move(gsize way, Mischief kind)
{
    g_autoptr(ChainCache) cache = chain_cache_new();
    EngineItem item = {.open = ways[way].open, .user_data = cache, .want_digest = TRUE};
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) error = NULL;
    g_autofree char *digest = NULL;
    g_autofree char *expected = NULL;

    g_ptr_array_add(items, &item);
    g_atomic_int_set(&struck, 0);
    g_atomic_int_set(&mischief, kind);
    g_assert_true(engine_run(items, 3, control, NULL, &error));
    g_atomic_int_set(&mischief, MISCHIEF_NONE);
    g_assert_no_error(error);
    g_test_message("%s: %d calls did not do all", ways[way].name, g_atomic_int_get(&struck));
    g_assert_cmpint(g_atomic_int_get(&struck), >, 2);
    digest = digest_to_string(item.digest);
    expected = fsverity_digest("out");
    g_assert_cmpstr(digest, ==, expected);
    g_free(run("sh", "-ec", ways[way].compare, NULL));
    g_free(run("rm", "-f", "out", NULL));
    engine_item_clear(&item);
}

static void
test_mischief(gconstpointer data)
{
    g_autoptr(Scratch) dir = scratch_new();
    g_autofree char *old = g_get_current_dir();

    g_assert_cmpint(g_chdir(dir), ==, 0);
    g_free(run("sh", "-ec", MAKE_CHAIN, NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(ways); i++)
        move(i, (Mischief)GPOINTER_TO_INT(data));
    g_assert_cmpint(g_chdir(old), ==, 0);
}

int
main(int argc, char **argv)
{
    register_drivers();
    g_test_init(&argc, &argv, NULL);
    g_test_add_data_func("/short-io/short", GINT_TO_POINTER(MISCHIEF_SHORT), test_mischief);
    g_test_add_data_func("/short-io/no-direct", GINT_TO_POINTER(MISCHIEF_NO_DIRECT),
                         test_mischief);
    return g_test_run();
}
