# SPDX-License-Identifier: LGPL-2.1-or-later

cli_tests = \
	tests/cli/base.sh \
	tests/cli/collection.sh \
	tests/cli/completion.sh \
	tests/cli/help.sh \
	tests/cli/locale.sh \
	tests/cli/manual.sh \
	tests/cli/night.sh \
	tests/cli/output.sh \
	tests/cli/progress.sh \
	tests/cli/prune.sh \
	tests/cli/shell-terminal.sh \
	tests/cli/shell.sh \
	tests/cli/threads.sh \
	$(NULL)
TESTS += $(cli_tests)

cli_unit_tests = \
	tests/unit/test-option \
	tests/unit/test-output \
	tests/unit/test-progress \
	$(NULL)
check_PROGRAMS += $(cli_unit_tests) tests/unit/feed-progress
TESTS += $(cli_unit_tests)
tests_unit_feed_progress_LDADD = $(cli_libs)
tests_unit_test_option_LDADD = $(cli_libs)
tests_unit_test_output_LDADD = $(cli_libs)
tests_unit_test_progress_LDADD = $(cli_libs)

EXTRA_DIST += \
	$(cli_tests) \
	tests/cli/fake-journal.py \
	tests/cli/lib.sh \
	tests/cli/on-terminal.py \
	$(NULL)
