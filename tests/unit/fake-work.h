/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-run.h"

G_BEGIN_DECLS

/* A work that only waits, and says of itself what a test wants. */

typedef struct {
    JobWork parent;
    gint runs;      /* atomic: that have begun */
    gint may_end;   /* atomic: its runs after the first one, which lasts until it is ended, may
                     * succeed */
    gboolean fails; /* its runs fail, and do not say why */
    gboolean plans; /* it says that it may change something */
    const char *taken;     /* its runs after the first one fail: this exists already */
    const char *unfixed;   /* (nullable): what comes before the error of a run */
    const char *left;      /* (nullable): discard() fails with it */
    const char *finished;  /* (nullable): what finished() says */
    gboolean has_left;
    guint discarded;       /* how often */
    gint *freed;           /* (nullable): atomic: counts it when it is freed */
} FakeWork;

extern const JobWorkType fake_work_type;

/** fake_work_new: Returns: one of which nothing is set, owned by the caller. */
FakeWork *fake_work_new(void);

G_END_DECLS
