/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>

#include "hypervisor/snapshot-def.h"
#include "import/import-undo-domain.h"
#include "import/import-volumes.h"
#include "util/fd.h"

DomainOwner
undo_domain_owner(const ImportUndo *self, const DomainRecord *record)
{
    g_autoptr(GPtrArray) paths = domain_image_paths(record->xml, NULL, NULL);
    g_autofree char *prefix = g_strconcat(self->directory, "/", NULL);

    if (!paths || paths->len == 0)
        return DOMAIN_UNKNOWN;
    for (guint i = 0; i < paths->len; i++) {
        const char *path = g_ptr_array_index(paths, i);

        if (g_str_has_prefix(path, prefix) ||
            (self->volumes && import_volumes_has(self->volumes, path)))
            return DOMAIN_OF_IMPORT;
    }

    return DOMAIN_OF_OTHERS;
}

/* Whether the domain is to be undefined. One that this process has defined itself is known,
 * whatever images it has. */
static gboolean
is_domain_to_go(ImportUndo *self, const UndoDomain *domain, const DomainRecord *record)
{
    DomainOwner owner;

    if (!record || !g_str_equal(record->name, domain->name))
        return FALSE;
    if (domain->made && !self->found)
        return TRUE;
    owner = undo_domain_owner(self, record);
    if (owner != DOMAIN_OF_IMPORT && self->found)
        g_ptr_array_add(self->left, g_strdup(record->name));

    return owner == DOMAIN_OF_IMPORT;
}

gboolean
undo_domain_describe(const UndoDomain *domain, Hypervisor *hypervisor, DomainRecord **record,
                     gboolean *running, GError **error)
{
    g_autoptr(GError) why = NULL;

    *running = FALSE;
    *record = hypervisor->ops->describe(hypervisor, domain->uuid, running, &why);
    if (!why)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

static gboolean
undefine_domain(ImportUndo *self, Hypervisor *hypervisor, const UndoDomain *domain,
                GError **error)
{
    g_autoptr(DomainRecord) record = NULL;
    gboolean running;

    if (!undo_domain_describe(domain, hypervisor, &record, &running, error))
        return FALSE;
    if (!is_domain_to_go(self, domain, record))
        return TRUE;

    return hypervisor->ops->undefine(hypervisor, domain->uuid, domain->variables, error);
}

/* Removes the state of the TPM, unless there is still a domain with that UUID, whose it is then. */
static gboolean
remove_state(const UndoDomain *domain, Hypervisor *hypervisor, GError **error)
{
    g_autoptr(DomainRecord) record = NULL;
    gboolean running;

    if (!domain->made_state || !domain->tpm)
        return TRUE;

    return undo_domain_describe(domain, hypervisor, &record, &running, error) &&
           (record || tree_remove_at(AT_FDCWD, domain->tpm, error));
}

gboolean
undo_domain_take_back(ImportUndo *self, Hypervisor *hypervisor, const UndoDomain *domain,
                      GError **error)
{
    return undefine_domain(self, hypervisor, domain, error) &&
           remove_state(domain, hypervisor, error);
}
