/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "drivers/libvirt/libvirt-error.h"
#include "hypervisor/layer-ops.h"

G_BEGIN_DECLS

/* Block jobs that commit layers, as HypervisorLayerOps has them. */

HypervisorCommit *libvirt_commit_begin(virDomainPtr domain, const char *target, const char *base,
                                       const char *top, gboolean active, guint64 bandwidth,
                                       gboolean adopt, GError **error) G_GNUC_WARN_UNUSED_RESULT;
HypervisorCommit *libvirt_pull_begin(virDomainPtr domain, const char *target, guint64 bandwidth,
                                     gboolean adopt, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean libvirt_commit_wait(HypervisorCommit *commit, gint64 us, CommitProgress *progress,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean libvirt_commit_set_speed(HypervisorCommit *commit, guint64 bandwidth, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean libvirt_commit_pivot(HypervisorCommit *commit, GError **error) G_GNUC_WARN_UNUSED_RESULT;
gboolean libvirt_commit_abort(HypervisorCommit *commit, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void libvirt_commit_end(HypervisorCommit *commit);

/** libvirt_block_job: As HypervisorLayerOps has it. */
gboolean libvirt_block_job(virDomainPtr domain, const char *target, guint *type, guint64 *cur,
                           guint64 *end, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
