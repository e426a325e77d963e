/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "transfer/engine.h"

G_BEGIN_DECLS

/* The present state of a running domain's disks. QEMU holds them at one instant and serves them
 * over NBD, and we pull: every block is read once, hashed and written directly, while the domain
 * writes on. QEMU's own writing of backups (push mode) knows neither digests nor direct writes of
 * several blocks at once. */

/** One disk that was captured. */
typedef struct {
    char *target;
    char *file;    /* in the directory: "vda.qcow2", a standalone image */
    guint64 bytes; /* of the file */
    guint8 digest[DIGEST_BYTES]; /* of the file, if it was wanted */
} CapturedDisk;

void captured_disk_free(CapturedDisk *disk);

/**
 * capture_disks:
 * @domain: name of a running domain
 * @targets: (element-type utf8): of its disks
 * @directory: absolute path; what the domain overwrites meanwhile is kept in there, too,
 *   if QEMU can reach it
 * @workers: as for engine_run
 * @digest: whether digests are wanted
 * @stats: (out) (optional)
 *
 * Writes an image of each disk into @directory. Returns: (element-type CapturedDisk): owned by the
 * caller; with an error no file is left.
 */
GPtrArray *capture_disks(Hypervisor *hypervisor, const char *domain, GPtrArray *targets,
                         const char *directory, guint workers, gboolean digest, Control *control,
                         EngineStats *stats, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
