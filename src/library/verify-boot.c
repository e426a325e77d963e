/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "import/boot-report.h"
#include "library/verify-boot.h"

struct VirtSnapBootVerdict {
    BootVerdict is;
};

G_DEFINE_BOXED_TYPE(VirtSnapBootVerdict, virt_snap_boot_verdict, virt_snap_boot_verdict_copy,
                    virt_snap_boot_verdict_free)

VirtSnapBootVerdict *
virt_snap_boot_verdict_copy(const VirtSnapBootVerdict *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    VirtSnapBootVerdict *copy = g_new0(VirtSnapBootVerdict, 1);

    copy->is = self->is;
    copy->is.name = g_strdup(self->is.name);
    copy->is.why = g_strdup(self->is.why);

    return copy;
}

void
virt_snap_boot_verdict_free(VirtSnapBootVerdict *self)
{
    if (!self)
        return;
    g_free(self->is.name);
    g_free(self->is.why);
    g_free(self);
}

const char *
virt_snap_boot_verdict_get_name(const VirtSnapBootVerdict *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return self->is.name;
}

gboolean
virt_snap_boot_verdict_get_booted(const VirtSnapBootVerdict *self)
{
    g_return_val_if_fail(self != NULL, FALSE);

    return self->is.booted;
}

const char *
virt_snap_boot_verdict_get_by(const VirtSnapBootVerdict *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return self->is.by;
}

guint
virt_snap_boot_verdict_get_seconds(const VirtSnapBootVerdict *self)
{
    g_return_val_if_fail(self != NULL, 0);

    return self->is.seconds;
}

const char *
virt_snap_boot_verdict_get_why(const VirtSnapBootVerdict *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return self->is.why;
}
