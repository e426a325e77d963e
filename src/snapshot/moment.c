/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "snapshot/moment.h"

static void
moment_member_free(MomentMember *member)
{
    g_free(member->domain);
    g_free(member->uuid);
    g_clear_error(&member->error);
    g_free(member);
}

Moment *
moment_new(void)
{
    Moment *self = g_new0(Moment, 1);

    self->members = g_ptr_array_new_with_free_func((GDestroyNotify)moment_member_free);
    self->warnings = g_ptr_array_new_with_free_func(g_free);

    return self;
}

void
moment_free(Moment *self)
{
    if (!self)
        return;
    g_ptr_array_unref(self->members);
    g_ptr_array_unref(self->warnings);
    g_free(self);
}

MomentMember *
moment_add(Moment *self, const char *domain, const char *uuid, gpointer data)
{
    MomentMember *member = g_new0(MomentMember, 1);

    member->domain = g_strdup(domain);
    member->uuid = g_strdup(uuid);
    member->data = data;
    g_ptr_array_add(self->members, member);

    return member;
}
