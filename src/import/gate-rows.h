/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is taken from an export's domain and snapshot XML: a row for each element, by its path below
 * the <domain> (a <domainsnapshot> with its name in front). Source: libvirt's formatdomain and
 * formatsnapshot pages and domaincommon.rng, 9.0 to 11.3. */

typedef struct {
    const char *path;       /* "devices/disk/driver"; "devices/ * /alias" (without blanks) for the
                             * children of every device that has a row */
    const char *attributes; /* names divided by blanks: NAME is any word (gate-value.h), NAME:RULE
                             * what RULE lets pass, NAME!RULE the same, and the whole element is
                             * refused where it does not, NAME~RULE as NAME:RULE, but it is the
                             * exporting host's own and removed when the domain is rewritten;
                             * NAME~ is removed whatever it is */
    const char *text; /* NULL: no text in it; a rule: text that it lets pass. GATE_REMOVED,
                       * GATE_METADATA and GATE_IMAGE are no rules */
} GateRow;

/* The element is the exporting host's own: nothing below it matters, domain_rewrite() removes it
 * with all that it has. Its attributes are looked at even so. */
#define GATE_REMOVED "~"

/* Elements of other programs, which libvirt keeps and hands back. */
#define GATE_METADATA "<>"

/* The source or chain of a disk: what becomes of it depends on which disk it is. */
#define GATE_IMAGE "[]"

/** The rows, each list ended by one without a path. */
extern const GateRow gate_rows_domain[];
extern const GateRow gate_rows_devices[];
extern const GateRow gate_rows_snapshot[];

G_END_DECLS
