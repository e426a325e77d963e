# SPDX-License-Identifier: LGPL-2.1-or-later

# What is promised about planning is tested with everything else.
check_PROGRAMS += tests/bench/plan
TESTS += tests/bench/plan

# Of the rest, what does not depend on the clock.
check_PROGRAMS += tests/bench/measure tests/bench/sample
tests_bench_sample_CFLAGS = $(AM_CFLAGS) $(LIBNBD_CFLAGS)
tests_bench_sample_LDADD = $(VIRTSNAP_LIBS) $(LIBNBD_LIBS)
TESTS += tests/bench/counts.sh

EXTRA_DIST += \
	tests/bench/counts.sh \
	tests/bench/sample.sh \
	$(NULL)
