/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "hypervisor/domain-files.h"
#include "tests/fuzz/fuzz.h"
#include "util/xml.h"

const char *const fuzz_corpora[] = {"domain-files", NULL};

/* Each file that a domain names beside its disks has a name for messages, and each that is copied
 * gets a path inside the export. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(xmlDoc) doc = xml_parse((const char *)data, size, "fuzz", NULL);
    g_autoptr(GPtrArray) files = NULL;

    if (!doc)
        return 0;
    files = domain_files_parse(xmlDocGetRootElement(doc));
    for (guint i = 0; i < files->len; i++) {
        const DomainFile *file = g_ptr_array_index(files, i);

        g_assert_nonnull(file->element);
        g_assert_nonnull(file->source);
        if (file->fate == DOMAIN_FILE_NAMED)
            continue;
        g_assert_nonnull(file->role);
        g_assert_true(file->name && *file->name && !strchr(file->name, '/'));
    }

    return 0;
}
