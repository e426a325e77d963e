/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The accepted elements of domain and snapshot XML: a row for each element, with its path below
 * <domain> (or beginning with "domainsnapshot"). Source: libvirt's formatdomain and formatsnapshot
 * pages and domaincommon.rng, 9.0 to 11.3. */

typedef struct {
    const char *path;       /* "devices/disk/driver"; "devices/ * /alias" (without blanks) for the
                             * children of every device that has a row. Of an element there may
                             * be one below its parent, of "os/boot+" there may be several */
    const char *attributes; /* names separated by blanks. NAME accepts any word (gate-value.h);
                             * NAME:RULE accepts what RULE accepts; NAME!RULE refuses the whole
                             * element if RULE does not accept the value; NAME~RULE is like
                             * NAME:RULE, but the attribute belongs to the exporting host and is
                             * removed by domain_rewrite(); NAME~ is accepted with any value and
                             * removed */
    const char *text; /* NULL: the element must not have text; else a rule for its text, or one of
                       * GATE_REMOVED, GATE_METADATA and GATE_IMAGE, which are not rules */
} GateRow;

/* The element belongs to the exporting host: domain_rewrite() removes it with its children, which
 * are not checked. Its attributes are checked. */
#define GATE_REMOVED "~"

/* Metadata of other programs, which libvirt stores and returns unchanged. */
#define GATE_METADATA "<>"

/* The source or backing chain of a disk; how it is checked depends on the disk. */
#define GATE_IMAGE "[]"

/** The rows; each list is terminated by a row without a path. */
extern const GateRow gate_rows_domain[];
extern const GateRow gate_rows_devices[];
extern const GateRow gate_rows_snapshot[];

G_END_DECLS
