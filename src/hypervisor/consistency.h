/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The consistency of a snapshot of a member. The names are used in records and manifests. */

/** How consistent the disks (and the memory) of a member are. */
typedef enum {
    CONSISTENCY_UNKNOWN,     /* not ensured: each disk may be of another instant */
    CONSISTENCY_CRASH,       /* all members were stopped at one moment, as after a power failure */
    CONSISTENCY_APPLICATION, /* the guest agent had frozen the file systems of all members */
    CONSISTENCY_MEMORY,      /* all members were stopped at one moment, and the memory is
                              * included */
    CONSISTENCY_OFFLINE,     /* the domain was shut off */
} Consistency;

/** Why a lower consistency was reached than was requested. */
typedef enum {
    CONSISTENCY_REASON_NONE,
    CONSISTENCY_REASON_NO_AGENT,      /* no guest agent is connected */
    CONSISTENCY_REASON_AGENT_TIMEOUT, /* the guest agent did not answer in time */
    CONSISTENCY_REASON_FREEZE_FAILED, /* the guest agent refused, or could not be asked */
    CONSISTENCY_REASON_THAWED_EARLY,  /* the guest thawed by itself before it was told to */
    CONSISTENCY_REASON_SAVED,         /* the domain was saved, and its disks lack what is in its
                                       * memory */
} ConsistencyReason;

/** consistency_name: Returns: "unknown", "crash", "application", "memory" or "offline". */
const char *consistency_name(Consistency consistency);

/** consistency_parse: Returns: FALSE if @name is none of these names. */
gboolean consistency_parse(const char *name, Consistency *consistency);

/** consistency_reason_name: Returns: (nullable): "no-agent", "agent-timeout", "freeze-failed",
 * "thawed-early" or "saved"; NULL for none. */
const char *consistency_reason_name(ConsistencyReason reason);

/** consistency_reason_parse: @name: (nullable): NULL: none. Returns: FALSE if it is no name. */
gboolean consistency_reason_parse(const char *name, ConsistencyReason *reason);

G_END_DECLS
