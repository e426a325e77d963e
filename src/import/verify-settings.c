/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "import/verify-settings.h"
#include "util/name.h"
#include "util/options.h"
#include "util/path.h"

/* --- one option ------------------------------------------------------------------ */

static gboolean
set_timeout(BootSettings *boot, GVariant *value)
{
    boot->timeout = g_variant_get_uint32(value);

    return boot->timeout > 0 && boot->timeout <= BOOT_TIMEOUT_MAX;
}

static gboolean
set_parallel(BootSettings *boot, GVariant *value)
{
    boot->parallel = g_variant_get_uint32(value);

    return boot->parallel > 0 && boot->parallel <= BOOT_PARALLEL_MAX;
}

static gboolean
set_memory(BootSettings *boot, GVariant *value)
{
    boot->memory = g_variant_get_uint64(value);

    return boot->memory > 0;
}

static gboolean
set_expect(BootSettings *boot, GVariant *value)
{
    g_free(boot->expect);
    boot->expect = g_variant_dup_string(value, NULL);

    return text_fits_xml(boot->expect);
}

static gboolean
set_scratch(BootSettings *boot, GVariant *value)
{
    const char *path = g_variant_get_string(value, NULL);

    g_free(boot->scratch);
    boot->scratch = path_canonical(path);

    return path_check_plain(path, NULL);
}

static gboolean
set_trust(BootSettings *boot, GVariant *value)
{
    GVariantIter iter;
    const char *word;

    g_variant_iter_init(&iter, value);
    while (g_variant_iter_next(&iter, "&s", &word))
        g_ptr_array_add(boot->trust, g_strdup(word));

    return TRUE;
}

/* The options that are of use with "boot" only. */
static const struct {
    const char *key;
    const char *type;
    gboolean (*set)(BootSettings *boot, GVariant *value); /* Returns: FALSE: out of range */
} boot_options[] = {
    {"timeout", "u", set_timeout}, {"expect", "s", set_expect},     {"trust", "as", set_trust},
    {"memory", "t", set_memory},   {"parallel", "u", set_parallel}, {"scratch", "s", set_scratch},
};

/* --- all of them ------------------------------------------------------------------ */

static gboolean
check_option_type(const char *key, GVariant *value, const char *type, GError **error)
{
    if (g_variant_is_of_type(value, G_VARIANT_TYPE(type)))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("The option '%s' cannot be of the type '%s'"), key,
                g_variant_get_type_string(value));

    return FALSE;
}

static gboolean
set_boot_option(VerifySettings *self, const char *key, GVariant *value, GError **error)
{
    guint i = 0;

    while (i < G_N_ELEMENTS(boot_options) && !g_str_equal(boot_options[i].key, key))
        i++;
    if (i == G_N_ELEMENTS(boot_options)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("There is no option '%s'"), key);
        return FALSE;
    }
    if (!check_option_type(key, value, boot_options[i].type, error))
        return FALSE;
    if (!self->boot) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("The option '%s' is of no use without 'boot'"), key);
        return FALSE;
    }
    if (boot_options[i].set(self->boot, value))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("The value of the option '%s' is out of range"), key);

    return FALSE;
}

static gboolean
read_verify_bandwidth(GVariant *options, guint64 *bandwidth, GError **error)
{
    g_autoptr(GVariant) value = g_variant_lookup_value(options, "bandwidth", NULL);

    if (!value)
        return TRUE;
    if (!check_option_type("bandwidth", value, "t", error))
        return FALSE;
    *bandwidth = g_variant_get_uint64(value);

    return TRUE;
}

static gboolean
is_boot_option(const char *key)
{
    return !g_str_equal(key, "deep") && !g_str_equal(key, "boot") &&
           !g_str_equal(key, "bandwidth");
}

static gboolean
read_flag(GVariant *options, const char *key, gboolean *flag, GError **error)
{
    g_autoptr(GVariant) value = g_variant_lookup_value(options, key, NULL);

    if (!value)
        return TRUE;
    if (!check_option_type(key, value, "b", error))
        return FALSE;
    *flag = g_variant_get_boolean(value);

    return TRUE;
}

static gboolean
read_boot_settings(VerifySettings *self, GVariant *options, GError **error)
{
    GVariantIter iter;
    const char *key;
    GVariant *value;

    g_variant_iter_init(&iter, options);
    while (g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
        G_GNUC_UNUSED g_autoptr(GVariant) owned = value;

        if (is_boot_option(key) && !set_boot_option(self, key, value, error))
            return FALSE;
    }

    return !self->boot || boot_settings_check(self->boot, error);
}

gboolean
verify_settings_read_boot(GVariant *options, gboolean *boot, GError **error)
{
    *boot = FALSE;

    return read_flag(options, "boot", boot, error);
}

VerifySettings *
verify_settings_new(void)
{
    return g_new0(VerifySettings, 1);
}

VerifySettings *
verify_settings_parse(GVariant *options, GError **error)
{
    g_autoptr(VerifySettings) self = verify_settings_new();
    gboolean boot;

    if (!options)
        return g_steal_pointer(&self);
    if (!check_option_type("options", options, "a{sv}", error) ||
        !options_check_keys(options, error) ||
        !read_flag(options, "deep", &self->deep, error) ||
        !verify_settings_read_boot(options, &boot, error) ||
        !read_verify_bandwidth(options, &self->bandwidth, error))
        return NULL;
    self->boot = boot ? boot_settings_new() : NULL;

    return read_boot_settings(self, options, error) ? g_steal_pointer(&self) : NULL;
}

static void
format_boot(GVariantDict *options, const BootSettings *boot)
{
    g_variant_dict_insert(options, "boot", "b", TRUE);
    g_variant_dict_insert(options, "timeout", "u", boot->timeout);
    if (boot->expect)
        g_variant_dict_insert(options, "expect", "s", boot->expect);
    if (boot->trust->len > 0)
        g_variant_dict_insert_value(options, "trust",
                                    g_variant_new_strv((const char *const *)boot->trust->pdata,
                                                       boot->trust->len));
    if (boot->memory > 0)
        g_variant_dict_insert(options, "memory", "t", boot->memory);
    if (boot->parallel > 0)
        g_variant_dict_insert(options, "parallel", "u", boot->parallel);
    if (boot->scratch)
        g_variant_dict_insert(options, "scratch", "s", boot->scratch);
}

GVariant *
verify_settings_format(const VerifySettings *self)
{
    GVariantDict options;

    g_variant_dict_init(&options, NULL);
    if (self->deep)
        g_variant_dict_insert(&options, "deep", "b", TRUE);
    if (self->bandwidth > 0)
        g_variant_dict_insert(&options, "bandwidth", "t", self->bandwidth);
    if (self->boot)
        format_boot(&options, self->boot);

    return g_variant_dict_end(&options);
}

void
verify_settings_free(VerifySettings *self)
{
    if (!self)
        return;
    boot_settings_free(self->boot);
    g_free(self);
}
