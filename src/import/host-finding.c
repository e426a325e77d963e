/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "import/host-finding.h"

void
host_finding_free(HostFinding *finding)
{
    if (!finding)
        return;
    g_free(finding->member);
    g_free(finding->what);
    g_free(finding->have);
    g_free(finding->would_do);
    g_free(finding->option);
    g_free(finding);
}

GPtrArray *
host_findings_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)host_finding_free);
}

HostFinding *
host_findings_add(GPtrArray *findings, const char *member, const char *kind, const char *what,
                  char *have, char *would_do, char *option)
{
    HostFinding *finding = g_new0(HostFinding, 1);

    finding->member = g_strdup(member);
    finding->kind = kind;
    finding->what = g_strdup(what);
    finding->have = have;
    finding->would_do = would_do;
    finding->option = option;
    finding->blocks = TRUE;
    g_ptr_array_add(findings, finding);

    return finding;
}

static void
add_would_do(GString *line, const HostFinding *finding)
{
    if (!finding->would_do)
        return;
    if (finding->blocks)
        g_string_append_printf(line, _("; --force-host: %s"), finding->would_do);
    else
        g_string_append_printf(line, _("; import: %s"), finding->would_do);
}

char *
host_finding_to_string(const HostFinding *finding)
{
    GString *line = g_string_new(NULL);

    if (finding->member)
        g_string_append_printf(line, "%s: ", finding->member);
    g_string_append_printf(line, "%s '%s': %s", finding->kind, finding->what, finding->have);
    add_would_do(line, finding);
    if (finding->option)
        g_string_append_printf(line, _("; else: %s"), finding->option);

    return g_string_free(line, FALSE);
}

gboolean
host_findings_pass(GPtrArray *findings, gboolean force, GError **error)
{
    g_autoptr(GString) lines = g_string_new(NULL);

    for (guint i = 0; i < findings->len; i++) {
        const HostFinding *finding = g_ptr_array_index(findings, i);
        g_autofree char *line = host_finding_to_string(finding);

        if (finding->blocks && !(force && finding->would_do))
            g_string_append_printf(lines, "\n  %s", line);
    }
    if (lines->len == 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The export does not fit this host:%s"), lines->str);

    return FALSE;
}
