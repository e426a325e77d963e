/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libxml/tree.h>

#include "image/chain.h"
#include "util/error.h"

G_BEGIN_DECLS

/* Where a disk's bytes are, as libvirt's XML has it: the <source> of a <disk> and of every
 * <backingStore> below it. What is in there and neither read nor known to leave alone what the
 * guest sees is remembered, so that nothing is taken for what it is not. Source: libvirt's
 * formatdomain page and domaincommon.rng, 9.0 to 12. */

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
    char *type; /* what it is: "file" or "block"; NULL: it cannot be used, */
    char *path;
    GError *problem; /* for this reason */
} VolumeDef;

/** One image, or whatever else holds them. */
typedef struct StorageDef StorageDef;
struct StorageDef {
    char *type;   /* libvirt's word: "file", "block", "network", "volume", "nvme", … */
    char *format; /* "qcow2", "raw", …; NULL: not given */
    char *label;  /* what to call it in messages; NULL: an empty drive */
    char *path;   /* of a file, a device, a directory or a socket; NULL: it has none, or it is of a
                   * volume that was not found */
    char *protocol; /* of a network source, else NULL: "rbd", "nbd", … */
    char *name;     /* of the image there */
    char *query;    /* of its URI */
    GPtrArray *hosts; /* StorageHost */
    char *pool;   /* of a pool's volume, else NULL */
    char *volume;
    char *found;      /* that volume is a "file" or a "block" device, at path; NULL: not known, */
    GError *missing;  /* for this reason if it was looked for, else NULL */
    char *encryption; /* "luks", …; NULL: not encrypted, as far as the XML says */
    char *secret;     /* UUID or usage of its secret, or NULL */
    char *problem;    /* what of its XML is not handled, as "source/slices", or NULL */
    gboolean ends;    /* there is nothing below it: said so by an empty <backingStore/> */
    StorageDef *backing; /* what the XML names below it; NULL: nothing, or it is not said */
};

/**
 * storage_def_parse:
 * @disk: a <disk> of a <domain>
 *
 * Returns: its image with those below it that the XML names; owned by the caller. It cannot fail: a
 * disk that is not copied may be anything.
 */
StorageDef *storage_def_parse(xmlNode *disk);

/**
 * storage_def_find_volumes:
 * @volumes: (element-type VolumeDef): what is known of volumes
 *
 * Gives those volumes that @self, and what is below it, name the paths of the files and devices
 * that they are.
 */
void storage_def_find_volumes(StorageDef *self, GPtrArray *volumes);

/**
 * storage_def_check:
 *
 * Returns: FALSE with NOT_SUPPORTED if @self, or what is below it, is no kind of image that can be
 * read, or is used in a way that is not handled; the error names the image and the element, and the
 * way out. For a volume that cannot be used the error that looking for it had.
 */
gboolean storage_def_check(const StorageDef *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * storage_def_resolve:
 * @self: the top image of a disk, which storage_def_check() let pass
 *
 * Returns: (transfer none): its chain; the errors are those of chain_resolve().
 */
Layer *storage_def_resolve(const StorageDef *self, ChainCache *cache, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** storage_def_depth: Returns: how many images @self and those below it are. */
guint storage_def_depth(const StorageDef *self);

/** volume_def_free: Frees @volume. NULL is fine. */
void volume_def_free(VolumeDef *volume);

/** storage_def_free: Frees @self and all below it. NULL is fine. */
void storage_def_free(StorageDef *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(StorageDef, storage_def_free)

G_END_DECLS
