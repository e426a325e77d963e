/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "archive/journal-content.h"
#include "tests/fuzz/fuzz.h"

const char *const fuzz_corpora[] = {"journal/valid", "journal/invalid", NULL};

static void
assert_sound(const JournalContent *content, const char *data, gsize length)
{
    g_autoptr(GError) error = NULL;

    g_assert_cmpuint(content->length, <=, length);
    g_assert_true((content->identity == NULL) == (content->length == 0));
    if (!content->identity) {
        g_assert_cmpuint(content->layers->len, ==, 0);
        return;
    }
    g_assert_cmpint(data[content->length - 1], ==, '\n');
    g_assert_true(journal_content_check(content, content->identity, &error));
    g_assert_false(journal_content_check(content, "virtsnap-journal 1\nsnapshot x\n", &error));
    for (guint i = 0; i < content->layers->len; i++) {
        const JournalLayer *layer = g_ptr_array_index(content->layers, i);

        g_assert_true(layer->opened || layer->segments->len == 0);
        for (guint k = 0; k < layer->segments->len; k++)
            g_assert_cmpuint(g_array_index(layer->segments, EngineSegment, k).index, <,
                             digest_n_segments(layer->size));
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JournalContent) content = journal_parse((const char *)data, size, &error);

    g_assert_true((content == NULL) == (error != NULL));
    if (content)
        assert_sound(content, (const char *)data, size);
    else
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);

    return 0;
}
