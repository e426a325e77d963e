/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "cli/output.h"
#include "cli/progress.h"

#define GIB (G_GUINT64_CONSTANT(1) << 30)

static const ProgressState states[] = {
    {"", 0, 0, 0, -1},
    {"web-vda.qcow2", 0, GIB, 0, -1},
    {"web-vda.qcow2", GIB / 3, GIB, GIB / 10, 7},
    {"web-vda.qcow2", GIB, GIB, GIB, 0},
    {"more than there was", 2 * GIB, GIB, GIB, 0},
    {"没有人能读完这么长的一个名字所以它必须被缩短.qcow2", GIB, 3 * GIB, 1, 99 * 3600},
    {"a\nline\tand \033[31mcolour", 1, G_MAXUINT64, G_MAXUINT64, G_MAXINT32},
    {"\xff\xfe not UTF-8", G_MAXUINT64, G_MAXUINT64, 0, -1},
};

static void
test_line_fits(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        for (gsize width = 0; width < 200; width++) {
            g_autofree char *line = progress_line(&states[i], width);

            g_assert_true(g_utf8_validate(line, -1, NULL));
            g_assert_cmpuint(text_width(line), <=, width);
            for (const char *c = line; *c; c++)
                g_assert_false(g_ascii_iscntrl(*c));
            if (width >= 4)
                g_assert_nonnull(strchr(line, '%'));
        }
    }
}

static void
test_line_says(void)
{
    g_autofree char *full = progress_line(&states[2], 100);
    g_autofree char *narrow = progress_line(&states[2], 45);

    g_assert_true(g_str_has_prefix(full, "web-vda.qcow2 [======"));
    g_assert_nonnull(strstr(full, " 33%   341.3"));
    g_assert_nonnull(strstr(full, "/s  00:07"));
    g_assert_nonnull(strstr(narrow, " 33%"));
    g_assert_null(strstr(narrow, "00:07"));
}

/* A job that makes snapshots of three members has no bytes to move. */
static void
test_steps(void)
{
    const ProgressState steps = {"nightly", 1, 3, 1, 2};
    g_autofree char *line = progress_line(&steps, 80);

    g_assert_nonnull(strstr(line, " 33%"));
    g_assert_null(strstr(line, "B"));
}

static void
test_percent(void)
{
    static const struct {
        guint64 current, total;
        const char *member;
    } cases[] = {
        {0, 0, "\"percent\":0,"},
        {5, 0, "\"percent\":0,"},
        {0, 1, "\"percent\":0,"},
        {199, 200, "\"percent\":99,"},
        {G_MAXUINT64 - 1, G_MAXUINT64, "\"percent\":99,"},
        {G_MAXUINT64, G_MAXUINT64, "\"percent\":100,"},
        {3, 2, "\"percent\":100,"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        ProgressState state = {"x", cases[i].current, cases[i].total, 0, -1};
        g_autofree char *line = progress_json(&state);

        g_assert_nonnull(strstr(line, cases[i].member));
        g_assert_nonnull(strstr(line, "\"left\":null"));
    }
}

static void
test_json(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        g_autofree char *line = progress_json(&states[i]);
        g_autoptr(GError) error = NULL;
        g_autoptr(JsonNode) node = json_from_string(line, &error);

        g_assert_no_error(error);
        g_assert_true(JSON_NODE_HOLDS_OBJECT(node));
        g_assert_null(strchr(line, '\n'));
    }
}

static void
test_mode(void)
{
    g_autoptr(GError) error = NULL;
    ProgressMode mode = PROGRESS_NONE;

    g_assert_true(progress_mode_parse(NULL, &mode, &error));
    g_assert_cmpint(mode, ==, PROGRESS_AUTO);
    g_assert_true(progress_mode_parse("json", &mode, &error));
    g_assert_cmpint(mode, ==, PROGRESS_JSON);
    g_assert_false(progress_mode_parse("JSON", &mode, &error));
    g_assert_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/progress/line/fits", test_line_fits);
    g_test_add_func("/progress/line/says", test_line_says);
    g_test_add_func("/progress/percent", test_percent);
    g_test_add_func("/progress/steps", test_steps);
    g_test_add_func("/progress/json", test_json);
    g_test_add_func("/progress/mode", test_mode);

    return g_test_run();
}
