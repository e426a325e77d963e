/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "snapshot/create-plan.h"

/* --- settings -------------------------------------------------------------------------- */

void
create_settings_default(CreateSettings *self)
{
    *self = (CreateSettings){.level = MOMENT_PAUSE, .by_default = TRUE};
}

void
create_settings_choose(CreateSettings *self, MomentLevel level)
{
    self->level = level;
    self->by_default = FALSE;
}

gboolean
create_settings_check(CreateSettings *self, GError **error)
{
    if ((self->memory || self->internal) && self->level == MOMENT_FREEZE) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("A snapshot with memory is one of a paused domain, and cannot be of frozen "
                      "file systems as well: they would be frozen when it is applied"));
        return FALSE;
    }
    if ((self->memory || self->internal) && self->reference_point) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("A reference point can be made with a recovery set only, of external "
                      "snapshots without memory"));
        return FALSE;
    }
    if (self->timeout > MOMENT_TIMEOUT_MAX) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("A guest agent cannot be given %u seconds to answer; %u are the most"),
                    self->timeout, MOMENT_TIMEOUT_MAX);
        return FALSE;
    }
    if (self->memory || self->internal)
        create_settings_choose(self, MOMENT_PAUSE);

    return TRUE;
}

char *
create_default_name(void)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();

    return g_date_time_format(now, "%Y%m%dT%H%M%SZ");
}

void
create_plan_free(CreatePlan *self)
{
    if (!self)
        return;
    set_record_free(self->record);
    g_ptr_array_unref(self->documents);
    g_ptr_array_unref(self->others);
    g_ptr_array_unref(self->warnings);
    g_free(self);
}
