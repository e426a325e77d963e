/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "tests/unit/chain-fixture.h"

/* Chains in which the name of the top image comes with the names of images below it. */

/* What a test names: the top image first, and "-" where nothing is below. */
typedef struct {
    const char *images[8]; /* "format:file" */
    const char *found[8];  /* the same, of the layers that come of it */
} Named;

/* Resolves what is named in @images, NULL-terminated. */
static Layer *
resolve_named(ChainFixture *f, const char *const *images, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    ChainImage chain[8] = {0};
    gsize n = 0;

    while (images[n] && !g_str_equal(images[n], "-")) {
        const char *file = strchr(images[n], ':') + 1;
        char *path = g_build_filename(f->dir, file, NULL);
        char *format = g_strndup(images[n], (gsize)(file - 1 - images[n]));

        g_ptr_array_add(paths, path);
        g_ptr_array_add(paths, format);
        chain[n++] = (ChainImage){path, *format ? format : NULL, FALSE, IMAGE_ON_ANY};
    }

    return chain_resolve(f->cache, chain, n, images[n] != NULL, error);
}

static const char *const named_images =
    "for i in right wrong lower; do qemu-img create -q -f qcow2 $i 1M; done\n"
    "qemu-img create -q -f raw base 1M\n"
    "qemu-img create -q -f qcow2 -b base -F raw mid\n"
    "qemu-img create -q -f qcow2 -b wrong -F qcow2 top\n"
    "qemu-img create -q -f qcow2 -u -b gone -F qcow2 over-gone 1M\n"
    "qemu-img create -q -f qcow2 -u -b nbd://host/x -F raw over-nbd 1M\n"
    "qemu-img create -q -f qcow2 -u -b right -F raw says-raw 1M\n"
    "ln -s right link";

/* The names that are given are followed; below the last of them its header is. */
static void
test_named(ChainFixture *f, gconstpointer data)
{
    static const Named table[] = {
        {{"qcow2:top"}, {"qcow2:top", "qcow2:wrong"}},
        {{"qcow2:top", "-"}, {"qcow2:top"}},
        {{"qcow2:top", "qcow2:right"}, {"qcow2:top", "qcow2:right"}},
        {{"qcow2:top", "qcow2:right", "-"}, {"qcow2:top", "qcow2:right"}},
        {{"qcow2:top", "qcow2:link"}, {"qcow2:top", "qcow2:right"}},
        /* Read as raw it is another disk. */
        {{"qcow2:top", "raw:wrong"}, {"qcow2:top", "raw:wrong"}},
        {{"qcow2:says-raw"}, {"qcow2:says-raw", "raw:right"}},
        {{"qcow2:says-raw", "qcow2:right"}, {"qcow2:says-raw", "qcow2:right"}},
        {{"raw:top"}, {"raw:top"}},
        {{"raw:top", "-"}, {"raw:top"}},
        /* Here the XML says nothing. */
        {{"qcow2:top", "qcow2:mid"}, {"qcow2:top", "qcow2:mid", "raw:base"}},
        {{"qcow2:top", "qcow2:mid", "-"}, {"qcow2:top", "qcow2:mid"}},
        {{"qcow2:top", "qcow2:mid", "qcow2:right"}, {"qcow2:top", "qcow2:mid", "qcow2:right"}},
        {{"qcow2:lower", "qcow2:top"}, {"qcow2:lower", "qcow2:top", "qcow2:wrong"}},
        {{"qcow2:lower", "qcow2:top", "qcow2:mid", "raw:base", "-"},
         {"qcow2:lower", "qcow2:top", "qcow2:mid", "raw:base"}},
        /* References that are not followed do not matter. */
        {{"qcow2:over-gone", "qcow2:right"}, {"qcow2:over-gone", "qcow2:right"}},
        {{"qcow2:over-gone", "-"}, {"qcow2:over-gone"}},
        {{"qcow2:over-nbd", "raw:base"}, {"qcow2:over-nbd", "raw:base"}},
        {{"qcow2:over-nbd", "-"}, {"qcow2:over-nbd"}},
    };

    chain_sh(named_images);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        const Layer *layer = resolve_named(f, table[i].images, &error);

        g_test_message("row %zu", i);
        g_assert_no_error(error);
        for (const char *const *found = table[i].found; *found; found++) {
            g_autofree char *format = g_strndup(*found, strcspn(*found, ":"));

            chain_assert_layer(f, layer, strchr(*found, ':') + 1, format);
            layer = layer->backing;
        }
        g_assert_null(layer);
    }
}

/* Chains that are equal from some image on share their layers from there on; no other layers are
 * shared. */
static void
test_shared(ChainFixture *f, gconstpointer data)
{
    static const char *const chains[][5] = {
        {"qcow2:lower", "qcow2:top", "qcow2:mid", "-"},
        {"qcow2:right", "qcow2:top", "qcow2:mid", "-"},
        {"qcow2:right", "qcow2:top", "qcow2:mid"},
    };
    g_autoptr(GError) error = NULL;
    const Layer *one, *two, *three;

    chain_sh(named_images);
    one = resolve_named(f, chains[0], &error);
    two = resolve_named(f, chains[1], &error);
    three = resolve_named(f, chains[2], &error);
    g_assert_no_error(error);
    g_assert_true(one->backing == two->backing);
    g_assert_true(two->backing != three->backing);
    chain_assert_layer(f, three->backing, "top", "qcow2");
    g_assert_null(two->backing->backing->backing);
    chain_assert_layer(f, three->backing->backing->backing, "base", "raw");
    g_assert_true(two == resolve_named(f, chains[1], &error));
}

static void
test_named_refused(ChainFixture *f, gconstpointer data)
{
    static const struct {
        const char *images[4];
        const char *named; /* in the message */
        int code;
    } table[] = {
        {{"qcow2:top", "qcow2:nowhere"}, "nowhere", VIRT_SNAP_ERROR_NOT_FOUND},
        {{"qcow2:top", "qcow2:base"}, "base", VIRT_SNAP_ERROR_CORRUPT},
        {{"qcow2:top", "vmdk:right"}, "vmdk", VIRT_SNAP_ERROR_NOT_SUPPORTED},
        {{"qcow2:top", "qcow2:over-gone"}, "gone", VIRT_SNAP_ERROR_NOT_FOUND},
        {{"qcow2:top", "qcow2:over-nbd"}, "nbd://host/x", VIRT_SNAP_ERROR_NOT_SUPPORTED},
        {{"raw:base", "qcow2:right"}, "raw", VIRT_SNAP_ERROR_NOT_SUPPORTED},
        {{"qcow2:top", "qcow2:right", "qcow2:top"}, "top", VIRT_SNAP_ERROR_INVALID_STATE},
        {{":top"}, "top", VIRT_SNAP_ERROR_INVALID_STATE},
    };

    chain_sh(named_images);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_null(resolve_named(f, table[i].images, &error));
        g_test_message("%s", error->message);
        g_assert_error(error, VIRT_SNAP_ERROR, table[i].code);
        g_assert_nonnull(strstr(error->message, table[i].named));
    }
}

/* An image that is encrypted as a whole: the guest's data begin behind its header, and an image
 * without such a header is not one. */
static void
test_encrypted(ChainFixture *f, gconstpointer data)
{
    g_autofree char *path = g_build_filename(f->dir, "x", NULL);
    g_autofree char *other = g_build_filename(f->dir, "other", NULL);
    g_autoptr(GError) error = NULL;
    const Layer *plain, *secret;

    /* The payload begins at sector 8. */
    chain_sh("for i in x other; do\n"
             "    printf 'LUKS\\272\\276\\000\\001' >$i; truncate -s 104 $i\n"
             "    printf '\\000\\000\\000\\010' >>$i; truncate -s 1M $i\n"
             "done; printf '\\002' | dd of=other bs=1 seek=7 conv=notrunc status=none");
    secret = chain_resolve(f->cache, &(ChainImage){path, "raw", TRUE, 0}, 1, FALSE, &error);
    plain = chain_resolve(f->cache, &(ChainImage){path, "raw", FALSE, 0}, 1, FALSE, &error);
    g_assert_no_error(error);
    g_assert_true(secret->encrypted && !plain->encrypted);
    g_assert_cmpuint(secret->capacity, ==, (1 << 20) - 4096);
    g_assert_cmpuint(plain->capacity, ==, 1 << 20);
    g_assert_null(chain_resolve(f->cache, &(ChainImage){other, "raw", TRUE, 0}, 1, FALSE, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
    g_assert_nonnull(strstr(error->message, "other"));
}

int
main(int argc, char **argv)
{
    static const ChainTest tests[] = {
        {"named", test_named},
        {"shared", test_shared},
        {"refused", test_named_refused},
        {"encrypted", test_encrypted},
    };

    g_test_init(&argc, &argv, NULL);
    chain_run_tests("/chain-named", tests, G_N_ELEMENTS(tests));
    return g_test_run();
}
