/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Single key presses on the terminal that is standard input, while this process is in the
 * foreground. There is only one such terminal, so only one holder of its keys at a time. Keys that
 * send signals (Ctrl-C, Ctrl-Z) work as usual. */

/** Called in the main loop for each key that is pressed. */
typedef void (*KeysFunc)(char key, gpointer data);

/** keys_hold: Passes each key to @func without echoing it, until keys_release(). Does nothing if
 * the keys are held already, if standard input is not a terminal, or if the process is in the
 * background. */
void keys_hold(KeysFunc func, gpointer data);

/** keys_release: Restores the terminal. To be called before the process exits or stops for any
 * reason; does nothing if no keys are held. */
void keys_release(void);

G_END_DECLS
