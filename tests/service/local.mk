# SPDX-License-Identifier: LGPL-2.1-or-later

service_tests = \
	tests/service/access.sh \
	tests/service/command.sh \
	tests/service/crash.sh \
	tests/service/exports.sh \
	tests/service/hangs.sh \
	tests/service/imports.sh \
	tests/service/large.sh \
	tests/service/load.sh \
	tests/service/places.sh \
	tests/service/prune.sh \
	tests/service/report.sh \
	tests/service/set-changes.sh \
	tests/service/sets.sh \
	tests/service/verify.sh \
	$(NULL)
TESTS += $(service_tests)
EXTRA_DIST += $(service_tests) tests/service/lib.sh

check_PROGRAMS += tests/service/load

service_unit_tests = \
	tests/unit/test-bus-path \
	tests/unit/test-job-expiry \
	tests/unit/test-job-keeper \
	tests/unit/test-job-queue \
	tests/unit/test-service-config \
	tests/unit/test-work \
	$(NULL)
check_PROGRAMS += $(service_unit_tests)
TESTS += $(service_unit_tests)
tests_unit_test_bus_path_LDADD = libvirtsnap-test.a $(service_libs)
tests_unit_test_job_expiry_SOURCES = \
	tests/unit/job-fixture.c \
	tests/unit/job-fixture.h \
	tests/unit/test-job-expiry.c \
	$(NULL)
tests_unit_test_job_expiry_LDADD = libvirtsnap-test.a $(service_libs)
tests_unit_test_job_keeper_LDADD = libvirtsnap-test.a $(service_libs)
tests_unit_test_job_queue_LDADD = libvirtsnap-test.a $(service_libs)
tests_unit_test_service_config_LDADD = libvirtsnap-test.a $(service_libs)
tests_unit_test_work_LDADD = libvirtsnap-test.a $(service_libs)
