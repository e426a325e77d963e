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
 * What a member of a collection is.
 */
typedef enum {
    VIRT_SNAP_MEMBER_DOMAIN,
    VIRT_SNAP_MEMBER_COLLECTION,
} VirtSnapMember;

/**
 * VirtSnapCollection:
 *
 * A named group of domains, or of other collections: Msvm_VirtualSystemCollection. Its text is
 * the <collection> document of collection.rng.
 */
typedef struct VirtSnapCollection VirtSnapCollection;

GType virt_snap_collection_get_type(void);

/**
 * virt_snap_collection_new:
 * @name: at most 255 characters, without control characters
 * @error: INVALID_PARAMETER if @name is none
 *
 * Makes a collection.
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
 * Returns: (transfer full): the same
 */
VirtSnapCollection *virt_snap_collection_copy(const VirtSnapCollection *self);

/**
 * virt_snap_collection_get_name:
 * @self: a collection
 *
 * Tells its name.
 *
 * Returns: (transfer none): its name
 */
const char *virt_snap_collection_get_name(const VirtSnapCollection *self);

/**
 * virt_snap_collection_dup_members:
 * @self: a collection
 * @kind: which of its members
 *
 * Lists its members.
 *
 * Returns: (transfer full) (array zero-terminated=1): their names, in the order in which they
 * were added
 */
char **virt_snap_collection_dup_members(const VirtSnapCollection *self, VirtSnapMember kind);

/**
 * virt_snap_collection_add:
 * @self: a collection
 * @kind: what @name is
 * @name: of the new member; whether it exists is not looked at
 * @error: ALREADY_EXISTS if it is a member, INVALID_PARAMETER if @name is no name
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
 * @error: NOT_FOUND if it is none
 *
 * Takes a member out.
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
 * Looks for a member.
 *
 * Returns: whether it is a member itself, not only through another collection
 */
gboolean virt_snap_collection_has(const VirtSnapCollection *self, VirtSnapMember kind,
                                  const char *name);

/**
 * virt_snap_collection_parse:
 * @text: (array length=length) (element-type guint8): a <collection>, at most 4 MiB
 * @length: bytes of it
 * @error: INVALID_PARAMETER if the text is too large, no XML, not valid against collection.rng,
 * or names something twice or by what is no name
 *
 * Reads a collection from XML.
 *
 * Returns: (transfer full): what it describes
 */
VirtSnapCollection *virt_snap_collection_parse(const char *text, gsize length, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_format:
 * @self: a collection
 *
 * Writes it as XML.
 *
 * Returns: (transfer full): the <collection> document
 */
char *virt_snap_collection_format(const VirtSnapCollection *self);

/**
 * virt_snap_collection_free:
 * @self: (nullable): a collection
 *
 * Frees it with all in it.
 */
void virt_snap_collection_free(VirtSnapCollection *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtSnapCollection, virt_snap_collection_free)

G_END_DECLS
