/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-host.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "drivers/libvirt/libvirt-directories.h"

/* --- lists --------------------------------------------------------------------- */

/* Handles a list that the driver cannot provide: the embedded driver has neither networks nor
 * secrets, which is not an error. */
static gboolean
take_unknown(GPtrArray **things, GError **error, const char *what)
{
    if (virGetLastErrorCode() != VIR_ERR_NO_SUPPORT) {
        libvirt_error_set(error, "%s", what);
        return FALSE;
    }
    g_clear_pointer(things, g_ptr_array_unref);

    return TRUE;
}

static gboolean
add_networks(virConnectPtr connection, HostFacts *facts, GError **error)
{
    virNetworkPtr *list = NULL;
    int n = virConnectListAllNetworks(connection, &list, 0);

    if (n < 0)
        return take_unknown(&facts->networks, error, _("Cannot list the networks"));
    for (int i = 0; i < n; i++) {
        g_ptr_array_add(facts->networks, host_thing_new(virNetworkGetName(list[i]),
                                                        virNetworkIsActive(list[i]) == 1));
        virNetworkFree(list[i]);
    }
    free(list);

    return TRUE;
}

static gboolean
add_secrets(virConnectPtr connection, HostFacts *facts, GError **error)
{
    virSecretPtr *list = NULL;
    int n = virConnectListAllSecrets(connection, &list, 0);

    if (n < 0)
        return take_unknown(&facts->secrets, error, _("Cannot list the secrets"));
    for (int i = 0; i < n; i++) {
        char uuid[VIR_UUID_STRING_BUFLEN] = "";

        if (virSecretGetUUIDString(list[i], uuid) == 0)
            g_ptr_array_add(facts->secrets, g_strdup(uuid));
        virSecretFree(list[i]);
    }
    free(list);

    return TRUE;
}

/* libvirt lists interfaces of the host only where it is built with a backend for that, so the
 * kernel is asked. A bridge of Open vSwitch is an interface like any other. That it is this host
 * has been seen to by who asks. */
static void
add_bridges(HostFacts *facts)
{
    g_autoptr(GDir) dir = g_dir_open("/sys/class/net", 0, NULL);
    const char *name;

    if (!dir)
        g_clear_pointer(&facts->bridges, g_ptr_array_unref);
    while (dir && (name = g_dir_read_name(dir)))
        g_ptr_array_add(facts->bridges, g_strdup(name));
}

/* --- host -------------------------------------------------------------------------- */

static gboolean
add_host(virConnectPtr connection, HostFacts *facts, GError **error)
{
    virNodeInfo info;
    unsigned long version = 0;

    facts->capabilities = libvirt_take_string(virConnectGetCapabilities(connection));
    if (!facts->capabilities || virNodeGetInfo(connection, &info) < 0 ||
        virConnectGetLibVersion(connection, &version) < 0) {
        libvirt_error_set(error, _("Cannot ask libvirt what the host has"));
        return FALSE;
    }
    facts->memory = (guint64)info.memory * 1024;
    facts->libvirt_version = g_strdup_printf("%lu.%lu.%lu", version / 1000000,
                                             version / 1000 % 1000, version % 1000);

    return TRUE;
}

HostFacts *
libvirt_host_facts(virConnectPtr connection, GError **error)
{
    g_autoptr(HostFacts) facts = host_facts_new();
    char *uri = libvirt_take_string(virConnectGetURI(connection));

    facts->tpm_states = libvirt_tpm_states(uri);
    facts->kept = libvirt_kept(uri);
    facts->session = libvirt_is_session(uri);
    g_free(uri);
    if (!add_host(connection, facts, error) || !add_networks(connection, facts, error) ||
        !add_secrets(connection, facts, error))
        return NULL;
    add_bridges(facts);

    return g_steal_pointer(&facts);
}

char *
libvirt_host_offer(virConnectPtr connection, const char *arch, const char *machine,
                   const char *type, GError **error)
{
    char *xml = libvirt_take_string(
        virConnectGetDomainCapabilities(connection, NULL, arch, machine, type, 0));

    if (!xml)
        libvirt_error_set(error,
                          _("Cannot ask libvirt what it offers to a domain '%s', '%s', '%s'"),
                          arch ? arch : "-", machine ? machine : "-", type ? type : "-");

    return xml;
}

gboolean
libvirt_host_compare_cpu(virConnectPtr connection, const char *arch, const char *machine,
                         const char *type, const char *cpu, char **problem, GError **error)
{
    int result = virConnectCompareHypervisorCPU(connection, NULL, arch, machine, type, cpu,
                                                VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE);

    *problem = NULL;
    if (result == VIR_CPU_COMPARE_IDENTICAL || result == VIR_CPU_COMPARE_SUPERSET)
        return TRUE;
    /* libvirt's message names the missing features. The message is also returned if the processors
     * cannot be compared, because libvirt does not know the model or the architecture is
     * emulated. */
    if (result == VIR_CPU_COMPARE_INCOMPATIBLE ||
        virGetLastErrorCode() == VIR_ERR_CPU_INCOMPATIBLE ||
        virGetLastErrorCode() == VIR_ERR_INTERNAL_ERROR) {
        *problem = g_strdup(virGetLastErrorMessage());
        return TRUE;
    }
    if (virGetLastErrorCode() == VIR_ERR_CONFIG_UNSUPPORTED ||
        virGetLastErrorCode() == VIR_ERR_NO_SUPPORT)
        return TRUE;
    libvirt_error_set(error, _("Cannot compare the processor of a domain with the host's"));

    return FALSE;
}
