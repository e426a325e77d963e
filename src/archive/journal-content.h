/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/engine.h"

G_BEGIN_DECLS

/* The text of a journal, version 1. One record a line, fields separated by single spaces, names
 * as in a URI. First what the export is of, which does not change:
 *
 *     virtsnap-journal 1
 *     collection NAME                  unless it is the unnamed one
 *     snapshot NAME
 *     settings SHA256                  of the document, without what only sets the speed
 *     domain UUID NAME                 each member
 *     layer FILE WAY BACKING           each layer: copy, flatten, compress, pull; and after it
 *     source DEVICE INODE SIZE SECONDS.NANOSECONDS PATH
 *                                      the images that it is read from
 *     begin MADE                       how many directories above were created for it
 *
 * then what is done, appended when it is durable; layers and segments are counted from 0:
 *
 *     open LAYER SIZE LAYOUT CHANGED   its file has been created anew; CHANGED: the ctimes of the
 *                                      images, SECONDS.NANOSECONDS with commas between them (left
 *                                      out in the first journals)
 *     done LAYER SEGMENT NODE
 */

/** The first line. */
#define JOURNAL_FIRST_LINE "virtsnap-journal 1"

/** The most that is read of one: the segments of a hundred terabytes. */
#define JOURNAL_MAX ((gsize)128 << 20)

/** What is known of a layer. */
typedef struct {
    gboolean opened;
    guint64 size;                 /* bytes of its file */
    guint8 layout[DIGEST_BYTES];  /* as its source had it */
    char *changed;                /* CHANGED, or NULL: not known */
    GArray *segments;             /* EngineSegment: those that are done */
} JournalLayer;

typedef struct {
    char *identity;    /* the lines above "begin"; NULL: it was never begun */
    guint made;        /* directories created for the export, */
    GPtrArray *layers; /* JournalLayer */
    gsize length;      /* bytes up to the end of the last whole line */
} JournalContent;

/**
 * journal_parse:
 * What came last may be torn, and is left out. Returns: owned by the caller; CORRUPT naming the
 * line that is none.
 */
JournalContent *journal_parse(const char *data, gsize length, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** journal_refuse: Returns: FALSE with INVALID_STATE: the image @path has changed since then. */
gboolean journal_refuse(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** journal_content_check: Returns: FALSE with INVALID_STATE naming what is not as in @identity. */
gboolean journal_content_check(const JournalContent *self, const char *identity, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

void journal_content_free(JournalContent *self);

/** journal_layer_new: Returns: one of which nothing is known, owned by the caller. */
JournalLayer *journal_layer_new(void);

/** Forgets what is known of @self. */
void journal_layer_reset(JournalLayer *self);

void journal_layer_free(JournalLayer *self);

/** journal_hex: Returns: DIGEST_BYTES bytes at @bytes in hex digits, owned by the caller. */
char *journal_hex(const guint8 *bytes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JournalContent, journal_content_free)

G_END_DECLS
