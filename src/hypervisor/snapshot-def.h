/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/domain-files.h"
#include "hypervisor/storage-def.h"

G_BEGIN_DECLS

/* What libvirt's <domainsnapshot> says, as far as an export needs it. Source: libvirt's
 * formatsnapshot and formatdomain pages. */

/** Where a snapshot keeps a state (a disk's or the memory's). */
typedef enum {
    SNAPSHOT_LOCATION_NO,       /* not part of the snapshot */
    SNAPSHOT_LOCATION_INTERNAL, /* inside the image file */
    SNAPSHOT_LOCATION_EXTERNAL, /* the image was frozen, writing went on in an overlay */
    SNAPSHOT_LOCATION_MANUAL,   /* taken by the storage, outside libvirt */
    SNAPSHOT_LOCATION_LIVE,     /* no snapshot: its present state is captured for an export */
} SnapshotLocation;

/** A disk as it was when the snapshot was taken. */
typedef struct {
    char *target;     /* "vda" */
    char *device;     /* "disk", "cdrom", "floppy", "lun" */
    gboolean read_only;
    SnapshotLocation location;
    char *overlay; /* the file or block device in which writing went on; NULL: none, or neither */
    StorageDef *storage; /* the image that held its state, and those below */
} DiskDef;

typedef struct {
    char *name;
    char *parent; /* NULL: a root */
    char *state;  /* libvirt's word: "disk-snapshot", "running", "shutoff", … */
    gint64 creation_time; /* seconds since the epoch */
    SnapshotLocation memory;
    char *memory_file; /* of an external memory state, else NULL */
    GPtrArray *files;  /* DomainFile: what the domain needs beside its disks */
    gboolean tpm;      /* an emulated TPM is attached: it has a state outside the disks */
    char *arguments;   /* for QEMU itself, <qemu:commandline>; NULL: none */
    GPtrArray *disks;  /* DiskDef, as in the XML */
    GPtrArray *inactive_disks; /* DiskDef of domain_xml; NULL: those are the disks */
    char *domain_name;
    char *domain_uuid;
    char *domain_xml; /* <domain> in its inactive form, as it was */
} SnapshotDef;

/**
 * snapshot_def_parse:
 * @xml: a <domainsnapshot> as virDomainSnapshotGetXMLDesc gives it
 * @what: what it is, for the error
 *
 * Returns: owned by the caller; CORRUPT if something that every snapshot has is missing.
 */
SnapshotDef *snapshot_def_parse(const char *xml, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** snapshot_location_name: Returns: libvirt's word for @location. */
const char *snapshot_location_name(SnapshotLocation location);

/**
 * snapshot_def_kind:
 * Returns: "external" or "internal", by where its states are, or "none" if it has none.
 */
const char *snapshot_def_kind(const SnapshotDef *def);

/** disk_def_is_empty: Returns: TRUE for a drive without a medium. */
gboolean disk_def_is_empty(const DiskDef *disk);

/** snapshot_def_find_volumes: Lets each of its disks know its volumes
 * (storage_def_find_volumes()). */
void snapshot_def_find_volumes(SnapshotDef *def, GPtrArray *volumes);

/**
 * domain_image_paths:
 * @xml: a <domain>
 * @volumes: (element-type VolumeDef) (nullable): those of its disks
 *
 * Returns: (element-type utf8): for each of its disks the path of the file or block device that it
 * writes to, or would write to when started.
 */
GPtrArray *domain_image_paths(const char *xml, GPtrArray *volumes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** Free what the name says. NULL is fine. */
void disk_def_free(DiskDef *disk);
void snapshot_def_free(SnapshotDef *def);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DiskDef, disk_def_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SnapshotDef, snapshot_def_free)

G_END_DECLS
