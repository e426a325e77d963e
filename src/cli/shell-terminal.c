/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/shell-terminal.h"

#if HAVE_READLINE

#include <fcntl.h>
#include <glib-unix.h>
#include <readline/history.h>
#include <readline/readline.h>
#include <unistd.h>

#include "cli/complete.h"
#include "cli/shell-words.h"
#include "util/path.h"

#define HISTORY_LINES 500

/* The shell, in a global variable because the hooks of readline have no data argument. */
static CliContext *shell;
static char *history_file; /* NULL: the history cannot be saved */
static GMainLoop *typing;  /* runs until there is a line */
static char *typed_line;

/* --- completion ------------------------------------------------------------ */

/* Adds the files that begin with @prefix to @out; directories end in a slash. */
static void
find_files(const char *prefix, CompleteKind kind, GPtrArray *out)
{
    char *file;

    for (int state = 0; (file = rl_filename_completion_function(prefix, state)); state = 1) {
        gboolean directory = g_file_test(file, G_FILE_TEST_IS_DIR);

        if (directory || kind == COMPLETE_FILE)
            g_ptr_array_add(out, g_strconcat(file, directory ? "/" : "", NULL));
        free(file);
    }
}

/* Adds a match: the part of @candidate behind @head, which is on the line already, quoted. */
static void
add_match(GPtrArray *matches, const char *option, const char *candidate, const char *head)
{
    g_autofree char *whole = g_strconcat(option, candidate, NULL);
    char quote = (char)rl_completion_quote_character;

    if (!g_str_has_prefix(whole, head) || (quote == '\'' && strchr(whole, '\'')))
        return;
    g_ptr_array_add(matches, shell_quote(whole + strlen(head), quote));
}

/* Finds all matches for the word of readline, which may begin within a word of the shell, behind an
 * open quote. @typed is the text of readline's word. */
static GPtrArray *
find_matches(GPtrArray *words, const char *typed)
{
    g_autoptr(CliContext) cli = cli_context_new_line(shell);
    const char *raw = g_ptr_array_index(words, words->len - 2);
    g_autofree char *head_raw = g_strndup(raw, strlen(raw) - strlen(typed));
    g_autofree char *head = shell_unquote(head_raw);
    g_autofree char *word = shell_unquote(raw);
    const char *equals = g_str_has_prefix(word, "--") ? strchr(word, '=') : NULL;
    g_autofree char *option = g_strndup(word, equals ? (gsize)(equals - word) + 1 : 0);
    g_autoptr(GPtrArray) matches = g_ptr_array_new_with_free_func(g_free);
    CompleteKind kind;
    g_autoptr(GPtrArray) candidates = complete_find(cli, (char **)words->pdata, &kind);

    if (kind == COMPLETE_FILE || kind == COMPLETE_DIRECTORY) {
        find_files(equals ? equals + 1 : word, kind, candidates);
        rl_filename_completion_desired = 1;
    }
    for (guint i = 0; i < candidates->len; i++)
        add_match(matches, option, g_ptr_array_index(candidates, i), head);

    return g_steal_pointer(&matches);
}

static GPtrArray *current_matches;

static char *
next_match(const char *typed, int state)
{
    static guint next;

    next = state == 0 ? 0 : next + 1;

    return next < current_matches->len ? strdup(g_ptr_array_index(current_matches, next)) : NULL;
}

static char **
complete_line(const char *typed, int start, int end)
{
    g_autofree char *before = g_strndup(rl_line_buffer, (gsize)end);
    g_autoptr(GPtrArray) words = shell_raw_words(before);
    char **matches;

    rl_attempted_completion_over = 1;
    if (!words)
        return NULL;
    current_matches = find_matches(words, typed);
    matches = rl_completion_matches(typed, next_match);
    g_clear_pointer(&current_matches, g_ptr_array_unref);

    /* Quoting is done here, and no blank is added behind the slash of a directory. */
    rl_filename_quoting_desired = 0;
    if (matches && !matches[1] && g_str_has_suffix(matches[0], "/"))
        rl_completion_suppress_append = rl_completion_suppress_quote = 1;

    return matches;
}

/* Whether the character at @index of @line is quoted and therefore part of a word. */
static int
is_quoted(char *line, int index)
{
    char quote = '\0';

    for (int i = 0; i < index; i++) {
        if (line[i] == '\\' && quote != '\'') {
            if (++i == index)
                return 1;
        } else if (line[i] == quote) {
            quote = '\0';
        } else if (quote == '\0' && (line[i] == '\'' || line[i] == '"')) {
            quote = line[i];
        }
    }

    return quote != '\0';
}

/* --- history --------------------------------------------------------------- */

static void
open_history(void)
{
    g_autofree char *state = path_user_state();
    g_autofree char *directory = g_build_filename(state, PACKAGE, NULL);
    g_autofree char *file = g_build_filename(directory, "history", NULL);
    int fd;

    using_history();
    stifle_history(HISTORY_LINES);
    if (g_mkdir_with_parents(directory, 0700) < 0)
        return;
    fd = open(file, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    if (fd < 0)
        return;
    close(fd);
    history_truncate_file(file, HISTORY_LINES);
    read_history(file);
    history_file = g_steal_pointer(&file);
}

/* Saves a line to the history at once, so that nothing is lost if several shells run at once or one
 * is killed. */
static void
remember_line(const char *line)
{
    HIST_ENTRY *last = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;

    if (line[strspn(line, " \t")] == '\0' || (last && strcmp(last->line, line) == 0))
        return;
    add_history(line);
    if (history_file)
        append_history(1, history_file);
}

/* --- the terminal ---------------------------------------------------------- */

void
shell_terminal_open(CliContext *session)
{
    shell = session;
    rl_readline_name = PACKAGE;
    rl_attempted_completion_function = complete_line;
    rl_completer_word_break_characters = " \t;";
    rl_completer_quote_characters = "'\"";
    rl_char_is_quoted_p = is_quoted;
    rl_variable_bind("expand-tilde", "on");
    rl_catch_signals = rl_catch_sigwinch = 0;
    open_history();
}

static void
on_line(char *line)
{
    typed_line = line;
    rl_callback_handler_remove();
    g_main_loop_quit(typing);
}

static gboolean
on_terminal_key(int fd, GIOCondition condition, gpointer data)
{
    rl_callback_read_char();

    return G_SOURCE_CONTINUE;
}

static gboolean
on_interrupt(gpointer data)
{
    rl_callback_sigcleanup();
    rl_echo_signal_char(SIGINT);
    rl_replace_line("", 1);
    rl_crlf();
    rl_on_new_line();
    rl_redisplay();

    return G_SOURCE_CONTINUE;
}

static gboolean
on_resize(gpointer data)
{
    rl_resize_terminal();

    return G_SOURCE_CONTINUE;
}

static gboolean
shell_on_terminate(gpointer data)
{
    shell->leave = TRUE;
    on_line(NULL);

    return G_SOURCE_CONTINUE;
}

static void
attach_terminal(GMainContext *context, GSource *source, GSourceFunc function)
{
    g_source_set_callback(source, function, NULL, NULL);
    g_source_attach(source, context);
    g_source_unref(source);
}

char *
shell_terminal_read(const char *prompt)
{
    /* SIGINT is only handled while a line is edited; commands are interrupted as without a shell.
     * The main context is a separate one, because libvirt's event thread iterates the default one,
     * too. */
    g_autoptr(GMainContext) context = g_main_context_new();

    attach_terminal(context, g_unix_fd_source_new(STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR),
                    G_SOURCE_FUNC(on_terminal_key));
    attach_terminal(context, g_unix_signal_source_new(SIGINT), on_interrupt);
    attach_terminal(context, g_unix_signal_source_new(SIGTERM), shell_on_terminate);
    attach_terminal(context, g_unix_signal_source_new(SIGHUP), shell_on_terminate);
    attach_terminal(context, g_unix_signal_source_new(SIGWINCH), on_resize);
    typing = g_main_loop_new(context, FALSE);
    rl_callback_handler_install(prompt, on_line);
    g_main_loop_run(typing);
    g_clear_pointer(&typing, g_main_loop_unref);
    if (typed_line)
        remember_line(typed_line);

    return g_steal_pointer(&typed_line);
}

#else /* without readline */

void
shell_terminal_open(CliContext *session)
{
}

char *
shell_terminal_read(const char *prompt)
{
    g_autofree char *line = NULL;
    gsize size = 0;
    gssize length;

    fputs(prompt, stdout);
    fflush(stdout);
    length = getline(&line, &size, stdin);
    if (length < 0)
        return NULL;
    if (length > 0 && line[length - 1] == '\n')
        line[length - 1] = '\0';

    return g_steal_pointer(&line);
}

#endif
