/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "import/import-plan.h"

G_BEGIN_DECLS

/** A domain of the export with all documents of it, parsed. */
typedef struct {
    ImportDomain *to; /* not owned */
    const ImportSource *source;
    xmlDoc *xml;          /* domain.xml */
    GPtrArray *snapshots; /* xmlDoc: their <domainsnapshot>, as in the manifest; those that are
                           * not wanted are not in it */
    xmlDoc *memory;       /* what the memory state says of the domain, or NULL */
    GPtrArray *files;     /* DomainFile of domain.xml */
    const char **targets; /* of its disks, ended by NULL */
    const char **elements; /* whose file the export has, ended by NULL */
} ImportMember;

/**
 * import_member_new:
 * @to: what it is to become, with its names
 *
 * Reads and parses the member's documents; nothing of them is believed yet. Returns: owned by the
 * caller.
 */
ImportMember *import_member_new(ImportDomain *to, const ImportSource *source,
                                gboolean with_snapshots, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_member_file: Returns: (transfer none) (nullable): the member's file @name. */
const ManifestFile *import_member_file(const ImportMember *self, const char *name);

/** import_member_copy: Returns: (transfer none) (nullable): the export's copy of the file that
 * number @index of @self->files names. */
const ManifestFile *import_member_copy(const ImportMember *self, guint index);

/** import_member_first: Returns: (transfer none): the snapshot that was exported. */
const ManifestSnapshot *import_member_first(const ImportMember *self);

/** What the export calls the memory state of that. */
#define IMPORT_MEMORY_FILE "memory.save"

/** import_snapshot_file: Returns: where, in the member's directory, the export has the description
 * of its snapshot number @index; owned by the caller. */
char *import_snapshot_file(const ManifestDomain *domain, guint index);

void import_member_free(ImportMember *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportMember, import_member_free)

G_END_DECLS
