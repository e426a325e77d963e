# SPDX-License-Identifier: LGPL-2.1-or-later

TEST_EXTENSIONS = .sh
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/run-test
SH_LOG_COMPILER = $(LOG_COMPILER)
TEST_SUITE_LOG = tests/test-suite.log
# G_SLICE: without it a leaked GObject goes unreported by the leak check. ASAN_OPTIONS: what is too
# large for the memory is refused, as it is without sanitizers, and does not end the program.
AM_TESTS_ENVIRONMENT = \
	LC_ALL=C.UTF-8; export LC_ALL; \
	G_DEBUG=fatal-criticals; export G_DEBUG; \
	G_SLICE=always-malloc; export G_SLICE; \
	ASAN_OPTIONS=allocator_may_return_null=1; export ASAN_OPTIONS; \
	abs_top_srcdir='$(abs_top_srcdir)'; export abs_top_srcdir; \
	abs_top_builddir='$(abs_top_builddir)'; export abs_top_builddir; \
	VIRTSNAP_SCHEMA_DIR='$(abs_top_srcdir)/xml-schemas'; export VIRTSNAP_SCHEMA_DIR; \
	VIRTSNAP_LIBEXEC_DIR='$(abs_top_builddir)'; export VIRTSNAP_LIBEXEC_DIR; \
	$(NULL)

# What the unit tests share.
check_LIBRARIES += libvirtsnap-test.a
libvirtsnap_test_a_SOURCES = \
	tests/unit/copies.c \
	tests/unit/copies.h \
	tests/unit/fake-ends.c \
	tests/unit/fake-ends.h \
	tests/unit/fake-work.c \
	tests/unit/fake-work.h \
	tests/unit/fake-host.c \
	tests/unit/fake-host.h \
	tests/unit/harness.c \
	tests/unit/harness.h \
	tests/unit/records.c \
	tests/unit/records.h \
	$(NULL)

unit_tests = \
	tests/unit/test-apply-back \
	tests/unit/test-apply-plan \
	tests/unit/test-async \
	tests/unit/test-backing-reference \
	tests/unit/test-block-hash \
	tests/unit/test-boot-domain \
	tests/unit/test-boot-scratch \
	tests/unit/test-child \
	tests/unit/test-collection \
	tests/unit/test-changes \
	tests/unit/test-collection-crash \
	tests/unit/test-collection-shared \
	tests/unit/test-collection-store \
	tests/unit/test-chain \
	tests/unit/test-chain-named \
	tests/unit/test-chain-source \
	tests/unit/test-commit-follow \
	tests/unit/test-control \
	tests/unit/test-create-run \
	tests/unit/test-create-settings \
	tests/unit/test-delete-plan \
	tests/unit/test-delete-run \
	tests/unit/test-device \
	tests/unit/test-digest \
	tests/unit/test-domain-gate \
	tests/unit/test-domain-rewrite \
	tests/unit/test-engine \
	tests/unit/test-engine-holes \
	tests/unit/test-engine-runs \
	tests/unit/test-error \
	tests/unit/test-export \
	tests/unit/test-export-keep \
	tests/unit/test-export-lock \
	tests/unit/test-fd \
	tests/unit/test-firmware \
	tests/unit/test-flat-source \
	tests/unit/test-flatten \
	tests/unit/test-format \
	tests/unit/test-handlers \
	tests/unit/test-image-end \
	tests/unit/test-host-compare \
	tests/unit/test-host-firmware \
	tests/unit/test-image-lock \
	tests/unit/test-import \
	tests/unit/test-import-host \
	tests/unit/test-import-undo \
	tests/unit/test-job \
	tests/unit/test-job-again \
	tests/unit/test-job-left \
	tests/unit/test-job-state \
	tests/unit/test-job-thread \
	tests/unit/test-journal \
	tests/unit/test-job-record \
	tests/unit/test-library-job \
	tests/unit/test-live-end \
	tests/unit/test-live-scratch \
	tests/unit/test-lost-writes \
	tests/unit/test-libvirt-backup-job \
	tests/unit/test-libvirt-events \
	tests/unit/test-libvirt-handlers \
	tests/unit/test-libvirt-place \
	tests/unit/test-libvirt-scratch \
	tests/unit/test-libvirt-still \
	tests/unit/test-manifest \
	tests/unit/test-moment \
	tests/unit/test-name \
	tests/unit/test-nbd-source \
	tests/unit/test-origin \
	tests/unit/test-packed-sink \
	tests/unit/test-part-cache \
	tests/unit/test-path \
	tests/unit/test-plan \
	tests/unit/test-plan-base \
	tests/unit/test-plan-host-files \
	tests/unit/test-plan-memory \
	tests/unit/test-plan-frozen \
	tests/unit/test-plan-refused \
	tests/unit/test-public \
	tests/unit/test-qcow2-header \
	tests/unit/test-qcow2-used \
	tests/unit/test-qemu-check \
	tests/unit/test-ranked-bits \
	tests/unit/test-reference-point \
	tests/unit/test-set-record \
	tests/unit/test-settings \
	tests/unit/test-short-io \
	tests/unit/test-smb \
	tests/unit/test-snapshot-def \
	tests/unit/test-storage-def \
	tests/unit/test-target \
	tests/unit/test-target-again \
	tests/unit/test-tpm \
	tests/unit/test-verify \
	tests/unit/test-volume-record \
	tests/unit/test-xml \
	$(NULL)
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests) tests/unit/test-tap.sh

check_PROGRAMS += tests/small-pages

# Without libseccomp those tests are skipped that want something to happen at a system call.
if HAVE_SECCOMP
check_PROGRAMS += tests/inject
tests_inject_CFLAGS = $(AM_CFLAGS) $(SECCOMP_CFLAGS)
tests_inject_LDADD = $(VIRTSNAP_LIBS) $(SECCOMP_LIBS)
endif

tests_unit_test_chain_SOURCES = \
	tests/unit/chain-fixture.c \
	tests/unit/chain-fixture.h \
	tests/unit/test-chain.c \
	$(NULL)
tests_unit_test_chain_named_SOURCES = \
	tests/unit/chain-fixture.c \
	tests/unit/chain-fixture.h \
	tests/unit/test-chain-named.c \
	$(NULL)
tests_unit_test_apply_back_SOURCES = \
	tests/unit/chain-fixture.c \
	tests/unit/chain-fixture.h \
	tests/unit/fake-layers.c \
	tests/unit/fake-layers.h \
	tests/unit/test-apply-back.c \
	$(NULL)
tests_unit_test_apply_plan_SOURCES = \
	tests/unit/chain-fixture.c \
	tests/unit/chain-fixture.h \
	tests/unit/fake-layers.c \
	tests/unit/fake-layers.h \
	tests/unit/test-apply-plan.c \
	$(NULL)
tests_unit_test_delete_plan_SOURCES = \
	tests/unit/chain-fixture.c \
	tests/unit/chain-fixture.h \
	tests/unit/fake-layers.c \
	tests/unit/fake-layers.h \
	tests/unit/test-delete-plan.c \
	$(NULL)
tests_unit_test_delete_run_SOURCES = \
	tests/unit/chain-fixture.c \
	tests/unit/chain-fixture.h \
	tests/unit/fake-layers.c \
	tests/unit/fake-layers.h \
	tests/unit/test-delete-run.c \
	$(NULL)
tests_unit_test_device_SOURCES = \
	tests/unit/chain-fixture.c \
	tests/unit/chain-fixture.h \
	tests/unit/test-device.c \
	$(NULL)
tests_unit_test_qcow2_used_SOURCES = \
	tests/unit/chain-fixture.c \
	tests/unit/chain-fixture.h \
	tests/unit/test-qcow2-used.c \
	$(NULL)
tests_unit_test_collection_crash_SOURCES = \
	tests/unit/sabotage.c \
	tests/unit/sabotage.h \
	tests/unit/store-fixture.c \
	tests/unit/store-fixture.h \
	tests/unit/test-collection-crash.c \
	$(NULL)
tests_unit_test_collection_shared_SOURCES = \
	tests/unit/sabotage.c \
	tests/unit/sabotage.h \
	tests/unit/store-fixture.c \
	tests/unit/store-fixture.h \
	tests/unit/test-collection-shared.c \
	$(NULL)
tests_unit_test_collection_store_SOURCES = \
	tests/unit/store-fixture.c \
	tests/unit/store-fixture.h \
	tests/unit/test-collection-store.c \
	$(NULL)
tests_unit_test_boot_domain_SOURCES = \
	tests/unit/gate-fixture.c \
	tests/unit/gate-fixture.h \
	tests/unit/test-boot-domain.c \
	$(NULL)
tests_unit_test_domain_gate_SOURCES = \
	tests/unit/gate-fixture.c \
	tests/unit/gate-fixture.h \
	tests/unit/gate-hostile.c \
	tests/unit/gate-hostile.h \
	tests/unit/test-domain-gate.c \
	$(NULL)
tests_unit_test_host_compare_SOURCES = \
	tests/unit/gate-fixture.c \
	tests/unit/gate-fixture.h \
	tests/unit/test-host-compare.c \
	$(NULL)
tests_unit_test_host_firmware_SOURCES = \
	tests/unit/gate-fixture.c \
	tests/unit/gate-fixture.h \
	tests/unit/test-host-firmware.c \
	$(NULL)
tests_unit_test_domain_rewrite_SOURCES = \
	tests/unit/gate-fixture.c \
	tests/unit/gate-fixture.h \
	tests/unit/test-domain-rewrite.c \
	$(NULL)
# It acts itself on what it watches.
tests_unit_test_libvirt_events_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS)
tests_unit_test_libvirt_events_LDADD = $(LDADD) $(LIBVIRT_LIBS)
# It answers in place of libvirt.
tests_unit_test_libvirt_backup_job_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS)
tests_unit_test_libvirt_backup_job_LDADD = $(LDADD) $(LIBVIRT_LIBS)
tests_unit_test_libvirt_handlers_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS)
tests_unit_test_libvirt_handlers_LDADD = $(LDADD) $(LIBVIRT_LIBS)
tests_unit_test_libvirt_place_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS)
tests_unit_test_libvirt_scratch_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS)
tests_unit_test_libvirt_scratch_LDADD = $(LDADD) $(LIBVIRT_LIBS)
tests_unit_test_libvirt_still_CFLAGS = $(AM_CFLAGS) $(LIBVIRT_CFLAGS)

tests_unit_test_job_SOURCES = \
	tests/unit/job-fixture.c \
	tests/unit/job-fixture.h \
	tests/unit/test-job.c \
	$(NULL)
tests_unit_test_job_again_SOURCES = \
	tests/unit/job-fixture.c \
	tests/unit/job-fixture.h \
	tests/unit/test-job-again.c \
	$(NULL)
tests_unit_test_journal_SOURCES = \
	tests/unit/plan-fixture.c \
	tests/unit/plan-fixture.h \
	tests/unit/test-journal.c \
	$(NULL)
tests_unit_test_job_record_SOURCES = \
	tests/unit/lost-writes.c \
	tests/unit/lost-writes.h \
	tests/unit/test-job-record.c \
	$(NULL)
tests_unit_test_lost_writes_SOURCES = \
	tests/unit/lost-writes.c \
	tests/unit/lost-writes.h \
	tests/unit/test-lost-writes.c \
	$(NULL)
tests_unit_test_export_SOURCES = \
	tests/unit/plan-fixture.c \
	tests/unit/plan-fixture.h \
	tests/unit/test-export.c \
	$(NULL)
tests_unit_test_plan_SOURCES = \
	tests/unit/plan-fixture.c \
	tests/unit/plan-fixture.h \
	tests/unit/test-plan.c \
	$(NULL)
tests_unit_test_plan_host_files_SOURCES = \
	tests/unit/plan-fixture.c \
	tests/unit/plan-fixture.h \
	tests/unit/test-plan-host-files.c \
	$(NULL)
tests_unit_test_tpm_SOURCES = \
	tests/unit/plan-fixture.c \
	tests/unit/plan-fixture.h \
	tests/unit/test-tpm.c \
	$(NULL)
tests_unit_test_plan_base_SOURCES = \
	tests/unit/plan-fixture.c \
	tests/unit/plan-fixture.h \
	tests/unit/test-plan-base.c \
	$(NULL)
tests_unit_test_plan_memory_SOURCES = \
	tests/unit/plan-fixture.c \
	tests/unit/plan-fixture.h \
	tests/unit/test-plan-memory.c \
	$(NULL)
tests_unit_test_plan_frozen_SOURCES = \
	tests/unit/plan-fixture.c \
	tests/unit/plan-fixture.h \
	tests/unit/test-plan-frozen.c \
	$(NULL)
tests_unit_test_plan_refused_SOURCES = \
	tests/unit/plan-fixture.c \
	tests/unit/plan-fixture.h \
	tests/unit/test-plan-refused.c \
	$(NULL)
tests_unit_test_path_SOURCES = \
	tests/unit/target-fixture.c \
	tests/unit/target-fixture.h \
	tests/unit/test-path.c \
	$(NULL)
tests_unit_test_target_SOURCES = \
	tests/unit/target-fixture.c \
	tests/unit/target-fixture.h \
	tests/unit/test-target.c \
	$(NULL)
tests_unit_test_smb_SOURCES = \
	tests/unit/target-fixture.c \
	tests/unit/target-fixture.h \
	tests/unit/test-smb.c \
	$(NULL)
tests_unit_test_target_again_SOURCES = \
	tests/unit/target-fixture.c \
	tests/unit/target-fixture.h \
	tests/unit/test-target-again.c \
	$(NULL)

# The programs' own objects use these for every test below tests/.
EXTRA_tests_unit_test_create_run_DEPENDENCIES = virtsnap-guard$(EXEEXT)
EXTRA_tests_unit_test_moment_DEPENDENCIES = virtsnap-guard$(EXEEXT)
LDADD = libvirtsnap-test.a $(internal_libs)

EXTRA_DIST += \
	tests/data \
	tests/demo.sh \
	tests/in-debian \
	tests/repeat \
	tests/run-test \
	tests/tap.sh \
	tests/test-host.sh \
	tests/unit/test-tap.sh \
	$(NULL)

# What is worth its time in a build with --enable-sanitizers, and no more is built for it.
.PHONY: check-sanitized
check-sanitized: $(BUILT_SOURCES)
	$(MAKE) virtsnap$(EXEEXT)
	$(MAKE) check-TESTS \
		TESTS='$(sanitized_tests) $(cli_unit_tests) $(sanitized_shell_tests)'
# A process of its own for each flush that is lost: with sanitizers, each takes a second to begin.
sanitized_tests = $(filter-out tests/unit/test-lost-writes,$(unit_tests)) $(fuzz_replays)
sanitized_shell_tests = tests/cli/collection.sh tests/style/clang.sh

include tests/bench/local.mk
include tests/cli/local.mk
include tests/data/collection/local.mk
include tests/fuzz/local.mk
include tests/hostile/local.mk
include tests/install/local.mk
include tests/live/local.mk
include tests/machine/local.mk
include tests/memory/local.mk
include tests/schemas/local.mk
include tests/service/local.mk
include tests/style/local.mk

# What may come out otherwise on another distribution.
.PHONY: check-brief
check-brief: $(BUILT_SOURCES)
	$(MAKE) all
	$(MAKE) $(check_PROGRAMS) $(check_LIBRARIES)
	$(MAKE) check-TESTS TESTS='$(filter-out $(anywhere),$(TESTS))'
anywhere = $(fuzz_replays) $(style_tests) tests/bench/%

# Who looks at a clock, or at what is in the page cache, has the processors to itself: the last one.
# What takes long by waiting begins early, so that others compute meanwhile.
alone = tests/bench/fairness.log
$(alone): $(filter-out $(alone),$(TEST_LOGS))
