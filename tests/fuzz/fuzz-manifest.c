/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "archive/manifest.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpora[] = {"manifest/valid", "manifest/invalid", "manifest/refused",
                                    NULL};

/* No path of a manifest that is accepted leads out of the export. */
static void
assert_inside(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);

    g_assert_cmpint(*path, !=, '\0');
    for (char **part = parts; *part; part++) {
        g_assert_cmpint(**part, !=, '\0');
        g_assert_cmpint(**part, !=, '.');
    }
}

static void
assert_sound(const Manifest *manifest)
{
    for (guint i = 0; i < manifest->files->len; i++) {
        const ManifestFile *file = g_ptr_array_index(manifest->files, i);
        guint depth = 0;

        assert_inside(file->path);
        g_assert_true(manifest_file(manifest, file->path) == file);
        if (file->nodes && file->has_digest)
            g_assert_cmpuint(g_bytes_get_size(file->nodes), ==,
                             digest_n_segments(file->bytes) * DIGEST_BYTES);
        for (; file->backing; file = manifest_file(manifest, file->backing))
            g_assert_cmpuint(depth++, <, manifest->files->len);
    }
    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);

        assert_inside(domain->directory);
        g_assert_cmpuint(domain->snapshots->len, >, 0);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Manifest) manifest = manifest_parse((const char *)data, size, &error);

    g_assert_true((manifest == NULL) == (error != NULL));
    if (manifest)
        assert_sound(manifest);
    else if (!g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED))
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);

    return 0;
}
