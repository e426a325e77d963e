/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "import/import-undo-record.h"

G_BEGIN_DECLS

/* Domains in the record of an import. */

/** Who has defined a domain with a recorded UUID. */
typedef enum {
    DOMAIN_OF_IMPORT,
    DOMAIN_OF_OTHERS,
    DOMAIN_UNKNOWN, /* it has no image by which to tell: none at all, or volumes, or remote ones */
} DomainOwner;

/** undo_domain_owner: Returns: whether the domain @record was defined by this import, or in another
 * way. */
DomainOwner undo_domain_owner(const ImportUndo *self, const DomainRecord *record);

/** undo_domain_describe: @record: (out) (nullable): owned by the caller; NULL: there is no such
 * domain. @running: (out). Returns: FALSE with an error if that cannot be found out. */
gboolean undo_domain_describe(const UndoDomain *domain, Hypervisor *hypervisor,
                              DomainRecord **record, gboolean *running, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** undo_domain_take_back: Undefines @domain, if it is of the import, and removes the state of its
 * TPM. */
gboolean undo_domain_take_back(ImportUndo *self, Hypervisor *hypervisor, const UndoDomain *domain,
                               GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
