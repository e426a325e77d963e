/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>

#include "settings/settings-private.h"
#include "util/format.h"
#include "util/name.h"

#define PARALLEL_MAX 64
#define ZSTD_LEVEL_MAX 22
#define REFERENCE_POINTS_MAX 100

G_DEFINE_BOXED_TYPE(VirtSnapExportSettings, virt_snap_export_settings,
                    virt_snap_export_settings_copy, virt_snap_export_settings_free)

static gboolean
invalid(GError **error, const char *name, const char *text, const char *expected)
{
    g_autofree char *shown = text_for_xml(text);

    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("Setting '%s': '%s' is not valid; expected: %s"), name, shown, expected);
    return FALSE;
}

/* --- kinds of values ------------------------------------------------------ */

typedef struct {
    const char *word;
    const char *number; /* value in the CIM form */
    int value;
} Word;

static gboolean
parse_word(const Word *words, gsize n, const char *name, const char *text, int *value,
           GError **error)
{
    g_autoptr(GString) expected = g_string_new(NULL);

    for (gsize i = 0; i < n; i++) {
        if (g_str_equal(text, words[i].word) || g_strcmp0(text, words[i].number) == 0) {
            *value = words[i].value;
            return TRUE;
        }
        g_string_append_printf(expected, "%s%s", i > 0 ? ", " : "", words[i].word);
    }

    return invalid(error, name, text, expected->str);
}

static const char *
word_of_value(const Word *words, gsize n, int value)
{
    for (gsize i = 0; i < n; i++) {
        if (words[i].value == value)
            return words[i].word;
    }

    return NULL;
}

static gboolean
parse_boolean(const char *name, const char *text, gboolean *value, GError **error)
{
    static const Word words[] = {{"yes", "true", TRUE}, {"no", "false", FALSE}};

    return parse_word(words, G_N_ELEMENTS(words), name, text, value, error);
}

/* --- settings ------------------------------------------------------------- */

#define BOOLEAN_SETTING(field)                                                                     \
    static gboolean parse_##field(VirtSnapExportSettings *self, const char *name,                  \
                                  const char *text, GError **error)                                \
    {                                                                                              \
        return parse_boolean(name, text, &self->field, error);                                     \
    }                                                                                              \
                                                                                                   \
    static char *format_##field(const VirtSnapExportSettings *self, guint i)                       \
    {                                                                                              \
        return i == 0 ? g_strdup(self->field ? "yes" : "no") : NULL;                               \
    }

#define WORD_SETTING(field, ...)                                                                   \
    static const Word words_##field[] = {__VA_ARGS__};                                             \
                                                                                                   \
    static gboolean parse_##field(VirtSnapExportSettings *self, const char *name,                  \
                                  const char *text, GError **error)                                \
    {                                                                                              \
        int value = 0;                                                                             \
                                                                                                   \
        if (!parse_word(words_##field, G_N_ELEMENTS(words_##field), name, text, &value, error))    \
            return FALSE;                                                                          \
        self->field = value;                                                                       \
        return TRUE;                                                                               \
    }                                                                                              \
                                                                                                   \
    static char *format_##field(const VirtSnapExportSettings *self, guint i)                       \
    {                                                                                              \
        return i == 0 ? g_strdup(word_of_value(words_##field, G_N_ELEMENTS(words_##field),         \
                                               (int)self->field))                                  \
                      : NULL;                                                                      \
    }

BOOLEAN_SETTING(storage)
BOOLEAN_SETTING(subdirectory)
BOOLEAN_SETTING(memory)
BOOLEAN_SETTING(digest)
BOOLEAN_SETTING(strict)
BOOLEAN_SETTING(security_info)
WORD_SETTING(intent, {"preserve-chain", "1", VIRT_SNAP_BACKUP_INTENT_PRESERVE_CHAIN},
             {"merge", "2", VIRT_SNAP_BACKUP_INTENT_MERGE})
WORD_SETTING(snapshots, {"all", "0", VIRT_SNAP_SNAPSHOTS_ALL},
             {"none", "1", VIRT_SNAP_SNAPSHOTS_NONE}, {"one", "2", VIRT_SNAP_SNAPSHOTS_ONE})
WORD_SETTING(live, {"no", NULL, VIRT_SNAP_LIVE_NO},
             {"crash-consistent", "0", VIRT_SNAP_LIVE_CRASH_CONSISTENT},
             {"memory", "1", VIRT_SNAP_LIVE_MEMORY},
             {"application-consistent", "2", VIRT_SNAP_LIVE_APPLICATION_CONSISTENT})

static gboolean
parse_given_intent(VirtSnapExportSettings *self, const char *name, const char *text,
                   GError **error)
{
    self->intent_given = parse_intent(self, name, text, error);

    return self->intent_given;
}

/* What was not said is not said: it depends on whether the export is a live one. */
static char *
format_given_intent(const VirtSnapExportSettings *self, guint i)
{
    return self->live != VIRT_SNAP_LIVE_NO && !self->intent_given ? NULL : format_intent(self, i);
}

static gboolean
parse_scratch(VirtSnapExportSettings *self, const char *name, const char *text, GError **error)
{
    if (!g_path_is_absolute(text))
        return invalid(error, name, text, _("an absolute path"));
    g_free(self->scratch);
    self->scratch = g_strdup(text);

    return TRUE;
}

static char *
format_scratch(const VirtSnapExportSettings *self, guint i)
{
    return i == 0 ? g_strdup(self->scratch) : NULL;
}

static gboolean
parse_base(VirtSnapExportSettings *self, const char *name, const char *text, GError **error)
{
    if (*text == '\0')
        return invalid(error, name, text, _("the path of an export, or a name"));
    g_free(self->base);
    self->base = g_strdup(text);

    return TRUE;
}

static char *
format_base(const VirtSnapExportSettings *self, guint i)
{
    return i == 0 ? g_strdup(self->base) : NULL;
}

static gboolean
parse_reference_point(VirtSnapExportSettings *self, const char *name, const char *text,
                      GError **error)
{
    if (*text == '\0' || strchr(text, '/'))
        return invalid(error, name, text, _("a name without a '/'"));
    g_free(self->reference_point);
    self->reference_point = g_strdup(text);

    return TRUE;
}

static char *
format_reference_point(const VirtSnapExportSettings *self, guint i)
{
    return i == 0 ? g_strdup(self->reference_point) : NULL;
}

static gboolean
parse_keep_reference_points(VirtSnapExportSettings *self, const char *name, const char *text,
                            GError **error)
{
    guint64 value;

    if (!g_ascii_string_to_unsigned(text, 10, 1, REFERENCE_POINTS_MAX, &value, NULL))
        return invalid(error, name, text, _("a number from 1 to 100"));
    self->keep_reference_points = (guint)value;

    return TRUE;
}

static char *
format_keep_reference_points(const VirtSnapExportSettings *self, guint i)
{
    return i == 0 ? g_strdup_printf("%u", self->keep_reference_points) : NULL;
}

/* Parses "DOMAIN:TARGET". The last colon separates them, since a domain's name may contain colons
 * and a target cannot. */
static gboolean
parse_disk_name(GPtrArray *disks, const char *name, const char *text, GError **error)
{
    const char *colon = strrchr(text, ':');
    VirtSnapExclude *disk;

    if (!colon || colon == text || colon[1] == '\0')
        return invalid(error, name, text, "DOMAIN:TARGET");
    disk = g_new0(VirtSnapExclude, 1);
    disk->domain = g_strndup(text, (gsize)(colon - text));
    disk->target = g_strdup(colon + 1);
    g_ptr_array_add(disks, disk);

    return TRUE;
}

static char *
format_disk(GPtrArray *disks, guint i)
{
    const VirtSnapExclude *disk;

    if (i >= disks->len)
        return NULL;
    disk = g_ptr_array_index(disks, i);

    return g_strdup_printf("%s:%s", disk->domain, disk->target);
}

static gboolean
parse_exclude(VirtSnapExportSettings *self, const char *name, const char *text, GError **error)
{
    return parse_disk_name(self->exclude, name, text, error);
}

static char *
format_exclude(const VirtSnapExportSettings *self, guint i)
{
    return format_disk(self->exclude, i);
}

static gboolean
parse_include(VirtSnapExportSettings *self, const char *name, const char *text, GError **error)
{
    return parse_disk_name(self->include, name, text, error);
}

static char *
format_include(const VirtSnapExportSettings *self, guint i)
{
    return format_disk(self->include, i);
}

static gboolean
parse_bandwidth(VirtSnapExportSettings *self, const char *name, const char *text, GError **error)
{
    return format_parse_bytes(text, name, &self->bandwidth, error);
}

static char *
format_bandwidth(const VirtSnapExportSettings *self, guint i)
{
    return i == 0 ? g_strdup_printf("%" G_GUINT64_FORMAT, self->bandwidth) : NULL;
}

static gboolean
parse_parallel(VirtSnapExportSettings *self, const char *name, const char *text, GError **error)
{
    guint64 value;

    if (!g_ascii_string_to_unsigned(text, 10, 1, PARALLEL_MAX, &value, NULL))
        return invalid(error, name, text, _("a number from 1 to 64"));
    self->parallel = (guint)value;

    return TRUE;
}

static char *
format_parallel(const VirtSnapExportSettings *self, guint i)
{
    return i == 0 && self->parallel > 0 ? g_strdup_printf("%u", self->parallel) : NULL;
}

static gboolean
parse_compression(VirtSnapExportSettings *self, const char *name, const char *text,
                  GError **error)
{
    guint64 level = 0;

    g_clear_pointer(&self->compression, g_free);
    if (g_str_equal(text, "none"))
        return TRUE;
    if (!g_str_equal(text, "zstd") &&
        (!g_str_has_prefix(text, "zstd:") ||
         !g_ascii_string_to_unsigned(text + 5, 10, 1, ZSTD_LEVEL_MAX, &level, NULL)))
        return invalid(error, name, text, _("none, zstd, or zstd:LEVEL with a level from 1 to 22"));
    self->compression = g_strdup(text);

    return TRUE;
}

static char *
format_compression(const VirtSnapExportSettings *self, guint i)
{
    return i == 0 ? g_strdup(self->compression ? self->compression : "none") : NULL;
}

const Setting settings_table[] = {
    {"storage", "CopyVmStorage", "boolean", FALSE, parse_storage, format_storage},
    {"intent", "BackupIntent", "uint16", FALSE, parse_given_intent, format_given_intent},
    {"base", "DifferentialBackupBase", "string", FALSE, parse_base, format_base},
    {"subdirectory", "CreateVmExportSubdirectory", "boolean", FALSE, parse_subdirectory,
     format_subdirectory},
    {"memory", "CopyVmRuntimeInformation", "boolean", FALSE, parse_memory, format_memory},
    {"snapshots", "CopySnapshotConfiguration", "uint8", FALSE, parse_snapshots,
     format_snapshots},
    {"live", "CaptureLiveState", "uint8", FALSE, parse_live, format_live},
    {"scratch", NULL, "string", FALSE, parse_scratch, format_scratch},
    {"referencePoint", NULL, "string", FALSE, parse_reference_point, format_reference_point},
    {"keepReferencePoints", NULL, "uint32", FALSE, parse_keep_reference_points,
     format_keep_reference_points},
    {"strict", NULL, "boolean", FALSE, parse_strict, format_strict},
    {"exclude", "ExcludedVirtualHardDisks", "string", TRUE, parse_exclude, format_exclude},
    {"include", NULL, "string", TRUE, parse_include, format_include},
    {"bandwidth", NULL, "uint64", FALSE, parse_bandwidth, format_bandwidth},
    {"parallel", NULL, "uint32", FALSE, parse_parallel, format_parallel},
    {"compression", NULL, "string", FALSE, parse_compression, format_compression},
    {"digest", NULL, "boolean", FALSE, parse_digest, format_digest},
    {"securityInfo", NULL, "boolean", FALSE, parse_security_info, format_security_info},
    {NULL, NULL, NULL, FALSE, NULL, NULL},
};

const Setting *
settings_find(const char *name)
{
    for (const Setting *setting = settings_table; setting->name; setting++) {
        if (g_str_equal(setting->name, name))
            return setting;
    }

    return NULL;
}

const Setting *
settings_find_cim(const char *name)
{
    for (const Setting *setting = settings_table; setting->name; setting++) {
        const char *own = setting->cim_name ? setting->cim_name : setting->name;

        if (g_ascii_strcasecmp(own, name) == 0)
            return setting;
    }

    return NULL;
}

static void
exclude_free(gpointer data)
{
    VirtSnapExclude *exclude = data;

    g_free(exclude->domain);
    g_free(exclude->target);
    g_free(exclude);
}

VirtSnapExportSettings *
virt_snap_export_settings_new(void)
{
    VirtSnapExportSettings *self = g_new0(VirtSnapExportSettings, 1);

    self->storage = TRUE;
    self->intent = VIRT_SNAP_BACKUP_INTENT_PRESERVE_CHAIN;
    self->subdirectory = TRUE;
    self->memory = TRUE;
    self->snapshots = VIRT_SNAP_SNAPSHOTS_ONE;
    self->live = VIRT_SNAP_LIVE_NO;
    self->keep_reference_points = 1;
    self->exclude = g_ptr_array_new_with_free_func(exclude_free);
    self->include = g_ptr_array_new_with_free_func(exclude_free);
    self->digest = TRUE;

    return self;
}

void
virt_snap_export_settings_free(VirtSnapExportSettings *self)
{
    if (!self)
        return;
    g_free(self->base);
    g_free(self->scratch);
    g_free(self->reference_point);
    g_free(self->compression);
    g_ptr_array_unref(self->exclude);
    g_ptr_array_unref(self->include);
    g_free(self);
}

static void
copy_disks(GPtrArray *to, GPtrArray *from)
{
    for (guint i = 0; i < from->len; i++) {
        const VirtSnapExclude *one = g_ptr_array_index(from, i);
        VirtSnapExclude *copy = g_new0(VirtSnapExclude, 1);

        copy->domain = g_strdup(one->domain);
        copy->target = g_strdup(one->target);
        g_ptr_array_add(to, copy);
    }
}

VirtSnapExportSettings *
virt_snap_export_settings_copy(const VirtSnapExportSettings *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    VirtSnapExportSettings *copy = virt_snap_export_settings_new();
    GPtrArray *exclude = copy->exclude;
    GPtrArray *include = copy->include;

    *copy = *self;
    copy->base = g_strdup(self->base);
    copy->scratch = g_strdup(self->scratch);
    copy->reference_point = g_strdup(self->reference_point);
    copy->compression = g_strdup(self->compression);
    copy->exclude = exclude;
    copy->include = include;
    copy_disks(exclude, self->exclude);
    copy_disks(include, self->include);

    return copy;
}

static const Setting *
find_word(const char *name, GError **error)
{
    const Setting *setting = settings_find(name);

    if (!setting)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("There is no setting '%s'"), name);

    return setting;
}

gboolean
virt_snap_export_settings_set(VirtSnapExportSettings *self, const char *name, const char *text,
                              GError **error)
{
    g_return_val_if_fail(self != NULL, FALSE);
    g_return_val_if_fail(name != NULL, FALSE);
    g_return_val_if_fail(text != NULL, FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    const Setting *setting = find_word(name, error);

    if (setting && !text_fits_xml(text))
        return invalid(error, name, text, _("text that XML can hold"));

    return setting && setting->parse(self, name, text, error);
}

char **
virt_snap_export_settings_dup_values(const VirtSnapExportSettings *self, const char *name,
                                     GError **error)
{
    g_return_val_if_fail(self != NULL, NULL);
    g_return_val_if_fail(name != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    const Setting *setting = find_word(name, error);
    g_autoptr(GStrvBuilder) values = g_strv_builder_new();

    if (!setting)
        return NULL;
    for (guint i = 0;; i++) {
        g_autofree char *value = setting->format(self, i);

        if (!value)
            return g_strv_builder_end(values);
        g_strv_builder_add(values, value);
    }
}

gboolean
export_settings_need_set(const VirtSnapExportSettings *self)
{
    return self->live == VIRT_SNAP_LIVE_MEMORY ||
           (self->live != VIRT_SNAP_LIVE_NO && self->intent_given &&
            self->intent == VIRT_SNAP_BACKUP_INTENT_PRESERVE_CHAIN);
}

gboolean
export_settings_pull(const VirtSnapExportSettings *self)
{
    return self->live != VIRT_SNAP_LIVE_NO && !export_settings_need_set(self);
}

/* The way out of all of these is a snapshot, which is exported then. */
static gboolean
check_live(const VirtSnapExportSettings *self, GError **error)
{
    if (self->snapshots != VIRT_SNAP_SNAPSHOTS_ALL)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("A live export cannot keep the tree of snapshots; take a snapshot of all "
                  "members, export that, and delete it again"));

    return FALSE;
}

gboolean
virt_snap_export_settings_check_supported(const VirtSnapExportSettings *self, GError **error)
{
    g_return_val_if_fail(self != NULL, FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    if (self->live != VIRT_SNAP_LIVE_NO && !check_live(self, error))
        return FALSE;
    if (!self->reference_point || export_settings_pull(self))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("Only a live export of one image a disk makes a reference point ('%s'); use "
                  "--live alone, or reference-point-create"),
                self->reference_point);

    return FALSE;
}
