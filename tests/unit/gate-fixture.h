/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/domain-gate.h"
#include "import/domain-rewrite.h"
#include "util/xml.h"

G_BEGIN_DECLS

/* What the tests of the gate and of rewriting share: domains in tests/data/domain, and what an
 * import of such a domain puts in the place of its files. */

/** gate_load: Returns: the document in tests/data/@name, owned by the caller. */
xmlDoc *gate_load(const char *name);

/** gate_parse: Returns: @text as a document, owned by the caller. */
xmlDoc *gate_parse(const char *text);

/** gate_targets: Returns: (element-type utf8): the targets of all disks of @root that are no CD or
 * floppy drives, ended by NULL. */
GPtrArray *gate_targets(xmlNode *root);

/** gate_check: Returns: what the gate finds in @root, whose disks in @targets and kernel files are
 * replaced; the emulator of the host is /opt/qemu/emulator. */
GPtrArray *gate_check(xmlNode *root, GPtrArray *targets);

/** gate_host_paths: Returns: (element-type utf8): every value of @root, outside of texts that
 * nobody opens, that names a file and is neither below /new/ nor firmware, an emulator or one of
 * the devices that every host has. */
GPtrArray *gate_host_paths(xmlNode *root);

/** What an import would put in its place: @disks all have two layers below /new/. */
typedef struct {
    DomainRewrite domain;
    GPtrArray *disks;
    GPtrArray *files;
} GateRewrite;

/** gate_rewrite_new: Returns: for those @targets, owned by the caller. */
GateRewrite *gate_rewrite_new(GPtrArray *targets);
void gate_rewrite_free(GateRewrite *rewrite);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(GateRewrite, gate_rewrite_free)

G_END_DECLS
