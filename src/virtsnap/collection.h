/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* A named group of domains, or of other collections: Msvm_VirtualSystemCollection. Its text is
 * the <collection> document of xml-schemas/collection.rng. */

/** What a member of a collection is. */
typedef enum {
    VIRT_SNAP_MEMBER_DOMAIN,
    VIRT_SNAP_MEMBER_COLLECTION,
} VirtSnapMember;

/** What virt_snap_collection_parse() takes, in bytes: more than ten thousand of the longest
 * names. */
#define VIRT_SNAP_COLLECTION_TEXT_MAX ((gsize)4 << 20)

typedef struct {
    char *name;
    GPtrArray *domains;     /* char *: names, in the order in which they were added */
    GPtrArray *collections; /* char *: likewise */
} VirtSnapCollection;

/**
 * virt_snap_collection_new:
 *
 * Returns: a collection @name without members, owned by the caller; INVALID_PARAMETER if @name
 * is none (see name_check()).
 */
VirtSnapCollection *virt_snap_collection_new(const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_add:
 *
 * Appends the member @name. Whether it exists is not looked at. Returns: FALSE with
 * ALREADY_EXISTS if it is a member, with INVALID_PARAMETER if @name is no name.
 */
gboolean virt_snap_collection_add(VirtSnapCollection *self, VirtSnapMember kind, const char *name,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** virt_snap_collection_remove: Returns: FALSE with NOT_FOUND if @name is no member. */
gboolean virt_snap_collection_remove(VirtSnapCollection *self, VirtSnapMember kind,
                                     const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** virt_snap_collection_has: Is @name a member itself, not only through another one? */
gboolean virt_snap_collection_has(const VirtSnapCollection *self, VirtSnapMember kind,
                                  const char *name);

/**
 * virt_snap_collection_parse:
 * @text: a <collection>, of @length bytes
 *
 * Returns: owned by the caller; INVALID_PARAMETER if the text is too large, no XML, not valid
 * against collection.rng, or names something twice or by what is no name.
 */
VirtSnapCollection *virt_snap_collection_parse(const char *text, gsize length, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** virt_snap_collection_format: Returns: the <collection> document, owned by the caller. */
char *virt_snap_collection_format(const VirtSnapCollection *self);

void virt_snap_collection_free(VirtSnapCollection *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtSnapCollection, virt_snap_collection_free)

G_END_DECLS
