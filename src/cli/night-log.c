/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <stdio.h>
#include <unistd.h>

#include "cli/night-log.h"
#include "cli/output.h"

/* The identities are documented in virtsnap(1) and must not change. The priorities are those of
 * syslog. */
static const struct {
    const char *id;
    int priority;
} events[] = {
    [NIGHT_STARTED] = {"617ee292c5834441b38a0abfb725941f", 6},
    [NIGHT_DONE] = {"fbab1cdc31b74c0da81859c2d3ead587", 6},
    [NIGHT_WARNING] = {"dc2ec7ef948d4e389be96d937348bfae", 4},
    [NIGHT_FAILED] = {"3e61d4d8d94e4354b1c594656e613d02", 3},
    [NIGHT_PRUNED] = {"23590fef66de4e2b84768f463f7176d6", 6},
    [NIGHT_HOOK_FAILED] = {"498eb259f34148bab913bc0b6b6deec7", 3},
};

/* Events of this priority and less important ones are not shown with --quiet. */
#define PRIORITY_INFO 6

#define FIELDS_MAX 10

static void
add_log_field(GLogField *all, gsize *n, const char *key, const char *value)
{
    if (value)
        all[(*n)++] = (GLogField){key, value, -1};
}

static gboolean
send_night_event(NightEvent event, const NightFields *fields, const char *message)
{
    const char priority[] = {(char)('0' + events[event].priority), '\0'};
    g_autofree char *code = g_strdup_printf("%u", fields->code);
    GLogField all[FIELDS_MAX];
    gsize n = 0;

    add_log_field(all, &n, "MESSAGE", message);
    add_log_field(all, &n, "MESSAGE_ID", events[event].id);
    add_log_field(all, &n, "PRIORITY", priority);
    add_log_field(all, &n, "SYSLOG_IDENTIFIER", "virtsnap");
    add_log_field(all, &n, "VIRTSNAP_NAME", fields->name);
    add_log_field(all, &n, "VIRTSNAP_COLLECTION", fields->collection);
    add_log_field(all, &n, "VIRTSNAP_SNAPSHOT", fields->snapshot);
    add_log_field(all, &n, "VIRTSNAP_EXPORT", fields->path);
    add_log_field(all, &n, "VIRTSNAP_RESULT", code);

    return g_log_writer_journald(G_LOG_LEVEL_MESSAGE, all, n, NULL) == G_LOG_WRITER_HANDLED;
}

static void
print_night_event(NightEvent event, const char *message, gboolean quiet)
{
    g_autofree char *line = text_printable(message);

    if (g_getenv("INVOCATION_ID"))
        fprintf(stderr, "<%d>%s\n", events[event].priority, line);
    else if (!quiet || events[event].priority < PRIORITY_INFO)
        fprintf(stderr, "%s\n", line);
}

void
night_log(NightEvent event, const NightFields *fields, gboolean quiet, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list args;

    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    if (!g_log_writer_is_journald(STDERR_FILENO) || !send_night_event(event, fields, message))
        print_night_event(event, message, quiet);
}
