/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>
#include <libxml/tree.h>

G_BEGIN_DECLS

/* Files of the host that a <domain> needs beside its disks. Source: libvirt's formatdomain page. */

/** What is to become of one. */
typedef enum {
    DOMAIN_FILE_STATE,  /* the guest's own, small and written to by its firmware: copied, or the
                         * export is refused */
    DOMAIN_FILE_COPIED, /* copied where it is a regular file that nobody writes to */
    DOMAIN_FILE_NAMED,  /* stays on the host, and a warning names it */
} DomainFileFate;

typedef struct {
    DomainFileFate fate;
    const char *role; /* in the manifest: "nvram", "loader", "kernel", …; NULL: none */
    const char *name; /* of the file in the export; NULL: none */
    const char *element; /* in the XML: "nvram" */
    char *path;       /* of the file, directory or device; NULL: not on this host's file system */
    char *source;     /* what to call it in messages */
    char *type;       /* "file", "block", "network", … */
    char *format;     /* "raw", "qcow2" */
    char *strange;    /* a child of its <source> that changes what is read of it, or NULL */
    gboolean created; /* libvirt makes it when the domain starts for the first time */
    gboolean shared;  /* a running guest writes to it */
} DomainFile;

/**
 * domain_files_parse:
 * @domain: a <domain>
 *
 * Returns: (element-type DomainFile): all of them that are named, owned by the caller.
 */
GPtrArray *domain_files_parse(xmlNode *domain) G_GNUC_WARN_UNUSED_RESULT;

/** domain_file_free: Frees @file. NULL is fine. */
void domain_file_free(DomainFile *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainFile, domain_file_free)

G_END_DECLS
