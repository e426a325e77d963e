/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "hypervisor/host-security.h"
#include "util/xml.h"

gboolean
host_has_security_model(Hypervisor *hypervisor, const char *model)
{
    g_autofree char *text = hypervisor->ops->capabilities(hypervisor, NULL);
    g_autofree char *path = g_strdup_printf("./host/secmodel[model='%s']", model);
    g_autoptr(xmlDoc) doc =
        text ? xml_parse(text, strlen(text), "capabilities", NULL) : NULL;

    return doc && xml_node(xmlDocGetRootElement(doc), path);
}

static void
add_explanation(GError *why, const char *text)
{
    g_autofree char *before = why->message;

    why->message = g_strconcat(before, "; ", text, NULL);
}

void
host_explain_denied(Hypervisor *hypervisor, const char *directory, GError *why)
{
    g_autofree char *where = NULL;

    if (!strstr(why->message, "ermission denied"))
        return;
    where = g_strdup_printf(_("the user of QEMU may not open a file of the domain: see owners, "
                              "modes and ACLs of '%s', and of the directories above ('namei -l')"),
                            directory);
    add_explanation(why, where);
    if (host_has_security_model(hypervisor, "apparmor"))
        add_explanation(why, _("or AppArmor denies it ('journalctl -k -g apparmor'): what is "
                                 "allowed in /etc/apparmor.d/local/abstractions/libvirt-qemu "
                                 "counts for all domains"));
    if (host_has_security_model(hypervisor, "selinux"))
        add_explanation(why, _("or SELinux denies it ('ausearch -m avc -ts recent'): "
                                 "'semanage fcontext' and 'restorecon' give the directory the "
                                 "type virt_image_t"));
}
