/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/domain-devices.h"
#include "hypervisor/domain-files.h"
#include "hypervisor/storage-def.h"
#include "hypervisor/tpm-def.h"

G_BEGIN_DECLS

/* The parts of libvirt's <domainsnapshot> that an export needs. Source: libvirt's formatsnapshot
 * and formatdomain pages. */

/** Where a snapshot keeps the state of a disk or of the memory. */
typedef enum {
    SNAPSHOT_LOCATION_NO,       /* not part of the snapshot */
    SNAPSHOT_LOCATION_INTERNAL, /* inside the image file */
    SNAPSHOT_LOCATION_EXTERNAL, /* the image was frozen, and the domain writes to an overlay
                                 * since */
    SNAPSHOT_LOCATION_MANUAL,   /* taken by the storage, outside libvirt */
    SNAPSHOT_LOCATION_LIVE,     /* no snapshot: its present state is captured for an export */
} SnapshotLocation;

/** A disk as it was when the snapshot was taken. */
typedef struct {
    char *target;     /* "vda" */
    char *device;     /* "disk", "cdrom", "floppy", "lun" */
    gboolean read_only;
    gboolean shareable; /* other machines may write to it, too */
    SnapshotLocation location;
    char *overlay; /* the file or block device to which the domain writes since; NULL: none, or
                    * another kind of storage */
    StorageDef *storage; /* the image that holds its state, with its backing chain */
} DiskDef;

typedef struct {
    char *name;
    char *parent; /* NULL: a root */
    char *state;  /* libvirt's name: "disk-snapshot", "running", "shutoff", … */
    gint64 creation_time; /* seconds since the epoch */
    SnapshotLocation memory;
    char *memory_file; /* file of an external memory state, else NULL */
    GPtrArray *files;  /* DomainFile: files that the domain needs in addition to its disks */
    GPtrArray *devices; /* char*: devices of the host that it has and that may hold data */
    TpmDef *tpm;       /* its emulated TPM, or NULL */
    char *arguments;   /* arguments that are passed to QEMU (<qemu:commandline>); NULL: none */
    GPtrArray *disks;  /* DiskDef, as in the XML */
    GPtrArray *inactive_disks; /* DiskDef: the disks of domain_xml; NULL: the same as disks */
    char *domain_name;
    char *domain_uuid;
    char *domain_xml; /* inactive <domain> at the time of the snapshot */
} SnapshotDef;

/**
 * snapshot_def_parse:
 * @xml: a <domainsnapshot> as virDomainSnapshotGetXMLDesc gives it
 * @what: what the document is, for the error
 *
 * Returns: owned by the caller; NULL with CORRUPT if something that every snapshot has is missing.
 */
SnapshotDef *snapshot_def_parse(const char *xml, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** snapshot_location_name: Returns: libvirt's name of @location. */
const char *snapshot_location_name(SnapshotLocation location);

/**
 * snapshot_def_kind:
 * Returns: "external" or "internal", depending on where its states are; "none" if it has no state.
 */
const char *snapshot_def_kind(const SnapshotDef *def);

/** disk_def_is_empty: Returns: TRUE for a drive without a medium. */
gboolean disk_def_is_empty(const DiskDef *disk);

/** snapshot_def_find_volumes: Calls storage_def_find_volumes() for each of its disks. */
void snapshot_def_find_volumes(SnapshotDef *def, GPtrArray *volumes);

/**
 * domain_image_paths:
 * @xml: a <domain>
 * @volumes: (element-type VolumeDef) (nullable): the volumes that its disks use
 *
 * Returns: (element-type utf8): for each of its disks the path of the file or block device to which
 * it writes, or would write when started; owned by the caller.
 */
GPtrArray *domain_image_paths(const char *xml, GPtrArray *volumes, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** Free a DiskDef or SnapshotDef, which may be NULL. */
void disk_def_free(DiskDef *disk);
void snapshot_def_free(SnapshotDef *def);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DiskDef, disk_def_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(SnapshotDef, snapshot_def_free)

G_END_DECLS
