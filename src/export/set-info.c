/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "collection/members.h"
#include "export/export.h"
#include "export/set-info.h"
#include "util/strings.h"

/* An image that is gone, or is written to again, stops an export; of others nothing is known. */
static void
take_refusal(SetInfo *info, const GError *error)
{
    static const VirtSnapError changed[] = {VIRT_SNAP_ERROR_INVALID_STATE,
                                            VIRT_SNAP_ERROR_NOT_FOUND, VIRT_SNAP_ERROR_CORRUPT};

    if (virt_snap_error_is(error, changed, G_N_ELEMENTS(changed)))
        g_ptr_array_add(info->changes, g_strdup(error->message));
    else
        info->unseen = g_strdup(error->message);
}

/* What an export would say of the images is what is so. */
static void
look_at_images(SetInfo *info, Hypervisor *hypervisor, const Members *members,
               const char *collection, const char *snapshot)
{
    g_autoptr(VirtSnapExportSettings) settings = virt_snap_export_settings_new();
    g_autoptr(Control) control = control_new();
    g_autoptr(GError) why = NULL;
    const ExportSubject subject = {.collection = collection,
                                   .domains = members->domains,
                                   .snapshot = snapshot,
                                   .settings = settings};
    g_autoptr(Plan) plan = export_plan(hypervisor, &subject, control, &why);

    if (!plan) {
        take_refusal(info, why);
        return;
    }
    strings_append(info->changes, plan->changed);
}

SetInfo *
set_info_new(Hypervisor *hypervisor, const char *collection, const char *snapshot, GError **error)
{
    g_autoptr(Members) members = members_new(collection, NULL, error);
    g_autoptr(SetInfo) info = g_new0(SetInfo, 1);

    if (!members)
        return NULL;
    info->changes = g_ptr_array_new_with_free_func(g_free);
    info->state = set_state_new(hypervisor, collection, members->domains, snapshot, error);
    if (!info->state)
        return NULL;
    if (!set_state_is_partial(info->state))
        look_at_images(info, hypervisor, members, collection, snapshot);

    return g_steal_pointer(&info);
}

const char *
set_info_status(const SetInfo *self)
{
    if (set_state_is_partial(self->state))
        return "partial";

    return self->changes->len > 0 ? "changed" : "complete";
}

void
set_info_free(SetInfo *self)
{
    if (!self)
        return;
    g_clear_pointer(&self->state, set_state_free);
    g_clear_pointer(&self->changes, g_ptr_array_unref);
    g_free(self->unseen);
    g_free(self);
}
