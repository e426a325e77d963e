/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan-builder.h"

G_BEGIN_DECLS

/* The state of an emulated TPM, which swtpm keeps in small files of the host. They are opened when
 * they are planned: swtpm never writes to a file that is there, but puts another one in its place,
 * so what is open is the state of one moment, whenever it is read. */

/**
 * plan_files_tpm:
 *
 * Plans to copy the state of the emulated TPM of @domain, all of whose snapshots are planned, or
 * warns why it is not exported. libvirt's snapshots do not include it, so it is the present one,
 * and a warning says so if it was changed after the snapshot.
 */
void plan_files_tpm(PlanBuilder *builder, const PlanDomain *domain);

/**
 * plan_tpm_hold:
 *
 * Opens the planned state of @domain anew, at the moment of an export of its present state. It may
 * be called for several domains at once.
 */
gboolean plan_tpm_hold(const Plan *plan, const PlanDomain *domain, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
