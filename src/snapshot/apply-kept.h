/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/set-record.h"
#include "hypervisor/snapshot-ops.h"

G_BEGIN_DECLS

/* Whether the present state of a domain is kept that goes back to a snapshot: by the snapshot with
 * the name that the record says, and with its mark. A name alone says nothing, for somebody else
 * may have used it meanwhile. */

typedef enum {
    APPLY_KEPT_NOT,       /* there is no such snapshot */
    APPLY_KEPT,           /* there is, and it has the mark of the record */
    APPLY_KEPT_BY_OTHERS, /* somebody else has made one of that name */
} ApplyKept;

/** apply_kept_in: @xml: the snapshot of that name, or NULL. Returns: how @record is concerned. */
ApplyKept apply_kept_in(const SetRecord *record, const char *xml);

/** apply_kept_look: Waits for a snapshot that is in the making, and then looks at the domain
 * @uuid. */
gboolean apply_kept_look(Hypervisor *hypervisor, const SetRecord *record, const char *uuid,
                         ApplyKept *kept, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** apply_warn_of_others: Says in @warnings that the snapshot of @domain is left alone. */
void apply_warn_of_others(const SetRecord *record, const char *domain, GPtrArray *warnings);

/**
 * apply_unkept_put_back:
 * @warnings: (element-type utf8): gets what is left, and why
 *
 * Lets a domain go on whose state is not kept. It may be on the overlays all the same: the
 * hypervisor had it write to them, and could not write down the snapshot then. What it has written
 * there is merged, it is on its former layers again, and the overlays are removed. Returns: FALSE,
 * with all left as it is, if that cannot be done.
 */
gboolean apply_unkept_put_back(Hypervisor *hypervisor, const SetMember *member,
                               GPtrArray *warnings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
