/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "import/boot-report.h"

static void
verdict_free(gpointer data)
{
    BootVerdict *verdict = data;

    g_free(verdict->name);
    g_free(verdict->why);
    g_free(verdict);
}

BootReport *
boot_report_new(void)
{
    BootReport *self = g_new0(BootReport, 1);

    self->domains = g_ptr_array_new_with_free_func(verdict_free);
    self->warnings = g_ptr_array_new_with_free_func(g_free);

    return self;
}

gboolean
boot_report_ok(const BootReport *self)
{
    for (guint i = 0; i < self->domains->len; i++) {
        if (!((const BootVerdict *)g_ptr_array_index(self->domains, i))->booted)
            return FALSE;
    }

    return TRUE;
}

void
boot_report_free(BootReport *self)
{
    if (!self)
        return;
    g_ptr_array_unref(self->domains);
    g_ptr_array_unref(self->warnings);
    g_free(self);
}
