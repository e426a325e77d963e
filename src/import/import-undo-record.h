/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/volume-record.h"

G_BEGIN_DECLS

/* What an import is about to make, and the document that has it. */

typedef struct ImportUndo ImportUndo;

/** A domain that the import defines. */
typedef struct {
    char *name;
    char *uuid;
    char *tpm;     /* path of the directory with the state of its TPM, or NULL */
    gboolean variables; /* those of its firmware libvirt makes: there were none before */
    gboolean made; /* it was defined by this import */
    gboolean made_state; /* that directory is of this import */
} UndoDomain;

/** A collection that it defines. */
typedef struct {
    char *name;
    char *xml;     /* <collection> */
    gboolean made;
} UndoCollection;

struct ImportUndo {
    char *directory; /* absolute path of the import */
    char *parent;    /* parent directory of the import */
    char *name;      /* name of the import in parent */
    char *mark;      /* name of the record's mark in parent */
    char *id;        /* name of the record (own-record.h) */
    int parent_fd;   /* owned */
    int fd;          /* the locked mark; owned */
    int dir_fd;      /* the directory of the import, or -1; owned */
    char *uri;       /* of the hypervisor that has the domains, or is to have them */
    OriginId place;  /* which directory it is */
    char *boot;      /* the run of the system that numbered its device, or NULL */
    char *export;     /* absolute path of the export that the import has protected; NULL: none */
    char *protection; /* which protection that is (export-protect.h) */
    VolumeRecord *volumes; /* of the import; NULL: none */
    GHashTable *times;      /* import-times.h; NULL: none were noted */
    gboolean found;         /* it was left by another process */
    GPtrArray *left;        /* char*: names of domains of which it is not known whose they are */
    GPtrArray *domains;     /* UndoDomain */
    GPtrArray *collections; /* UndoCollection, in the order in which they are defined */
};

/** undo_record_new: Returns: an empty record of an import into @directory, owned by the caller. */
ImportUndo *undo_record_new(const char *directory);

/** undo_record_free: NULL is fine. */
void undo_record_free(ImportUndo *self);

/** undo_record_in_use: Sets IN_USE. Returns: FALSE. */
gboolean undo_record_in_use(const ImportUndo *self, GError **error);

/** undo_record_is_at: Returns: whether the directory of the import, which is open, has the name
 * @name in its parent. */
gboolean undo_record_is_at(const ImportUndo *self, const char *name);

/** undo_record_add_domain: @tpm: (nullable). Returns: (transfer none): the domain. */
UndoDomain *undo_record_add_domain(ImportUndo *self, const char *name, const char *uuid,
                                   const char *tpm);

/** undo_record_add_collection: @name, @xml: (transfer full). */
void undo_record_add_collection(ImportUndo *self, char *name, char *xml);

/** undo_record_format: Returns: the document, owned by the caller. */
char *undo_record_format(const ImportUndo *self);

/** undo_record_read: Reads the record to which the mark leads in the directory that @self has open.
 * Returns: FALSE with ACCESS_DENIED if it is none of this host's, or of an import into another
 * directory. */
gboolean undo_record_read(ImportUndo *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
