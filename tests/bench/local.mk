# SPDX-License-Identifier: LGPL-2.1-or-later

# What is promised about planning is tested with everything else.
check_PROGRAMS += tests/bench/plan
TESTS += tests/bench/plan

# Of the rest, what does not depend on the clock.
check_PROGRAMS += tests/bench/measure tests/bench/sample tests/bench/writers tests/bench/xml-cost
tests_bench_sample_CFLAGS = $(AM_CFLAGS) $(LIBNBD_CFLAGS)
tests_bench_sample_LDADD = $(VIRTSNAP_LIBS) $(LIBNBD_LIBS)
TESTS += tests/bench/bench.sh tests/bench/counts.sh tests/bench/fairness.sh tests/bench/xml-cost.sh

EXTRA_DIST += \
	tests/bench/bench.sh \
	tests/bench/counts.sh \
	tests/bench/fairness.sh \
	tests/bench/contenders.sh \
	tests/bench/contenders-night.sh \
	tests/bench/growth \
	tests/bench/host \
	tests/bench/results.jq \
	tests/bench/run \
	tests/bench/sample.sh \
	tests/bench/table.jq \
	tests/bench/window \
	tests/bench/xml-cost.sh \
	$(NULL)

# Beside other tools, and by the clock; BENCH_OPTIONS='--rounds 1', see tests/bench/run --help.
bench: all tests/bench/measure tests/bench/sample tests/bench/writers
	BUILD_DIR='$(abs_top_builddir)' $(top_srcdir)/tests/bench/run $(BENCH_OPTIONS)
bench-growth: all tests/bench/plan tests/bench/sample tests/bench/xml-cost
	BUILD_DIR='$(abs_top_builddir)' $(top_srcdir)/tests/bench/growth $(BENCH_OPTIONS)
bench-host: all tests/bench/sample
	BUILD_DIR='$(abs_top_builddir)' $(top_srcdir)/tests/bench/host $(BENCH_OPTIONS)
clean-local: clean-bench
clean-bench:
	rm -rf tests/bench/work tests/bench/*.work tests/bench/*.json
bench-window: all
	BUILD_DIR='$(abs_top_builddir)' $(top_srcdir)/tests/bench/window $(BENCH_OPTIONS)
# How long virtsnapd's answers take while 200 callers are at it.
bench-load: all tests/service/load
	LOAD_LIMITS=yes LOAD_SECONDS=60 $(SHELL) $(top_srcdir)/tests/run-test \
		$(top_srcdir)/tests/service/load.sh
# How long they take while another process holds a lock, and while a target hangs.
bench-hangs: all
	HANGS_LIMITS=yes $(SHELL) $(top_srcdir)/tests/run-test \
		$(top_srcdir)/tests/service/hangs.sh
.PHONY: bench bench-growth bench-hangs bench-host bench-load bench-window clean-bench
