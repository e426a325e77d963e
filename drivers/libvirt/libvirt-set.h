/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/snapshot-ops.h"

G_BEGIN_DECLS

/* Creating and undoing snapshots. The functions are those of HypervisorSnapshotOps, which documents
 * them. */

char *libvirt_snapshot_find_uuid(Hypervisor *hypervisor, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

SnapshotLook *libvirt_snapshot_look(Hypervisor *hypervisor, const char *domain, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

char *libvirt_snapshot_create(Hypervisor *hypervisor, const char *uuid, const char *xml,
                              gboolean disks_only, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void libvirt_snapshot_abort(Hypervisor *hypervisor, const char *uuid);

gboolean libvirt_snapshot_await(Hypervisor *hypervisor, const char *uuid, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

char *libvirt_snapshot_describe(Hypervisor *hypervisor, const char *uuid, const char *name,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean libvirt_snapshot_forget(Hypervisor *hypervisor, const char *uuid, const char *name,
                                 gboolean metadata, GError **error) G_GNUC_WARN_UNUSED_RESULT;

gboolean libvirt_snapshot_merge_back(Hypervisor *hypervisor, const char *uuid, const char *target,
                                     const char *overlay, gboolean *merged, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

gboolean libvirt_snapshot_point_back(Hypervisor *hypervisor, const char *uuid, const char *target,
                                     const char *overlay, const char *source, const char *format,
                                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
