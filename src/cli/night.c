/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "archive/export-base.h"
#include "archive/export-list.h"
#include "archive/export-lock.h"
#include "archive/night-config.h"
#include "archive/night-left.h"
#include "archive/target.h"
#include "cli/command-run.h"
#include "cli/night-log.h"
#include "cli/night.h"
#include "cli/output.h"
#include "util/child.h"
#include "util/fd.h"
#include "util/format.h"
#include "util/process.h"

/* One night of one configuration. */
typedef struct {
    CliContext *cli;
    const char *name; /* name of the configuration */
    NightConfig *config;
    int lock;
    ExportPlace *place; /* of this night's export, whose snapshot is the time of the night in the
                         * form of a name */
    char *path;         /* path of the export; NULL: there is none */
    guint64 copied;
    guint warnings;
    guint removed;
    guint64 freed;
    GError *error;  /* the first thing that went wrong */
} Night;

static void
night_clear(Night *self)
{
    fd_clear(&self->lock);
    night_config_free(self->config);
    export_place_free(self->place);
    g_free(self->path);
    g_clear_error(&self->error);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Night, night_clear)

static NightFields
fields_of(const Night *self)
{
    return (NightFields){.name = self->name,
                         .collection = self->place->name,
                         .snapshot = self->place->snapshot,
                         .path = self->path,
                         .code = self->error ? virt_snap_error_result_code(self->error) : 0};
}

/* Takes the lock of this night's export, so that pruning keeps it: after the clock was set back it
 * is not the newest one by its time. */
static int
hold_export(const Night *self)
{
    auto_fd dirfd = fd_open(AT_FDCWD, self->path, O_RDONLY | O_DIRECTORY, 0, NULL);

    return dirfd < 0 ? -1 : export_lock_read(dirfd, self->path, NULL);
}

/* --- what virtsnap does ----------------------------------------------------- */

/* Runs another virtsnap command in this process, as a line of the shell is run. Returns:
 * (transfer full): its answer. */
static JsonObject *
run_line(Night *self, GPtrArray *words, GError **error)
{
    g_autoptr(CliContext) cli = cli_context_new_line(self->cli);
    JsonObject *failure;

    g_ptr_array_add(words, NULL);
    cli->globals.json = TRUE;
    cli->globals.quiet = TRUE;
    /* The exit status is ignored, because the JSON answer has the error, too. */
    (void)!command_run(cli, (char *const *)words->pdata, NULL);
    if (!json_object_has_member(cli->result, "error"))
        return json_object_ref(cli->result);
    failure = json_object_get_object_member(cli->result, "error");
    g_set_error_literal(error, VIRT_SNAP_ERROR, (gint)json_object_get_int_member(failure, "code"),
                        json_object_get_string_member(failure, "message"));

    return NULL;
}

static GPtrArray *
words_new(const char *command)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);

    g_ptr_array_add(words, g_strdup("virtsnap"));
    g_ptr_array_add(words, g_strdup(command));

    return words;
}

static void
add_option(GPtrArray *words, const char *option, const char *value)
{
    if (value)
        g_ptr_array_add(words, g_strdup_printf("--%s=%s", option, value));
}

/* Returns: whether there is an export to be taken as base, which the first night does not have. The
 * base is asked for then, too, since what the next night goes by is made only with one. */
static gboolean
has_export(const Night *self)
{
    g_autoptr(GPtrArray) exports = export_list(self->place->directory, NULL);

    for (guint i = 0; exports && i < exports->len; i++) {
        const FoundExport *found = g_ptr_array_index(exports, i);

        if (!found->problem && g_strcmp0(found->manifest->collection, self->place->name) == 0)
            return TRUE;
    }

    return FALSE;
}

static GPtrArray *
export_words(const Night *self)
{
    const NightConfig *config = self->config;
    GPtrArray *words = words_new("export");

    add_option(words, "to", self->place->directory);
    add_option(words, "settings", config->settings);
    add_option(words, "live", config->live);
    add_option(words, "scratch", config->scratch);
    add_option(words, "base", config->base);
    add_option(words, "bandwidth", config->bandwidth);
    add_option(words, "compress", config->compress);
    if (config->merge)
        g_ptr_array_add(words, g_strdup("--merge"));
    g_ptr_array_add(words, g_strdup("--"));
    g_ptr_array_add(words, g_strdup(self->place->name));
    g_ptr_array_add(words, g_strdup(self->place->snapshot));

    return words;
}

/* Tells the warnings but @expected. */
static void
tell_warnings(Night *self, JsonObject *result, const char *expected)
{
    JsonArray *warnings = json_object_get_array_member(result, "warnings");
    NightFields fields = fields_of(self);

    for (guint i = 0; warnings && i < json_array_get_length(warnings); i++) {
        const char *text = json_array_get_string_element(warnings, i);

        if (g_strcmp0(text, expected) == 0)
            continue;
        night_log(NIGHT_WARNING, &fields, FALSE, "%s: %s", self->place->name, text);
        self->warnings++;
    }
}

static gboolean
make_export(Night *self)
{
    g_autoptr(GPtrArray) words = export_words(self);
    g_autofree char *first = has_export(self) ? NULL : export_base_none(self->place);
    g_autoptr(JsonObject) result = run_line(self, words, &self->error);
    g_autofree char *copied = NULL;
    NightFields fields;

    if (!result)
        return FALSE;
    self->path = g_strdup(json_object_get_string_member(result, "export"));
    self->copied = (guint64)json_object_get_int_member(result, "copied");
    tell_warnings(self, result, first);
    fields = fields_of(self);
    copied = format_bytes(self->copied);
    night_log(NIGHT_DONE, &fields, self->cli->globals.quiet, _("Exported to '%s', written: %s"),
              self->path, copied);

    return TRUE;
}

static gboolean
prune_exports(Night *self)
{
    g_autoptr(GPtrArray) words = words_new("export-prune");
    g_autoptr(JsonObject) result = NULL;
    g_autofree char *freed = NULL;
    NightFields fields = fields_of(self);
    G_GNUC_UNUSED auto_fd held = hold_export(self);

    for (int rule = 0; rule < KEEP_RULES; rule++) {
        if (self->config->keep.n[rule] > 0)
            g_ptr_array_add(words, g_strdup_printf("--keep-%s=%u", keep_rule_name((KeepRule)rule),
                                                   self->config->keep.n[rule]));
    }
    add_option(words, "collection", self->place->name);
    g_ptr_array_add(words, g_strdup("--"));
    g_ptr_array_add(words, g_strdup(self->place->directory));
    result = run_line(self, words, &self->error);
    if (!result)
        return FALSE;
    self->removed = json_array_get_length(json_object_get_array_member(result, "removed"));
    self->freed = (guint64)json_object_get_int_member(result, "freed");
    freed = format_bytes(self->freed);
    night_log(NIGHT_PRUNED, &fields, self->cli->globals.quiet,
              _("Exports removed: %u, space freed: %s"), self->removed, freed);
    if (json_object_get_int_member(result, "result") == 0)
        return TRUE;
    g_set_error(&self->error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                _("The export is done, but old ones in '%s' could not be removed; 'virtsnap "
                  "export-prune' tells which"),
                self->place->directory);

    return FALSE;
}

/* --- what others do --------------------------------------------------------- */

/* Sends a hook's standard output to standard error, because standard output is for our own
 * result. */
static void
set_up_program(G_GNUC_UNUSED gpointer data)
{
    dup2(STDERR_FILENO, STDOUT_FILENO);
    process_restore();
}

static char **
environment_of(const Night *self)
{
    const NightFields fields = fields_of(self);
    g_autofree char *code = g_strdup_printf("%u", fields.code);
    char **environment = g_get_environ();

    environment = g_environ_setenv(environment, "VIRTSNAP_NAME", self->name, TRUE);
    environment = g_environ_setenv(environment, "VIRTSNAP_COLLECTION", self->place->name, TRUE);
    environment = g_environ_setenv(environment, "VIRTSNAP_SNAPSHOT", self->place->snapshot, TRUE);
    environment =
        g_environ_setenv(environment, "VIRTSNAP_DIRECTORY", self->place->directory, TRUE);
    environment = g_environ_setenv(environment, "VIRTSNAP_RESULT", code, TRUE);
    environment = g_environ_setenv(environment, "VIRTSNAP_EXPORT", self->path ? self->path : "",
                                   TRUE);

    return g_environ_setenv(environment, "VIRTSNAP_ERROR",
                            self->error ? self->error->message : "", TRUE);
}

static gboolean
run_program(const Night *self, char **program, GError **error)
{
    g_auto(GStrv) environment = environment_of(self);
    g_autoptr(GError) why = NULL;
    GPid pid;
    int status;

    if (g_spawn_async("/", program, environment,
                      G_SPAWN_CHILD_INHERITS_STDIN | G_SPAWN_DO_NOT_REAP_CHILD, set_up_program,
                      NULL, &pid, &why) &&
        child_wait_for(pid, *program, &status, &why) && g_spawn_check_wait_status(status, &why))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "%s: %s", *program, why->message);

    return FALSE;
}

/* Runs the program of @hook, which is "before" or "after". */
static gboolean
run_hook(Night *self, const char *hook, char **program)
{
    g_autoptr(GError) why = NULL;
    NightFields fields;

    if (!program || run_program(self, program, &why))
        return TRUE;
    fields = fields_of(self);
    night_log(NIGHT_HOOK_FAILED, &fields, FALSE, _("The program '%s' of %s failed: %s"), hook,
              self->name, why->message);
    /* Only the first error is reported. */
    if (!self->error)
        g_set_error(&self->error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                    _("The program '%s' failed: %s"), hook, why->message);

    return FALSE;
}

/* --- the night -------------------------------------------------------------- */

static void
warn_of(const Night *self, const char *text)
{
    NightFields fields = fields_of(self);

    night_log(NIGHT_WARNING, &fields, FALSE, "%s", text);
}

/* Removes what interrupted nights have left. They are not resumed, because each night has a name of
 * its own. */
static void
tidy_left(const Night *self)
{
    g_autoptr(GError) why = NULL;

    if (!night_left_tidy(self->name, &why))
        warn_of(self, why->message);
}

static gboolean
make_noted_export(Night *self)
{
    g_autoptr(GError) why = NULL;
    gboolean made;

    if (!night_left_note(self->name, self->place, &why)) {
        g_prefix_error(&why, _("What this night leaves if it is interrupted has to be removed by "
                               "hand: "));
        warn_of(self, why->message);
    }
    made = make_export(self);
    if (!made)
        tidy_left(self);
    night_left_forget(self->name, self->place);

    return made;
}

static void
run_night(Night *self)
{
    NightFields fields = fields_of(self);

    night_log(NIGHT_STARTED, &fields, self->cli->globals.quiet, _("Exporting '%s' to '%s'"),
              self->place->name, self->place->directory);
    tidy_left(self);
    if (run_hook(self, "before", self->config->before) && make_noted_export(self) &&
        keep_rules_any(&self->config->keep))
        (void)!prune_exports(self);
    if (self->error) {
        fields = fields_of(self);
        night_log(NIGHT_FAILED, &fields, TRUE, _("The export of '%s' failed: %s"),
                  self->place->name, self->error->message);
    }
    (void)!run_hook(self, "after", self->config->after);
}

static JsonObject *
night_json(const Night *self)
{
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "result", 0);
    json_set_text(object, "collection", self->place->name);
    json_set_text(object, "snapshot", self->place->snapshot);
    json_set_text(object, "export", self->path);
    json_set_size(object, "copied", self->copied);
    json_object_set_int_member(object, "warnings", self->warnings);
    json_object_set_int_member(object, "removed", self->removed);
    json_set_size(object, "freed", self->freed);

    return object;
}

/* Returns: (transfer full): the name of this night's export, such as "20261127T020000Z". */
static char *
name_now(void)
{
    g_autoptr(GDateTime) now = g_date_time_new_now_utc();

    return g_date_time_format(now, "%Y%m%dT%H%M%SZ");
}

/* Returns: whether there is an export at @place, or a partial one, which would be removed. */
static gboolean
is_taken(const ExportPlace *place)
{
    g_autofree char *path = export_place_path(place);
    g_autoptr(Target) target = target_left_at(place);

    /* What cannot be looked at is told by the export, with its reason. */
    return g_file_test(path, G_FILE_TEST_EXISTS) || target_left_changed(target) != 0;
}

/* A night that is begun in the second in which the one before was named waits for the next second.
 * Returns: (transfer full): a place at which there is no export. */
static ExportPlace *
find_free_place(const NightConfig *config, const char *name)
{
    const char *collection = config->collection ? config->collection : name;

    for (;;) {
        g_autofree char *now = name_now();
        g_autoptr(ExportPlace) place =
            export_place_new(config->directory, collection, now, TRUE);

        if (!is_taken(place))
            return g_steal_pointer(&place);
        g_usleep(G_USEC_PER_SEC / 10);
    }
}

int
run_export_run(CliContext *cli, const CommandLine *line)
{
    g_auto(Night) self = {.cli = cli, .name = line->args[0], .lock = -1};
    g_autoptr(GError) error = NULL;

    self.config = night_config_load(self.name, &self.lock, &error);
    if (!self.config)
        return cli_fail(cli, error);
    self.place = find_free_place(self.config, self.name);
    run_night(&self);
    if (self.error && cli->globals.json)
        return cli_fail(cli, self.error);
    if (!self.error)
        cli_result(cli, night_json(&self));

    return self.error ? CLI_FAILED : CLI_DONE;
}
