# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Every parser has an entry here, tests/fuzz/fuzz-NAME.c. `make check` gives it
# its corpus in tests/data, and changed copies of that. To let libFuzzer look
# for more, in a build folder of its own:
#
#	../configure CC=clang --enable-fuzzers
#	make fuzz-qcow2 FUZZ_SECONDS=600
#
# What it finds goes to tests/fuzz/found-NAME; an input that broke something is
# worth a name in tests/data.

fuzz_replays = \
	tests/fuzz/replay-backing-reference \
	tests/fuzz/replay-cluster-map \
	tests/fuzz/replay-collection \
	tests/fuzz/replay-domain \
	tests/fuzz/replay-domain-files \
	tests/fuzz/replay-firmware \
	tests/fuzz/replay-import-plan \
	tests/fuzz/replay-import-settings \
	tests/fuzz/replay-job-record \
	tests/fuzz/replay-journal \
	tests/fuzz/replay-luks \
	tests/fuzz/replay-manifest \
	tests/fuzz/replay-night-config \
	tests/fuzz/replay-qcow2 \
	tests/fuzz/replay-save-image \
	tests/fuzz/replay-settings \
	tests/fuzz/replay-snapshot-def \
	tests/fuzz/replay-snapshotset \
	tests/fuzz/replay-snapshotsettings \
	tests/fuzz/replay-storage-def \
	tests/fuzz/replay-volumes \
	$(NULL)
check_PROGRAMS += $(fuzz_replays)
TESTS += $(fuzz_replays)

tests_fuzz_replay_backing_reference_SOURCES = \
	tests/fuzz/fuzz-backing-reference.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_cluster_map_SOURCES = \
	tests/fuzz/fuzz-cluster-map.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_collection_SOURCES = \
	tests/fuzz/fuzz-collection.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_domain_SOURCES = \
	tests/fuzz/fuzz-domain.c tests/fuzz/fuzz.h tests/fuzz/host-paths.c \
	tests/fuzz/host-paths.h tests/fuzz/replay.c
tests_fuzz_replay_domain_files_SOURCES = \
	tests/fuzz/fuzz-domain-files.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_firmware_SOURCES = \
	tests/fuzz/fuzz-firmware.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_import_plan_SOURCES = \
	tests/fuzz/fuzz-import-plan.c tests/fuzz/fuzz.h tests/fuzz/host-paths.c \
	tests/fuzz/host-paths.h tests/fuzz/replay.c
tests_fuzz_replay_import_settings_SOURCES = \
	tests/fuzz/fuzz-import-settings.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_job_record_SOURCES = \
	tests/fuzz/fuzz-job-record.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_journal_SOURCES = \
	tests/fuzz/fuzz-journal.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_luks_SOURCES = \
	tests/fuzz/fuzz-luks.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_manifest_SOURCES = \
	tests/fuzz/fuzz-manifest.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_night_config_SOURCES = \
	tests/fuzz/fuzz-night-config.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_qcow2_SOURCES = \
	tests/fuzz/fuzz-qcow2.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_save_image_SOURCES = \
	tests/fuzz/fuzz-save-image.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_settings_SOURCES = \
	tests/fuzz/fuzz-settings.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_snapshot_def_SOURCES = \
	tests/fuzz/fuzz-snapshot-def.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_snapshotset_SOURCES = \
	tests/fuzz/fuzz-snapshotset.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_snapshotsettings_SOURCES = \
	tests/fuzz/fuzz-snapshotsettings.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_storage_def_SOURCES = \
	tests/fuzz/fuzz-storage-def.c tests/fuzz/fuzz.h tests/fuzz/replay.c
tests_fuzz_replay_volumes_SOURCES = \
	tests/fuzz/fuzz-volumes.c tests/fuzz/fuzz.h tests/fuzz/replay.c

.PHONY: fuzz-backing-reference fuzz-cluster-map fuzz-collection fuzz-domain \
	fuzz-domain-files fuzz-firmware fuzz-import-plan fuzz-import-settings fuzz-job-record \
	fuzz-journal fuzz-luks fuzz-manifest fuzz-night-config fuzz-qcow2 fuzz-save-image fuzz-settings \
	fuzz-snapshot-def fuzz-snapshotset fuzz-snapshotsettings fuzz-storage-def \
	fuzz-volumes

if FUZZERS
fuzzers = \
	tests/fuzz/fuzz-backing-reference \
	tests/fuzz/fuzz-cluster-map \
	tests/fuzz/fuzz-collection \
	tests/fuzz/fuzz-domain \
	tests/fuzz/fuzz-domain-files \
	tests/fuzz/fuzz-firmware \
	tests/fuzz/fuzz-import-plan \
	tests/fuzz/fuzz-import-settings \
	tests/fuzz/fuzz-job-record \
	tests/fuzz/fuzz-journal \
	tests/fuzz/fuzz-luks \
	tests/fuzz/fuzz-manifest \
	tests/fuzz/fuzz-night-config \
	tests/fuzz/fuzz-qcow2 \
	tests/fuzz/fuzz-save-image \
	tests/fuzz/fuzz-settings \
	tests/fuzz/fuzz-snapshot-def \
	tests/fuzz/fuzz-snapshotset \
	tests/fuzz/fuzz-snapshotsettings \
	tests/fuzz/fuzz-storage-def \
	tests/fuzz/fuzz-volumes \
	$(NULL)
EXTRA_PROGRAMS += $(fuzzers)
CLEANFILES += $(fuzzers)
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_domain_SOURCES = tests/fuzz/fuzz-domain.c tests/fuzz/host-paths.c
tests_fuzz_fuzz_import_plan_SOURCES = tests/fuzz/fuzz-import-plan.c tests/fuzz/host-paths.c
tests_fuzz_fuzz_backing_reference_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_cluster_map_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_collection_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_domain_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_domain_files_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_firmware_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_import_plan_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_import_settings_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_job_record_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_journal_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_luks_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_manifest_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_night_config_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_qcow2_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_save_image_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_settings_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_snapshot_def_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_snapshotset_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_snapshotsettings_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_storage_def_LDFLAGS = $(fuzz_ldflags)
tests_fuzz_fuzz_volumes_LDFLAGS = $(fuzz_ldflags)

FUZZ_SECONDS = 60
fuzz_run = \
	mkdir -p tests/fuzz/found-$@ && \
	VIRTSNAP_SCHEMA_DIR='$(abs_top_srcdir)/xml-schemas' tests/fuzz/$@ \
		-max_total_time=$(FUZZ_SECONDS) -timeout=10 \
		-artifact_prefix=tests/fuzz/found-$@/ tests/fuzz/found-$@
fuzz_data = $(top_srcdir)/tests/data

fuzz-backing-reference: tests/fuzz/fuzz-backing-reference
	$(fuzz_run) $(fuzz_data)/backing-reference/*
fuzz-cluster-map: tests/fuzz/fuzz-cluster-map
	$(fuzz_run) $(fuzz_data)/qcow2-map $(fuzz_data)/qcow2/valid
fuzz-collection: tests/fuzz/fuzz-collection
	$(fuzz_run) $(fuzz_data)/collection/valid $(fuzz_data)/collection/invalid
fuzz-domain: tests/fuzz/fuzz-domain
	$(fuzz_run) $(fuzz_data)/domain/*
fuzz-domain-files: tests/fuzz/fuzz-domain-files
	$(fuzz_run) $(fuzz_data)/domain-files
fuzz-firmware: tests/fuzz/fuzz-firmware
	$(fuzz_run) $(fuzz_data)/firmware/*
fuzz-import-plan: tests/fuzz/fuzz-import-plan
	$(fuzz_run) $(fuzz_data)/import-plan
fuzz-import-settings: tests/fuzz/fuzz-import-settings
	$(fuzz_run) $(fuzz_data)/importsettings/*
fuzz-job-record: tests/fuzz/fuzz-job-record
	$(fuzz_run) $(fuzz_data)/job/*
fuzz-journal: tests/fuzz/fuzz-journal
	$(fuzz_run) $(fuzz_data)/journal/*
fuzz-luks: tests/fuzz/fuzz-luks
	$(fuzz_run) $(fuzz_data)/luks
fuzz-manifest: tests/fuzz/fuzz-manifest
	$(fuzz_run) $(fuzz_data)/manifest/*
fuzz-night-config: tests/fuzz/fuzz-night-config
	$(fuzz_run) $(fuzz_data)/night/*
fuzz-qcow2: tests/fuzz/fuzz-qcow2
	$(fuzz_run) $(fuzz_data)/qcow2/*
fuzz-save-image: tests/fuzz/fuzz-save-image
	$(fuzz_run) $(fuzz_data)/save-image
fuzz-settings: tests/fuzz/fuzz-settings
	$(fuzz_run) $(fuzz_data)/settings/* $(fuzz_data)/settings-cim/*
fuzz-snapshot-def: tests/fuzz/fuzz-snapshot-def
	$(fuzz_run) $(fuzz_data)/snapshot/*
fuzz-snapshotset: tests/fuzz/fuzz-snapshotset
	$(fuzz_run) $(fuzz_data)/snapshotset/*
fuzz-snapshotsettings: tests/fuzz/fuzz-snapshotsettings
	$(fuzz_run) $(fuzz_data)/snapshotsettings/* $(fuzz_data)/snapshotsettings-cim/*
fuzz-storage-def: tests/fuzz/fuzz-storage-def
	$(fuzz_run) $(fuzz_data)/storage/*
fuzz-volumes: tests/fuzz/fuzz-volumes
	$(fuzz_run) $(fuzz_data)/volumes/*
endif
