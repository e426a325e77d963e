/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/set-record.h"
#include "hypervisor/hypervisor.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* Ends snapshots whose memory is being written, which may take minutes, when the job has to end. */

typedef struct CreateWatch CreateWatch;

/** create_watch_start: @record: of the set that is about to be made; it and the others outlive the
 * watch. Returns: for create_watch_end(); NULL if no member has a memory state that is written to a
 * file: what is written into an image cannot be ended. */
CreateWatch *create_watch_start(Hypervisor *hypervisor, const SetRecord *record, Control *control);

/** create_watch_begin, create_watch_done: Around the call that has libvirt take the snapshot of
 * @member: whatever job the domain has at other times is not that of the set. @self may be NULL. */
void create_watch_begin(CreateWatch *self, const SetMember *member);
void create_watch_done(CreateWatch *self, const SetMember *member);

/** create_watch_end: To be called when all snapshots are made, or are not. @self may be NULL. */
void create_watch_end(CreateWatch *self);

G_END_DECLS
