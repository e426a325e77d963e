/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "drivers/libvirt/libvirt-still.h"

/* What follows for the guest from the error with which libvirt could not freeze it. */

#define TIMEOUT CONSISTENCY_REASON_AGENT_TIMEOUT
#define FAILED CONSISTENCY_REASON_FREEZE_FAILED
/* Of libvirt 11.2. */
#define COMMAND_TIMEOUT 112
#define COMMAND_FAILED 113

static const struct {
    int code;
    const char *message;
    ConsistencyReason reason;
    gboolean may_be_frozen;
} table[] = {
    /* It was asked, and nobody knows what it did. */
    {VIR_ERR_AGENT_UNRESPONSIVE, "Guest agent not available for now", TIMEOUT, TRUE},
    {VIR_ERR_AGENT_UNRESPONSIVE, "Guest agent disappeared while executing command", TIMEOUT, TRUE},
    {COMMAND_TIMEOUT, "Guest agent command timed out", TIMEOUT, TRUE},
    {VIR_ERR_INTERNAL_ERROR, "End of file from agent socket", FAILED, TRUE},
    {VIR_ERR_INTERNAL_ERROR, "malformed return value", FAILED, TRUE},
    {VIR_ERR_INTERNAL_ERROR, "unable to execute QEMU agent command 'guest-fsfreeze-freeze'", FAILED,
     TRUE},
    {VIR_ERR_INTERNAL_ERROR, NULL, FAILED, TRUE},
    {VIR_ERR_SYSTEM_ERROR, "Unable to read from agent: Broken pipe", FAILED, TRUE},
    {VIR_ERR_RPC, "the connection is lost", FAILED, TRUE},
    {VIR_ERR_OPERATION_TIMEOUT, "cannot acquire state change lock", TIMEOUT, TRUE},
    /* It has refused. */
    {VIR_ERR_INTERNAL_ERROR,
     "internal error: unable to execute QEMU agent command 'guest-fsfreeze-freeze': failed to "
     "freeze /",
     FAILED, FALSE},
    {COMMAND_FAILED, "unable to execute QEMU agent command 'guest-fsfreeze-freeze': no", FAILED,
     FALSE},
    /* It was not asked. */
    {VIR_ERR_ACCESS_DENIED, "access denied", FAILED, FALSE},
    {VIR_ERR_OPERATION_INVALID, "domain is not running", FAILED, FALSE},
    {VIR_ERR_ARGUMENT_UNSUPPORTED, "QEMU guest agent is not configured", FAILED, FALSE},
};

static void
test_freeze_failed(void)
{
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        const virError error = {.code = table[i].code, .message = (char *)table[i].message};
        FreezeResult result = libvirt_freeze_failed(&error);

        g_test_message("%d: %s", table[i].code, table[i].message);
        g_assert_cmpint(result.reason, ==, table[i].reason);
        g_assert_cmpint(result.may_be_frozen, ==, table[i].may_be_frozen);
        g_assert_cmpuint(result.filesystems, ==, 0);
    }
    g_assert_true(libvirt_freeze_failed(NULL).may_be_frozen);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/libvirt-still/freeze-failed", test_freeze_failed);

    return g_test_run();
}
