/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>
#include <libxml/tree.h>

G_BEGIN_DECLS

/* Files of the host that a <domain> needs in addition to its disks. Source: libvirt's formatdomain
 * page. */

/** What an export does with such a file. */
typedef enum {
    DOMAIN_FILE_STATE,  /* small state of the guest that its firmware writes: it is copied, or the
                         * export is refused */
    DOMAIN_FILE_COPIED, /* copied if it is a regular file that nobody writes to */
    DOMAIN_FILE_NAMED,  /* not copied; a warning names it */
} DomainFileFate;

typedef struct {
    DomainFileFate fate;
    const char *role; /* role in the manifest: "nvram", "loader", "kernel", …; NULL: not copied */
    const char *name; /* name of the file in the export; NULL: not copied */
    const char *element; /* element in the XML: "nvram" */
    char *path;       /* path of the file, directory or device; NULL: it has none on this host */
    char *source;     /* name for messages */
    char *type;       /* "file", "block", "network", … */
    char *format;     /* "raw", "qcow2" */
    char *strange;    /* name of a child of its <source> that changes what the domain reads, or
                       * NULL */
    gboolean created; /* libvirt creates it when the domain starts for the first time */
    gboolean shared;  /* a running domain writes to it */
} DomainFile;

/**
 * domain_files_parse:
 * @domain: a <domain>
 *
 * Returns: (element-type DomainFile): all such files that @domain names, owned by the caller.
 */
GPtrArray *domain_files_parse(xmlNode *domain) G_GNUC_WARN_UNUSED_RESULT;

/** domain_files_add_variables: Adds variables of firmware in an image of @format to @files, which
 * the running domain had and its own configuration does not name. */
void domain_files_add_variables(GPtrArray *files, const char *format);

/** domain_file_free: Frees @file. NULL is fine. */
void domain_file_free(DomainFile *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DomainFile, domain_file_free)

G_END_DECLS
