/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib.h>

#include "archive/export-place.h"
#include "util/format.h"
#include "util/name.h"
#include "util/path.h"

ExportPlace *
export_place_new(const char *directory, const char *name, const char *snapshot,
                 gboolean subdirectory)
{
    ExportPlace *self = g_new0(ExportPlace, 1);

    self->directory = path_canonical(directory);
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

char *
export_place_parent(const ExportPlace *self)
{
    g_autofree char *component = NULL;

    if (!self->subdirectory)
        return g_path_get_dirname(self->directory);
    component = name_to_component(self->name);

    return g_build_filename(self->directory, component, NULL);
}

char *
export_place_entry(const ExportPlace *self)
{
    return self->subdirectory ? name_to_component(self->snapshot)
                              : g_path_get_basename(self->directory);
}

char *
export_place_path(const ExportPlace *self)
{
    g_autofree char *parent = export_place_parent(self);
    g_autofree char *entry = export_place_entry(self);

    return g_build_filename(parent, entry, NULL);
}

ExportPlace *
export_place_copy(const ExportPlace *self)
{
    ExportPlace *copy = g_new0(ExportPlace, 1);

    *copy = (ExportPlace){g_strdup(self->directory), g_strdup(self->name),
                          g_strdup(self->snapshot), self->subdirectory, self->deep};

    return copy;
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
