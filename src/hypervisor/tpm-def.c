/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "hypervisor/tpm-def.h"
#include "util/xml.h"

static const struct {
    const char *version;
    const char *directory;
    const char *prefix; /* names of files begin with it */
} versions[] = {
    {"1.2", "tpm1.2", "tpm-00."},
    {"2.0", "tpm2", "tpm2-00."},
};

static const char *const kinds[] = {"permall", "volatilestate", "savestate", NULL};

TpmDef *
tpm_def_parse(xmlNode *domain)
{
    xmlNode *backend = xml_node(domain, "./devices/tpm/backend[@type='emulator']");
    xmlNode *source = backend ? xml_child(backend, "source", NULL) : NULL;
    g_autofree char *type = source ? xml_attr(source, "type") : NULL;
    TpmDef *self;

    if (!backend)
        return NULL;
    self = g_new0(TpmDef, 1);
    self->version = xml_attr(backend, "version");
    self->source = source ? xml_attr(source, "path") : NULL;
    self->single = source && g_strcmp0(type, "dir") != 0;
    self->encrypted = xml_child(backend, "encryption", NULL) != NULL;

    return self;
}

void
tpm_def_free(TpmDef *self)
{
    if (!self)
        return;
    g_free(self->version);
    g_free(self->source);
    g_free(self);
}

/* libvirt writes UUIDs in lower case. */
char *
tpm_domain_directory(const char *states, const char *uuid)
{
    g_autofree char *name = g_ascii_strdown(uuid, -1);

    return g_build_filename(states, name, NULL);
}

const char *
tpm_version_directory(const char *version)
{
    for (gsize i = 0; i < G_N_ELEMENTS(versions); i++) {
        if (g_strcmp0(versions[i].version, version) == 0)
            return versions[i].directory;
    }

    return NULL;
}

const char *
tpm_state_version(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(versions); i++) {
        if (g_str_has_prefix(name, versions[i].prefix) &&
            g_strv_contains(kinds, name + strlen(versions[i].prefix)))
            return versions[i].version;
    }

    return NULL;
}

gboolean
tpm_state_is_permanent(const char *name)
{
    return tpm_state_version(name) && g_str_has_suffix(name, ".permall");
}

gboolean
tpm_state_is_passing(const char *name)
{
    return g_str_equal(name, ".lock") || g_str_has_prefix(name, "TMP");
}
