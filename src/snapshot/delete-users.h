/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/image-users.h"

G_BEGIN_DECLS

/* Who needs a layer that a snapshot froze, when that snapshot is to be removed. */

/** A frozen layer, and the snapshot that goes. Nothing in it is owned. */
typedef struct {
    const ImageUsers *users;
    const DomainSurvey *domain;
    const char *snapshot;
    const char *target;   /* the disk */
    const Layer *base;    /* the frozen layer */
    const Layer *overlay; /* that the snapshot made above it; NULL: gone */
} DeleteSite;

/** What was found out about the users of a frozen layer. */
typedef struct {
    gboolean stale;      /* the upper layer is merged, but is still named by somebody */
    gboolean running;    /* and somebody has written to the lower layer since */
    GPtrArray *tops;     /* ImageUser: that need the frozen layer as it is */
    GPtrArray *foreign;  /* ImageUser: of other domains */
    GPtrArray *branches; /* ImageUser: one for each layer that stands on it */
    gboolean overlay_used;
} DeleteUsers;

/** delete_users_find: Sorts all who have the frozen layer of @self in their chains, but for the
 * snapshot that goes. @users: empty; to be cleared. */
void delete_users_find(const DeleteSite *self, DeleteUsers *users);
void delete_users_clear(DeleteUsers *users);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(DeleteUsers, delete_users_clear)

G_END_DECLS
