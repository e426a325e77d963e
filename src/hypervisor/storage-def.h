/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "image/chain.h"
#include "util/error.h"

G_BEGIN_DECLS

/* The storage of a disk as libvirt's XML describes it: the <source> of a <disk> and of every
 * <backingStore> below it. Anything in the XML that is neither read nor known to be irrelevant to
 * the content of the disk is recorded as a problem, so that no disk is misinterpreted. Source:
 * libvirt's formatdomain page and domaincommon.rng, 9.0 to 12. */

/** A host of a network source. */
typedef struct {
    char *transport; /* "tcp", "rdma", "unix" */
    char *name;      /* host name or address, or NULL */
    char *port;      /* or NULL */
    char *socket;    /* path, or NULL */
} StorageHost;

/** A volume of a storage pool, as the hypervisor knows it. */
typedef struct {
    char *pool;
    char *volume;
    char *type; /* "file" or "block"; NULL: the volume cannot be used */
    char *path;
    GError *problem; /* why the volume cannot be used, or NULL */
} VolumeDef;

/** One image of a disk on any kind of storage. */
typedef struct StorageDef StorageDef;
struct StorageDef {
    char *type;   /* libvirt's name: "file", "block", "network", "volume", "nvme", … */
    char *format; /* "qcow2", "raw", …; NULL: not specified */
    char *label;  /* name for messages; NULL: an empty drive */
    char *path;   /* path of the file, device, directory or socket; NULL: it has none, or its volume
                   * was not found */
    char *protocol; /* protocol of a network source: "rbd", "nbd", …; else NULL */
    char *name;     /* name of the image on the server, or NULL */
    char *query;    /* query of its URI, or NULL */
    char *index;    /* running domain: libvirt's number of it, which no image that is attached later
                     * has in the same run; else NULL */
    GPtrArray *hosts; /* StorageHost */
    char *pool;   /* pool of the volume, or NULL */
    char *volume;
    char *found;      /* type of the volume at path, "file" or "block"; NULL: not known */
    GError *missing;  /* why the volume was not found, or NULL */
    char *encryption; /* "luks", …; NULL: the XML does not say that it is encrypted */
    char *secret;     /* UUID or usage of its secret, or NULL */
    char *problem;    /* a part of its XML that is not supported, as "source/slices", or NULL */
    gboolean ends;    /* an empty <backingStore/> says that it has no backing image */
    StorageDef *backing; /* its backing image in the XML; NULL: none, or not specified */
};

/**
 * storage_def_parse:
 * @disk: a <disk> of a <domain>
 *
 * Returns: the top image with the backing chain that the XML describes, owned by the caller. It
 * cannot fail, because disks that are not copied may be of any kind; storage_def_check() refuses
 * those that cannot be copied.
 */
StorageDef *storage_def_parse(xmlNode *disk);

/**
 * storage_def_find_volumes:
 * @volumes: (element-type VolumeDef): all volumes that the domain uses
 *
 * Sets the type and path of each volume in @self and its backing chain, or the reason why it cannot
 * be used.
 */
void storage_def_find_volumes(StorageDef *self, GPtrArray *volumes);

/**
 * storage_def_check:
 *
 * Returns: FALSE with NOT_SUPPORTED if @self or an image of its backing chain is of a kind that
 * cannot be read, or is configured in a way that is not supported; the error names the image, the
 * element and a way out. For a volume that cannot be used, FALSE with the error of its VolumeDef.
 */
gboolean storage_def_check(const StorageDef *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * storage_def_resolve:
 * @self: the top image of a disk for which storage_def_check() succeeded
 *
 * Returns: (transfer none): its backing chain; the errors are those of chain_resolve().
 */
Layer *storage_def_resolve(const StorageDef *self, ChainCache *cache, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** storage_def_depth: Returns: the number of images in the chain of @self that the XML describes,
 * including @self. */
guint storage_def_depth(const StorageDef *self);

/** volume_def_free: Frees @volume. NULL is fine. */
void volume_def_free(VolumeDef *volume);

/** storage_def_free: Frees @self and its backing chain; NULL is allowed. */
void storage_def_free(StorageDef *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(StorageDef, storage_def_free)

G_END_DECLS
