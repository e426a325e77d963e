/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib.h>

#include "archive/export-place.h"
#include "util/format.h"

ExportPlace *
export_place_new(const char *directory, const char *name, const char *snapshot,
                 gboolean subdirectory)
{
    ExportPlace *self = g_new0(ExportPlace, 1);

    /* An empty path is kept as it is, because it is a mistake and does not mean the working
     * directory; target_new() refuses it. */
    self->directory = *directory ? g_canonicalize_filename(directory, NULL) : g_strdup("");
    self->name = g_strdup(name);
    self->snapshot = snapshot ? g_strdup(snapshot)
                              : format_time_name(g_get_real_time() / G_USEC_PER_SEC);
    self->subdirectory = subdirectory;

    return self;
}

void
export_place_take_name(ExportPlace *self, char *name)
{
    g_free(self->name);
    self->name = name;
}

ExportPlace *
export_place_copy(const ExportPlace *self)
{
    return export_place_new(self->directory, self->name, self->snapshot, self->subdirectory);
}

void
export_place_free(ExportPlace *self)
{
    if (!self)
        return;
    g_free(self->directory);
    g_free(self->name);
    g_free(self->snapshot);
    g_free(self);
}
