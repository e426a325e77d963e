/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>
#include <libxml/tree.h>

G_BEGIN_DECLS

/* An emulated TPM, and the files in which swtpm keeps its state. libvirt has a directory for each
 * domain, named by its UUID, and in that one for the version of the TPM: "UUID/tpm2". swtpm writes
 * a file under another name and renames it, so that whoever opens one has a state of one moment.
 * Sources: libvirt's qemu_tpm.c and formatdomain, swtpm's swtpm_nvstore_dir.c. */

/** Limit far above what a TPM can hold. */
#define TPM_STATE_BYTES_MAX ((guint64)1 << 20)

typedef struct {
    char *version;  /* "1.2", "2.0"; NULL: the XML has none */
    char *source;   /* path of a place of its own; NULL: libvirt's directory of the domain */
    gboolean single; /* source is one file, to which swtpm writes in place */
    gboolean encrypted; /* with a secret that libvirt has */
} TpmDef;

/** tpm_def_parse: Returns: the emulated TPM of @domain, a <domain>; NULL if it has none. Owned by
 * the caller. */
TpmDef *tpm_def_parse(xmlNode *domain) G_GNUC_WARN_UNUSED_RESULT;

/** tpm_def_free: Frees @self, which may be NULL. */
void tpm_def_free(TpmDef *self);

/**
 * tpm_domain_directory:
 * @states: directory in which libvirt keeps the states of all domains
 *
 * Returns: the path of what libvirt keeps for the domain with the UUID @uuid, owned by the caller.
 */
char *tpm_domain_directory(const char *states, const char *uuid);

/** tpm_version_directory: Returns: (transfer none) (nullable): the name of the directory of a TPM
 * of the version @version (nullable): "tpm2"; NULL if it is not known. */
const char *tpm_version_directory(const char *version);

/** tpm_state_version: Returns: (transfer none) (nullable): the version of the TPM whose state has a
 * file with the name @name; NULL if no state has. */
const char *tpm_state_version(const char *name);

/** tpm_state_is_permanent: Returns: TRUE if @name is the file with all that a TPM keeps while it is
 * without power; the others are of use only to one that goes on where it stood. */
gboolean tpm_state_is_permanent(const char *name);

/** tpm_state_is_passing: Returns: TRUE if swtpm has a file with the name @name beside its state,
 * that is no part of it. */
gboolean tpm_state_is_passing(const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(TpmDef, tpm_def_free)

G_END_DECLS
