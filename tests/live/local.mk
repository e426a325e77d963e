# SPDX-License-Identifier: LGPL-2.1-or-later

live_tests = \
	tests/live/base.sh \
	tests/live/bitmap.sh \
	tests/live/bitmap-lost.sh \
	tests/live/bitmap-series.sh \
	tests/live/renew.sh \
	tests/live/capture.sh \
	tests/live/chains.sh \
	tests/live/collections.sh \
	tests/live/crash.sh \
	tests/live/daemon.sh \
	tests/live/apply.sh \
	tests/live/apply-bitmaps.sh \
	tests/live/apply-crash.sh \
	tests/live/apply-others.sh \
	tests/live/delete-crash.sh \
	tests/live/delete.sh \
	tests/live/devices.sh \
	tests/live/errors.sh \
	tests/live/events.sh \
	tests/live/external.sh \
	tests/live/files.sh \
	tests/live/foreign.sh \
	tests/live/frozen.sh \
	tests/live/harness.sh \
	tests/live/host.sh \
	tests/live/import-crash.sh \
	tests/live/import-detach.sh \
	tests/live/import-elsewhere.sh \
	tests/live/import-encrypted.sh \
	tests/live/import-host.sh \
	tests/live/import-in-place.sh \
	tests/live/import-kinds.sh \
	tests/live/import-memory.sh \
	tests/live/import-pool.sh \
	tests/live/import.sh \
	tests/live/internal.sh \
	tests/live/keys.sh \
	tests/live/kinds.sh \
	tests/live/limits.sh \
	tests/live/live-set.sh \
	tests/live/live.sh \
	tests/live/many-nights.sh \
	tests/live/migration.sh \
	tests/live/moved.sh \
	tests/live/names.sh \
	tests/live/nights.sh \
	tests/live/python.sh \
	tests/live/recipe.sh \
	tests/live/reference.sh \
	tests/live/reference-convert.sh \
	tests/live/reference-lost.sh \
	tests/live/reflink.sh \
	tests/live/remote.sh \
	tests/live/resume.sh \
	tests/live/set-state.sh \
	tests/live/set-undo.sh \
	tests/live/sets-kinds.sh \
	tests/live/sets.sh \
	tests/live/tpm.sh \
	tests/live/user.sh \
	tests/live/verify-boot.sh \
	tests/live/volumes.sh \
	$(NULL)
TESTS += $(live_tests)

# Asks a host what tests/live/host.sh wants to know.
check_PROGRAMS += tests/live/host

EXTRA_DIST += \
	$(live_tests) \
	tests/live/export-lib.sh \
	tests/live/guest-init \
	tests/live/guest-writer.c \
	tests/live/import-lib.sh \
	tests/live/initrd.sh \
	tests/live/lib.sh \
	tests/live/libvirtd.sh \
	tests/live/make-guest.sh \
	tests/live/prepare.sh \
	tests/live/python-live.py \
	tests/live/python.py \
	tests/live/relay.py \
	tests/live/save-image.py \
	tests/live/bitmap-lib.sh \
	tests/live/sets-lib.sh \
	tests/live/talk.sh \
	tests/live/warm.sh \
	$(NULL)

# The guest and libvirt's knowledge about QEMU, kept from test to test.
clean-local: clean-live
clean-live:
	rm -rf tests/live/cache
.PHONY: clean-live
