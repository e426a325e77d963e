/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "drivers/libvirt/libvirt-run.h"
#include "hypervisor/hypervisor.h"

#define PROCESSES "/proc"
/* proc(5): the time of the start is the 22nd field of "stat", and the name, which may have spaces
 * and parentheses in it, is the second. */
#define FIELDS_AFTER_NAME (22 - 3)

/* The arguments end with a null byte each, and @arguments with another one. */
static gboolean
has_uuid(const char *arguments, gsize length, const char *uuid)
{
    const char *end = arguments + length;
    gboolean next = FALSE;

    for (const char *one = arguments; one < end; one += strlen(one) + 1) {
        if (next)
            return g_ascii_strcasecmp(one, uuid) == 0;
        next = g_str_equal(one, "-uuid");
    }

    return FALSE;
}

static gboolean
is_domain(const char *process, const char *uuid)
{
    g_autofree char *path = g_build_filename(PROCESSES, process, "cmdline", NULL);
    g_autofree char *arguments = NULL;
    gsize length;

    return g_file_get_contents(path, &arguments, &length, NULL) &&
           has_uuid(arguments, length, uuid);
}

/* Returns: when the process was started, in ticks of the clock since the system was; or NULL. */
static char *
find_start(const char *process)
{
    g_autofree char *path = g_build_filename(PROCESSES, process, "stat", NULL);
    g_autofree char *text = NULL;
    g_auto(GStrv) fields = NULL;
    const char *name_end;

    if (!g_file_get_contents(path, &text, NULL, NULL))
        return NULL;
    name_end = strrchr(text, ')');
    if (!name_end || name_end[1] != ' ')
        return NULL;
    fields = g_strsplit(name_end + 2, " ", -1);

    return g_strv_length(fields) > FIELDS_AFTER_NAME ? g_strdup(fields[FIELDS_AFTER_NAME]) : NULL;
}

char *
libvirt_run_find(Hypervisor *hypervisor, const char *uuid)
{
    g_autoptr(GDir) processes = NULL;
    g_autofree char *found = NULL;
    const char *process;

    if (!hypervisor->ops->sees(hypervisor, NULL, NULL))
        return NULL;
    processes = g_dir_open(PROCESSES, 0, NULL);
    while (processes && (process = g_dir_read_name(processes))) {
        if (!g_ascii_isdigit(*process) || !is_domain(process, uuid))
            continue;
        /* One of them is of another hypervisor, and nobody says which. */
        if (found)
            return NULL;
        found = find_start(process);
    }

    return g_steal_pointer(&found);
}
