/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

/* A disk that loses what is not durable yet: for the program that is linked with it, writes,
 * new and removed names are on the disk only after an fsync of their file or directory. Nothing
 * really waits for a disk. */

/** What happens at one call of fsync(2) or fdatasync(2), instead of it. */
typedef enum {
    LOST_NOTHING,
    LOST_FLUSH, /* it fails with EIO, once, and what that file or directory had not on the disk is
                 * lost; later ones succeed */
    LOST_ALL,   /* the machine stops: everything that was not durable is lost, */
    LOST_DATA,  /* or all but the journal's, */
    LOST_LINES, /* or the journal's only */
} LostKind;

/** The exit status of a program whose machine has stopped. */
#define LOST_STOPPED 9

/**
 * lost_at:
 * @directory: absolute path of what it is about; what is in it is durable
 * @aside: a directory on the same file system, for what might come back
 *
 * Has @kind happen at the call number @step from now on, counted from 1. What it needs is not
 * freed: it is for a process that ends soon.
 */
void lost_at(LostKind kind, guint step, const char *directory, const char *aside);

/** lost_calls: Returns: how many calls there were. */
guint lost_calls(void);
