/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Single keys of the terminal that standard input is, while this process is in its foreground. A
 * process has one such terminal, so there is one holder of its keys at a time. Signals that keys
 * send (Ctrl-C, Ctrl-Z) come as ever. */

/** Called in the main loop for each key that is pressed. */
typedef void (*KeysFunc)(char key, gpointer data);

/** keys_hold: Has keys told to @func one by one, without an echo, until keys_release(). Does
 * nothing if they are held already, and none can be had where standard input is no terminal or the
 * process is in the background. */
void keys_hold(KeysFunc func, gpointer data);

/** keys_release: The terminal is again as it was. To be called before the process ends or stops,
 * in whatever way; nothing is done if no keys are held. */
void keys_release(void);

G_END_DECLS
