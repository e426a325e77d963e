/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <unistd.h>

#include "hypervisor/host-security.h"
#include "import/boot-watch.h"
#include "util/fd.h"
#include "util/process.h"

/* The interval between two commands to the guest agent, in microseconds. It is not shorter, because
 * a command to an agent that is missing takes time. */
#define AGENT_US (G_USEC_PER_SEC)
/* How much of the console's end is kept, for a pattern of which only the beginning has come so
 * far. */
#define CONSOLE_KEPT ((gsize)64 << 10)
#define CONSOLE_CHUNK ((gsize)256 << 10)
/* How much of the last line of the console is shown to the user. */
#define LINE_SHOWN 200

struct BootWatch {
    Hypervisor *hypervisor;
    const BootMember *member;
    const BootSettings *settings;
    GThread *thread; /* NULL: the thread was joined */
    gint cancelled;  /* atomic */
    gint over;       /* atomic */
    /* Used by the thread only, until it ends. */
    BootVerdict *verdict;
    GError *error;   /* the domain is still there */
    GRegex *expect;  /* NULL: nothing */
    int console;     /* owned, or -1 */
    GString *shown;  /* the end of what the console has shown */
    gint64 started;  /* monotonic, microseconds */
    gint64 ask;      /* when to ask the agent */
};

/* --- the console ------------------------------------------------------------------ */

static gboolean
read_chunk(BootWatch *self)
{
    g_autofree char *chunk = g_malloc(CONSOLE_CHUNK);
    gssize got = self->console < 0 ? 0 : read(self->console, chunk, CONSOLE_CHUNK);

    if (got <= 0)
        return FALSE;
    if (self->shown->len > CONSOLE_KEPT)
        g_string_erase(self->shown, 0, (gssize)(self->shown->len - CONSOLE_KEPT));
    g_string_append_len(self->shown, chunk, got);

    return TRUE;
}

static gboolean
console_shows(BootWatch *self)
{
    gboolean found = FALSE;

    while (!found && read_chunk(self))
        found = self->expect && g_regex_match_full(self->expect, self->shown->str,
                                                   (gssize)self->shown->len, 0, 0, NULL, NULL);

    return found;
}

/* Returns: (nullable): the last line that is not empty, for people; owned by the caller. */
static char *
last_line(const BootWatch *self)
{
    g_autofree char *text = g_utf8_make_valid(self->shown->str, (gssize)self->shown->len);
    g_auto(GStrv) lines = g_strsplit_set(text, "\r\n", -1);

    for (guint i = g_strv_length(lines); i-- > 0;) {
        if (*g_strstrip(lines[i]))
            return g_utf8_substring(lines[i], 0, MIN(g_utf8_strlen(lines[i], -1), LINE_SHOWN));
    }

    return NULL;
}

/* --- what is found ------------------------------------------------------------------- */

static guint
seconds_since(const BootWatch *self)
{
    return (guint)((g_get_monotonic_time() - self->started) / G_USEC_PER_SEC);
}

static gboolean
say_booted(BootWatch *self, const char *by)
{
    self->verdict->booted = TRUE;
    self->verdict->by = by;

    return TRUE;
}

/* Notes that the guest is not known to have booted. Takes ownership of @why. */
static gboolean
say_not(BootWatch *self, char *why)
{
    g_autofree char *line = last_line(self);

    self->verdict->why =
        line ? g_strdup_printf(_("%s; its console ends with: %s"), why, line) : g_strdup(why);
    g_free(why);

    return TRUE;
}

static gboolean
agent_answers(BootWatch *self)
{
    if (!self->member->signs.agent)
        return FALSE;
    if (self->hypervisor->ops->boots->agent_answers(self->hypervisor, self->member->domain->uuid))
        return TRUE;
    self->ask = g_get_monotonic_time() + AGENT_US;

    return FALSE;
}

/* Notes that the guest has booted, because its console shows the pattern. The agent is asked once
 * more, because its answer proves more. */
static gboolean
say_console(BootWatch *self)
{
    return say_booted(self, agent_answers(self) ? "agent" : "console");
}

/* The time has passed: the guest has booted, unless a pattern was asked for and is missing. */
static gboolean
say_time(BootWatch *self)
{
    if (!self->expect)
        return say_booted(self, "time");
    if (!self->member->signs.console)
        return say_not(self, g_strdup(_("it has no serial console, and no guest agent answered")));

    return say_not(self, g_strdup_printf(_("its console has not shown '%s' within %u s"),
                                         self->settings->expect, self->settings->timeout));
}

/* Looks at all signs once. Returns: TRUE if the verdict is known now. */
static gboolean
look_at_guests(BootWatch *self)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *why = NULL;
    BootState state;

    if (console_shows(self))
        return say_console(self);
    if (!self->hypervisor->ops->boots->look(self->hypervisor, self->member->domain->uuid, &state,
                                            &why, &error))
        return say_not(self, g_strdup(error->message));
    /* The console may have shown the pattern just before the domain ended. */
    if (state != BOOT_RUNS)
        return console_shows(self) ? say_booted(self, "console")
                                   : say_not(self, g_steal_pointer(&why));
    if (g_get_monotonic_time() >= self->ask && agent_answers(self))
        return say_booted(self, "agent");

    return seconds_since(self) >= self->settings->timeout && say_time(self);
}

/* --- the thread ------------------------------------------------------------------------- */

static void
watch_domain(BootWatch *self)
{
    g_autoptr(GError) error = NULL;
    const GArray *files = self->member->files;

    self->started = self->ask = g_get_monotonic_time();
    if (!self->hypervisor->ops->boots->start(self->hypervisor, self->member->xml,
                                             (const BootFile *)(const void *)files->data,
                                             files->len, &error)) {
        g_autofree char *directory = g_path_get_dirname(self->member->console);

        host_explain_denied(self->hypervisor, directory, error);
        say_not(self, g_strdup(error->message));
        return;
    }
    while (!g_atomic_int_get(&self->cancelled) && !look_at_guests(self))
        g_usleep(BOOT_WATCH_US);
    self->verdict->seconds = seconds_since(self);
}

static gpointer
watch_main(gpointer data)
{
    BootWatch *self = data;

    watch_domain(self);
    if (!self->hypervisor->ops->undefine(self->hypervisor, self->member->domain->uuid, FALSE,
                                         &self->error))
        g_prefix_error(&self->error, _("Domain '%s' was tried, and cannot be removed: "),
                       self->member->domain->from->name);
    g_atomic_int_set(&self->over, TRUE);

    return NULL;
}

BootWatch *
boot_watch_begin(Hypervisor *hypervisor, const BootMember *member, const BootSettings *settings,
                 GError **error)
{
    BootWatch *self = g_new0(BootWatch, 1);

    self->hypervisor = hypervisor;
    self->member = member;
    self->settings = settings;
    self->verdict = g_new0(BootVerdict, 1);
    self->verdict->name = g_strdup(member->domain->from->name);
    if (settings->expect)
        self->expect = g_regex_new(settings->expect, G_REGEX_RAW | G_REGEX_MULTILINE, 0, NULL);
    self->console = open(member->console, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    self->shown = g_string_new(NULL);
    self->thread = process_thread("virtsnap-boot", watch_main, self, error);
    if (!self->thread)
        g_clear_pointer(&self, boot_watch_free);

    return self;
}

gboolean
boot_watch_end(BootWatch *self)
{
    if (!self->thread || !g_atomic_int_get(&self->over))
        return FALSE;
    g_thread_join(g_steal_pointer(&self->thread));

    return TRUE;
}

BootVerdict *
boot_watch_take(BootWatch *self, GError **error)
{
    if (!self->error)
        return g_steal_pointer(&self->verdict);
    g_propagate_error(error, g_steal_pointer(&self->error));

    return NULL;
}

void
boot_watch_free(BootWatch *self)
{
    g_atomic_int_set(&self->cancelled, TRUE);
    if (self->thread)
        g_thread_join(self->thread);
    if (self->verdict) {
        g_free(self->verdict->name);
        g_free(self->verdict->why);
        g_free(self->verdict);
    }
    g_clear_error(&self->error);
    g_clear_pointer(&self->expect, g_regex_unref);
    fd_clear(&self->console);
    g_string_free(self->shown, TRUE);
    g_free(self);
}
