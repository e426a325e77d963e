/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <unistd.h>

#include "collection/collection-store.h"
#include "hypervisor/host-security.h"
#include "import/import-define.h"

static gboolean
define_domain(Hypervisor *hypervisor, const ImportPlan *plan, guint number, ImportUndo *undo,
              GError **error)
{
    const ImportDomain *domain = g_ptr_array_index(plan->domains, number);

    if (!hypervisor->ops->define(hypervisor, domain->xml, error))
        return FALSE;
    import_undo_made(undo, number);
    for (guint i = 0; i < domain->snapshots->len; i++) {
        const ImportSnapshot *snapshot = g_ptr_array_index(domain->snapshots, i);

        if (hypervisor->ops->redefine_snapshot(hypervisor, domain->name, snapshot->xml,
                                               snapshot->current, error))
            continue;
        g_prefix_error(error, _("Snapshot '%s': "), snapshot->name);
        return FALSE;
    }

    return TRUE;
}

/* Removes a memory state that no snapshot uses. It is as large as the memory of the guest and not
 * needed once libvirt has restored it. */
static void
drop_memory(const ImportPlan *plan, const ImportDomain *domain)
{
    if (!plan->settings->with_snapshots)
        unlink(domain->memory);
}

static gboolean
prepare_domain(Hypervisor *hypervisor, const ImportPlan *plan, const ImportDomain *domain,
               GError **error)
{
    gboolean save = !plan->settings->start;

    if (domain->memory) {
        if (!hypervisor->ops->restore(hypervisor, domain->name, domain->memory, save, error))
            return FALSE;
        drop_memory(plan, domain);
        return TRUE;
    }
    if (domain->revert)
        return hypervisor->ops->revert(hypervisor, domain->name, domain->revert, save, error);

    return save || hypervisor->ops->start(hypervisor, domain->name, error);
}

static gboolean
prepare_explained(Hypervisor *hypervisor, const ImportPlan *plan, const ImportDomain *domain,
                  GError **error)
{
    g_autoptr(GError) why = NULL;

    if (prepare_domain(hypervisor, plan, domain, &why))
        return TRUE;
    host_explain_denied(hypervisor, plan->pool ? plan->pool : plan->directory, why);
    g_propagate_prefixed_error(error, g_steal_pointer(&why), _("Domain '%s': "), domain->name);

    return FALSE;
}

static gboolean
define_collections(const ImportPlan *plan, ImportUndo *undo, GError **error)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);

    for (guint i = 0; i < plan->collections->len; i++) {
        if (!virt_snap_collection_store_create(store, g_ptr_array_index(plan->collections, i),
                                               error))
            return FALSE;
        import_undo_made_collection(undo, i);
    }

    return TRUE;
}

gboolean
import_define(Hypervisor *hypervisor, const ImportPlan *plan, ImportUndo *undo, Control *control,
              GError **error)
{
    if (!plan->settings->define)
        return TRUE;
    for (guint i = 0; i < plan->domains->len; i++) {
        const ImportDomain *domain = g_ptr_array_index(plan->domains, i);

        if (!control_pass(control, 0, error))
            return FALSE;
        if (!define_domain(hypervisor, plan, i, undo, error)) {
            g_prefix_error(error, _("Domain '%s': "), domain->name);
            return FALSE;
        }
    }
    if (!define_collections(plan, undo, error))
        return FALSE;
    for (guint i = 0; i < plan->domains->len; i++) {
        const ImportDomain *domain = g_ptr_array_index(plan->domains, i);

        if (!control_pass(control, 0, error))
            return FALSE;
        if (!prepare_explained(hypervisor, plan, domain, error))
            return FALSE;
        import_undo_touch(undo);
    }

    return control_pass(control, 0, error);
}

void
import_start(Hypervisor *hypervisor, const ImportPlan *plan, GPtrArray *warnings)
{
    for (guint i = 0; plan->settings->start && i < plan->domains->len; i++) {
        const ImportDomain *domain = g_ptr_array_index(plan->domains, i);
        g_autoptr(GError) error = NULL;

        if (!hypervisor->ops->resume(hypervisor, domain->name, &error))
            g_ptr_array_add(warnings, g_strdup_printf(_("Domain '%s' is imported, and does not "
                                                        "run: %s"),
                                                      domain->name, error->message));
    }
}
