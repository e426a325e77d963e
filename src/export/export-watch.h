/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* What happens to the domains while their layers are copied, and what that means.
 *
 * Nothing after the plan is asked of libvirt: the layers are local files, QEMU's lock keeps one
 * frozen while it is read, and one whose turn has not come yet is compared with the plan then. So
 * an export needs no events to be right. It needs them to end early when it cannot succeed any
 * more, in place of hours later:
 *
 *   connection closed   goes on, with a warning: a change shows only when a layer's turn comes
 *   undefined, renamed  a member: a warning; the images are looked at (--remove-all-storage)
 *   started, resumed    the images are looked at: is it one of ours that it writes to?
 *   block job           the same: a commit writes to a layer below, a pull or a copy does not
 *   stopped             nothing: that frees images; a member whose disks are being pulled takes
 *                       the moment that is exported with it: the export ends
 *
 * To look at the images means those that are still to be read: each must be the file that was
 * planned, and no lock may say that somebody writes to it. That is what counts, not what the event
 * is called: it also finds a domain that is no member and commits into a base that members share.
 * If one is taken, the export ends at once with IN_USE (NOT_FOUND if it is gone). */

typedef struct ExportWatch ExportWatch;

/**
 * export_watch_new:
 * @hypervisor: (nullable): who tells; NULL: nobody
 * @plan: what is exported
 * @items: (element-type ExportItem): the work, those of the layers last and in the plan's order
 * @control: gets the reason if the export has to end
 *
 * Watches until it is freed, and looks at the images once in the beginning. A hypervisor that
 * does not tell is a warning. Returns: owned by the caller; all else must stay.
 */
ExportWatch *export_watch_new(Hypervisor *hypervisor, const Plan *plan, GPtrArray *items,
                              Control *control);

/**
 * export_watch_warnings:
 * Returns: (element-type utf8): those of the plan, and what was noticed so far; a new array.
 */
GPtrArray *export_watch_warnings(ExportWatch *self);

/** export_watch_free: Nothing is reported to the control afterwards. NULL is fine. */
void export_watch_free(ExportWatch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExportWatch, export_watch_free)

G_END_DECLS
