/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "import/volume-record.h"
#include "tests/fuzz/fuzz.h"
#include "util/error.h"

const char *const fuzz_corpora[] = {"volumes/valid", "volumes/invalid", "volumes/refused", NULL};

/* Whatever a record names may be removed, so these must be files of one directory, each named once.
 * */
static void
assert_volumes(const VolumeRecord *record)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    g_autofree char *directory = NULL;

    for (guint i = 0; i < record->all->len; i++) {
        const RecordedVolume *volume = g_ptr_array_index(record->all, i);
        g_autofree char *above = g_path_get_dirname(volume->path);

        g_assert_true(g_path_is_absolute(volume->path));
        g_assert_true(g_hash_table_add(seen, volume->path));
        g_assert_cmpstr(directory ? directory : above, ==, above);
        g_free(directory);
        directory = g_steal_pointer(&above);
        g_assert_true(volume->id.inode > 0 || volume->id.device == 0);
    }
}

/* A record that is accepted is formatted as a document that is parsed as the same record. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VolumeRecord) record = volume_record_parse((const char *)data, size, &error);
    g_autoptr(VolumeRecord) again = NULL;
    g_autofree char *written = NULL;
    g_autofree char *rewritten = NULL;

    if (!record) {
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
        return 0;
    }
    assert_volumes(record);
    written = volume_record_format(record);
    again = volume_record_parse(written, strlen(written), &error);
    g_assert_no_error(error);
    rewritten = volume_record_format(again);
    g_assert_cmpstr(written, ==, rewritten);

    return 0;
}
