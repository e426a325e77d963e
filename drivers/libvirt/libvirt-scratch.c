/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-scratch.h"
#include "util/fd.h"
#include "util/xml.h"

/* libvirt makes it for QEMU's sockets, and lets QEMU's user in. The embedded driver has one like
 * it below its root. */
#define STATE "/var/lib/libvirt/qemu"
#define TEMPLATE ".virtsnap-XXXXXX"

typedef struct {
    uid_t user;
    gid_t group;
} Owner;

static char *
text_of(char *xml, const char *what, const char *path)
{
    g_autoptr(xmlDoc) doc = xml ? xml_parse(xml, strlen(xml), what, NULL) : NULL;

    free(xml);
    return doc ? xml_text(xmlDocGetRootElement(doc), path) : NULL;
}

/* The domain's own label, or the one of all of them; none if all run as who has started libvirt. */
static char *
label_of(virDomainPtr domain)
{
    char *label = text_of(virDomainGetXMLDesc(domain, 0), "domain",
                          "/domain/seclabel[@model='dac']/label");

    if (label)
        return label;

    return text_of(virConnectGetCapabilities(virDomainGetConnect(domain)), "capabilities",
                   "/capabilities/host/secmodel[model='dac']/baselabel");
}

static gboolean
find_owner(virDomainPtr domain, Owner *owner, GError **error)
{
    g_autofree char *label = label_of(domain);
    unsigned user, group;
    char rest;

    *owner = (Owner){geteuid(), getegid()};
    if (!label)
        return TRUE;
    if (sscanf(label, "+%u:+%u%c", &user, &group, &rest) == 2) {
        *owner = (Owner){user, group};
        return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("Cannot capture the state of the domain '%s': its QEMU runs as '%s'; give the "
                  "label of its XML in numbers, as +64055:+107"),
                virDomainGetName(domain), label);

    return FALSE;
}

static char *
state_directory(virDomainPtr domain)
{
    char *uri = virConnectGetURI(virDomainGetConnect(domain));
    const char *query = uri ? strchr(uri, '?') : NULL;
    g_autoptr(GHashTable) params =
        g_uri_parse_params(query ? query + 1 : "", -1, "&;", G_URI_PARAMS_NONE, NULL);
    const char *root = params ? g_hash_table_lookup(params, "root") : NULL;

    free(uri);
    return root ? g_build_filename(root, "lib/qemu", NULL) : g_strdup(STATE);
}

static gboolean
give_to(const char *path, const Owner *owner, GError **error)
{
    if (owner->user == geteuid() || chown(path, owner->user, owner->group) == 0)
        return TRUE;
    virt_snap_error_set_errno(error, errno,
                              _("Cannot give the directory '%s' to QEMU's user (%u); is this run "
                                "as root?"),
                              path, (unsigned)owner->user);
    g_rmdir(path);

    return FALSE;
}

char *
libvirt_scratch_make(virDomainPtr domain, const char *directory, GError **error)
{
    g_autofree char *state = state_directory(domain);
    g_autofree char *path = NULL;
    Owner owner;

    if (!find_owner(domain, &owner, error))
        return NULL;
    path = g_build_filename(owner.user == geteuid() ? directory : state, TEMPLATE, NULL);
    if (!g_mkdtemp(path)) {
        virt_snap_error_set_errno(error, errno,
                                  _("Cannot make the directory '%s' for QEMU; is this run as "
                                    "root?"),
                                  path);
        return NULL;
    }

    return give_to(path, &owner, error) ? g_steal_pointer(&path) : NULL;
}

void
libvirt_scratch_remove(char *path)
{
    g_autoptr(GError) error = NULL;

    if (path && !tree_remove_at(AT_FDCWD, path, &error))
        g_warning("%s", error->message);
    g_free(path);
}
