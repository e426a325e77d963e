/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "hypervisor/tpm-def.h"
#include "import/host-firmware.h"
#include "import/import-plan.h"

G_BEGIN_DECLS

/** A domain of the export with all its documents, parsed. */
typedef struct {
    ImportDomain *to; /* not owned */
    const ImportSource *source;
    gsize *room;          /* not owned: see import_member_new() */
    xmlDoc *xml;          /* domain.xml */
    GPtrArray *snapshots; /* xmlDoc: the <domainsnapshot> of each wanted snapshot, in the order of
                           * the manifest */
    GPtrArray *memories;  /* xmlDoc: the XML in the memory state of the exported snapshot, and then
                           * of the others of @snapshots; NULL: it has no file of its own */
    GPtrArray *files;     /* DomainFile of domain.xml */
    TpmDef *tpm;          /* the emulated TPM of domain.xml, or NULL */
    GPtrArray *states;    /* ManifestFile: the state of that; empty: the export has none */
    const char **elements; /* elements of <os> whose file is in the export, terminated by NULL */
} ImportMember;

/**
 * import_member_new:
 * @to: the imported domain, with its new names
 * @room: (inout): how many bytes of memory the documents of this and all other members may take,
 * which are all held until the import is planned; it has to be there as long as the member
 *
 * Reads and parses the member's documents, which are not trusted yet. Returns: owned by the caller;
 * NULL with CORRUPT or NOT_SUPPORTED naming a document that is not as it has to be, or too large.
 */
ImportMember *import_member_new(ImportDomain *to, const ImportSource *source,
                                gboolean with_snapshots, gsize *room,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** What all documents of the members of an export may take in memory. */
#define IMPORT_MEMBERS_BYTES ((gsize)1 << 30)

/** import_member_take: Takes @bytes, which what was made of @path takes, from the room that is
 * left. Returns: FALSE with NOT_SUPPORTED if there is not so much. */
gboolean import_member_take(const ImportMember *self, const char *path, gsize bytes,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_member_file: Returns: (transfer none) (nullable): the member's file @name. */
const ManifestFile *import_member_file(const ImportMember *self, const char *name);

/** import_member_copy: Returns: (transfer none) (nullable): the file in the export that is the copy
 * of file @index of @self->files. */
const ManifestFile *import_member_copy(const ImportMember *self, guint index);

/** import_member_flash: Returns: what the export has of the member's firmware; its strings are
 * owned by @self. */
HostFlash import_member_flash(const ImportMember *self);

/** import_member_domains: Returns: (transfer container) (element-type xmlNode): every <domain> of
 * the member that the import writes: that of domain.xml first, then those of its snapshots and
 * memory states. */
GPtrArray *import_member_domains(const ImportMember *self);

/** import_member_first: Returns: (transfer none): the exported snapshot. */
const ManifestSnapshot *import_member_first(const ImportMember *self);

/** import_member_memory: Returns: (transfer none) (nullable): the file with the memory state of its
 * snapshot @index. */
const ManifestFile *import_member_memory(const ImportMember *self, guint index);

/** import_member_targets: Returns: the targets of the disks that the manifest has of its snapshot
 * @index, which are those that an import replaces in documents of this snapshot; terminated by
 * NULL. The array is owned by the caller, its strings by the manifest. */
const char **import_member_targets(const ImportMember *self, guint index);

/** import_snapshot_file: Returns: the path, in the member's directory, of the XML of its snapshot
 * @index; owned by the caller. */
char *import_snapshot_file(const ManifestDomain *domain, guint index);

void import_member_free(ImportMember *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportMember, import_member_free)

G_END_DECLS
