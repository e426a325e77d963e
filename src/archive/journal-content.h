/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/engine.h"

G_BEGIN_DECLS

/* The format of a journal, version 1. There is one record on each line; fields are separated by
 * single spaces, and names are escaped as in a URI. First comes the identity of the export, which
 * does not change:
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
 * Then come records of what is done, appended when it is durable; layers and segments are counted
 * from 0:
 *
 *     open LAYER SIZE LAYOUT CHANGED   its file has been created anew; CHANGED: the ctimes of the
 *                                      images, SECONDS.NANOSECONDS with commas between them (left
 *                                      out in the first journals)
 *     done LAYER SEGMENT NODE
 */

/** The first line. */
#define JOURNAL_FIRST_LINE "virtsnap-journal 1"

/** The maximal size of a journal, enough for the segments of a hundred terabytes. */
#define JOURNAL_MAX ((gsize)128 << 20)

/** What the journal says about a layer. */
typedef struct {
    gboolean opened;
    guint64 size;                 /* size of its file in bytes */
    guint8 layout[DIGEST_BYTES];  /* layout fingerprint of its source */
    char *changed;                /* the field CHANGED; NULL: not recorded */
    GArray *segments;             /* EngineSegment: the segments that are done */
} JournalLayer;

typedef struct {
    char *identity;    /* the lines above "begin"; NULL: there is no "begin" */
    guint made;        /* number of directories created for the export */
    GPtrArray *layers; /* JournalLayer */
    gsize length;      /* bytes up to the end of the last complete line */
} JournalContent;

/**
 * journal_parse:
 * An incomplete last record, as a crash can leave it, is ignored. Returns: owned by the caller;
 * NULL with CORRUPT naming the invalid line.
 */
JournalContent *journal_parse(const char *data, gsize length, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** journal_refuse: Sets INVALID_STATE: the image @path has changed since the journal was written.
 * Returns: FALSE. */
gboolean journal_refuse(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** journal_content_check: Returns: FALSE with INVALID_STATE naming the difference if the identity
 * in the journal is not @identity. */
gboolean journal_content_check(const JournalContent *self, const char *identity, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

void journal_content_free(JournalContent *self);

/** journal_layer_new: Returns: a layer that was not opened yet, owned by the caller. */
JournalLayer *journal_layer_new(void);

/** Resets @self to a layer that was not opened yet. */
void journal_layer_reset(JournalLayer *self);

void journal_layer_free(JournalLayer *self);

/** journal_hex: Returns: the DIGEST_BYTES bytes at @bytes as hex digits, owned by the caller. */
char *journal_hex(const guint8 *bytes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JournalContent, journal_content_free)

G_END_DECLS
