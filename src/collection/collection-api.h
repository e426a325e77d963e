/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib-object.h>

#include "util/error.h"

G_BEGIN_DECLS

/**
 * VirtSnapMember:
 * @VIRT_SNAP_MEMBER_DOMAIN: a domain
 * @VIRT_SNAP_MEMBER_COLLECTION: another collection
 *
 * The kind of a member of a collection.
 */
typedef enum {
    VIRT_SNAP_MEMBER_DOMAIN,
    VIRT_SNAP_MEMBER_COLLECTION,
} VirtSnapMember;

/**
 * VirtSnapCollection:
 *
 * A named group of domains and of other collections, as Msvm_VirtualSystemCollection. As text it is
 * a <collection> document (schema: collection.rng).
 */
typedef struct VirtSnapCollection VirtSnapCollection;

GType virt_snap_collection_get_type(void);

/**
 * virt_snap_collection_new:
 * @name: at most 255 characters, without control characters
 * @error: INVALID_PARAMETER if @name is not a valid name
 *
 * Creates a collection.
 *
 * Returns: (transfer full): a collection without members
 */
VirtSnapCollection *virt_snap_collection_new(const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_copy:
 * @self: a collection
 *
 * Copies a collection.
 *
 * Returns: (transfer full): a copy
 */
VirtSnapCollection *virt_snap_collection_copy(const VirtSnapCollection *self);

/**
 * virt_snap_collection_get_name:
 * @self: a collection
 *
 * Gets the name of a collection.
 *
 * Returns: (transfer none): its name
 */
const char *virt_snap_collection_get_name(const VirtSnapCollection *self);

/**
 * virt_snap_collection_dup_members:
 * @self: a collection
 * @kind: which of its members
 *
 * Lists the members of one kind.
 *
 * Returns: (transfer full) (array zero-terminated=1): their names, in the order in which they
 * were added
 */
char **virt_snap_collection_dup_members(const VirtSnapCollection *self, VirtSnapMember kind);

/**
 * virt_snap_collection_add:
 * @self: a collection
 * @kind: what @name is
 * @name: name of the new member, which need not exist
 * @error: ALREADY_EXISTS if it is a member already, INVALID_PARAMETER if @name is not a valid name
 *
 * Appends a member.
 *
 * Returns: whether that was done
 */
gboolean virt_snap_collection_add(VirtSnapCollection *self, VirtSnapMember kind, const char *name,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_remove:
 * @self: a collection
 * @kind: what @name is
 * @name: of a member
 * @error: NOT_FOUND if it is not a member
 *
 * Removes a member.
 *
 * Returns: whether that was done
 */
gboolean virt_snap_collection_remove(VirtSnapCollection *self, VirtSnapMember kind,
                                     const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_has:
 * @self: a collection
 * @kind: what @name is
 * @name: of a domain or a collection
 *
 * Checks whether a collection has a member.
 *
 * Returns: whether it is a direct member; members of member collections do not count
 */
gboolean virt_snap_collection_has(const VirtSnapCollection *self, VirtSnapMember kind,
                                  const char *name);

/**
 * virt_snap_collection_parse:
 * @text: (array length=length) (element-type guint8): a <collection> document, at most 4 MiB
 * @length: its length in bytes
 * @error: INVALID_PARAMETER if the text is too large, no XML, not valid against collection.rng, or
 * has a member twice or with an invalid name
 *
 * Reads a collection from XML.
 *
 * Returns: (transfer full): the collection
 */
VirtSnapCollection *virt_snap_collection_parse(const char *text, gsize length, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_format:
 * @self: a collection
 *
 * Formats a collection as XML.
 *
 * Returns: (transfer full): the <collection> document
 */
char *virt_snap_collection_format(const VirtSnapCollection *self);

/**
 * virt_snap_collection_free:
 * @self: (nullable): a collection
 *
 * Frees @self and its members.
 */
void virt_snap_collection_free(VirtSnapCollection *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtSnapCollection, virt_snap_collection_free)

G_END_DECLS
