/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* What happens to the domains while their layers are copied, and what that means.
 *
 * Nothing after the plan queries libvirt: the layers are local files, QEMU's image lock keeps a
 * layer frozen while it is read, and each layer is compared with the plan before it is read. So an
 * export is correct without any events. They serve to end an export early that cannot succeed any
 * more, instead of hours later:
 *
 *   connection closed   goes on, with a warning: a change shows only when a layer's turn comes
 *   undefined, renamed  a member: a warning; the images are looked at (--remove-all-storage)
 *   migrated            a member: a warning; the images are looked at, for it goes on to write to
 *                       them elsewhere
 *   started, resumed    the images are looked at: is it one of ours that it writes to?
 *   block job           the same: a commit writes to a layer below, a pull or a copy does not
 *   stopped             nothing: that frees images; a member whose disks are being pulled takes
 *                       the moment that is exported with it: the export ends
 *
 * The images that are still to be read are checked: each must be the planned file, and no lock may
 * show that somebody writes to it. The result of that check decides, not the kind of the event; it
 * also finds a domain that is not a member and commits into a base image that members share. If an
 * image is being written to, the export ends at once with IN_USE (NOT_FOUND if it is gone). */

typedef struct ExportWatch ExportWatch;

/**
 * export_watch_new:
 * @hypervisor: (nullable): the source of events; NULL: no events
 * @plan: the plan of the export
 * @items: (element-type ExportItem): the items of the export, those of the layers last and in the
 * order of the plan
 * @control: gets the reason if the export has to end
 *
 * Watches until it is freed, and checks the images once at the beginning. If the hypervisor
 * provides no events, a warning says so. Returns: owned by the caller; all parameters must stay
 * valid.
 */
ExportWatch *export_watch_new(Hypervisor *hypervisor, const Plan *plan, GPtrArray *items,
                              Control *control);

/**
 * export_watch_warnings:
 * Returns: (element-type utf8): the warnings of the plan and those about events so far, owned by
 * the caller.
 */
GPtrArray *export_watch_warnings(ExportWatch *self);

/** export_watch_free: Stops watching; nothing is reported to the control afterwards. NULL is
 * allowed. */
void export_watch_free(ExportWatch *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExportWatch, export_watch_free)

G_END_DECLS
