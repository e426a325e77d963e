#include <stdio.h>
#include <virtsnap/virtsnap.h>

int
main(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VirtSnapExportSettings) settings = virt_snap_export_settings_new();

    if (!virt_snap_export_settings_set(settings, "intent", "merge", &error))
        return 1;
    if (virt_snap_export_settings_set(settings, "parallel", "1000", &error) ||
        virt_snap_error_result_code(error) != VIRT_SNAP_ERROR_INVALID_PARAMETER)
        return 2;
    return settings->intent == VIRT_SNAP_BACKUP_INTENT_MERGE ? 0 : 3;
}
