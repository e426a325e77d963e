/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

/**
 * libvirt_loop_start:
 *
 * Registers an event loop with libvirt that runs in a thread with a main context of its own until
 * the process ends. If the program has registered an event loop already, that one is used instead.
 * libvirt's default implementation is not used, because it iterates GLib's default main context and
 * would run callbacks of the program in the thread. Source: virEventRegisterImpl(), which keeps the
 * first one.
 */
void libvirt_loop_start(void);
