/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/domain-survey.h"
#include "hypervisor/snapshot-def.h"
#include "image/chain-trace.h"

G_BEGIN_DECLS

/* Which images the domains of a host need, now and in their snapshots: what may be merged, moved or
 * removed is found here. Below the image that a document names, the headers of the images are
 * followed: a commit changes these when it ends, but not the XML of every snapshot. */

/** A disk that needs images. */
typedef struct {
    const DomainSurvey *domain;
    const char *snapshot; /* that needs them; NULL: the domain itself, */
    gboolean persistent;  /* when it is started next, else now */
    char *target;
    const Layer *top;
} ImageUser;

/** The files of a disk whose chain cannot be resolved, or for which the XML has another chain than
 * the headers. */
typedef struct {
    const DomainSurvey *domain;
    const char *snapshot; /* NULL: the domain itself */
    char *target;
    ImageSet *files;
    GError *why;     /* why it cannot be resolved; NULL: it is no local image, or it was, and is an
                      * ImageUser, too */
    GError *problem; /* why it may need other images as well; NULL: it needs no others */
} ImageTrace;

typedef struct {
    ChainCache *chains;
    GPtrArray *users;    /* ImageUser */
    GPtrArray *traces;   /* ImageTrace */
    GPtrArray *snapshots; /* ImageSnapshot: of all domains */
    GPtrArray *warnings; /* char*: of images that could not be looked at */
} ImageUsers;

/** A snapshot, taken apart. */
typedef struct {
    const DomainSurvey *domain;
    SnapshotDef *def;
} ImageSnapshot;

/**
 * image_users_find:
 * @domains: (element-type DomainSurvey): of the host, which outlives what is returned
 *
 * Returns: owned by the caller; ACCESS_DENIED if an image may not be read, so that nobody knows
 * what is below it.
 */
ImageUsers *image_users_find(GPtrArray *domains, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void image_users_free(ImageUsers *self);

/**
 * image_users_check:
 * @domains: (element-type DomainSurvey) (nullable): domains whose snapshot
 * @snapshot: (nullable): does not matter
 *
 * To be asked before an image is merged or removed. Returns: FALSE with INVALID_STATE, naming all
 * of them, if disks may need images that could not be found out. An image that does not exist is
 * told by a warning only.
 */
gboolean image_users_check(const ImageUsers *self, GPtrArray *domains, const char *snapshot,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** image_users_snapshot: Returns: (transfer none) (nullable): the snapshot @name of @domain. */
const SnapshotDef *image_users_snapshot(const ImageUsers *self, const DomainSurvey *domain,
                                        const char *name);

/**
 * image_users_resolve:
 * @path: of an image
 * @format: its format
 *
 * Returns: (transfer none): its chain by the headers.
 */
const Layer *image_users_resolve(const ImageUsers *self, const char *path, const char *format,
                                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** image_user_describe: Returns: "the domain 'web', snapshot 'nightly'"; owned by the caller. */
char *image_user_describe(const ImageUser *user);

/** image_trace_describe: Returns: the same of @trace. */
char *image_trace_describe(const ImageTrace *trace);

/** image_trace_is_of: Returns: whether @trace is of the snapshot @snapshot of @domain; of the NULL
 * snapshot none is. */
gboolean image_trace_is_of(const ImageTrace *trace, const DomainSurvey *domain,
                           const char *snapshot);

/** layer_is_same: Returns: TRUE if both are the same file or device. */
gboolean layer_is_same(const Layer *one, const Layer *other);

/** layer_above: Returns: (transfer none) (nullable): what is directly above @layer in the chain of
 * @top; NULL if @layer is the top itself, or not in it. */
const Layer *layer_above(const Layer *top, const Layer *layer);

/** layer_in: Returns: (transfer none) (nullable): @layer as it is in the chain of @top. */
const Layer *layer_in(const Layer *top, const Layer *layer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImageUsers, image_users_free)

G_END_DECLS
