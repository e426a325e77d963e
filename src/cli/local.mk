# SPDX-License-Identifier: LGPL-2.1-or-later

# All of the command but main(), so that unit tests can reach its inside.
noinst_LIBRARIES += libvirtsnap-cli.a
libvirtsnap_cli_a_SOURCES = \
	src/cli/cmd-collection.c \
	src/cli/cmd-export.c \
	src/cli/cmd-groups.h \
	src/cli/cmd-host.c \
	src/cli/cmd-import.c \
	src/cli/cmd-job.c \
	src/cli/cmd-reference.c \
	src/cli/cmd-snapshot.c \
	src/cli/collections.c \
	src/cli/collections.h \
	src/cli/command-line.c \
	src/cli/command-line.h \
	src/cli/command-run.c \
	src/cli/command-run.h \
	src/cli/command.c \
	src/cli/command.h \
	src/cli/commands.c \
	src/cli/commands.h \
	src/cli/complete.c \
	src/cli/complete.h \
	src/cli/connection.c \
	src/cli/connection.h \
	src/cli/context.c \
	src/cli/context.h \
	src/cli/apply-show.c \
	src/cli/apply-show.h \
	src/cli/delete-show.c \
	src/cli/delete-show.h \
	src/cli/dictionary-show.c \
	src/cli/dictionary-show.h \
	src/cli/export-inspect.c \
	src/cli/export-inspect.h \
	src/cli/export-request.h \
	src/cli/export-run.c \
	src/cli/export-service.c \
	src/cli/export-settings.c \
	src/cli/export-settings.h \
	src/cli/help.c \
	src/cli/help.h \
	src/cli/import-detach.c \
	src/cli/import-detach.h \
	src/cli/import-options.c \
	src/cli/import-request.h \
	src/cli/import-run.c \
	src/cli/import-service.c \
	src/cli/import-show.c \
	src/cli/import-show.h \
	src/cli/follow.c \
	src/cli/follow.h \
	src/cli/job-follow.c \
	src/cli/job-local.c \
	src/cli/job-local.h \
	src/cli/job-started.c \
	src/cli/job-started.h \
	src/cli/job-options.h \
	src/cli/job-report.c \
	src/cli/job-report.h \
	src/cli/job-show.c \
	src/cli/job-show.h \
	src/cli/keys.c \
	src/cli/keys.h \
	src/cli/night-log.c \
	src/cli/night-log.h \
	src/cli/night.c \
	src/cli/night.h \
	src/cli/option.c \
	src/cli/option.h \
	src/cli/output.c \
	src/cli/output.h \
	src/cli/plan-chains.c \
	src/cli/plan-show.c \
	src/cli/plan-show.h \
	src/cli/progress.c \
	src/cli/progress.h \
	src/cli/prune.c \
	src/cli/prune.h \
	src/cli/reference-change.c \
	src/cli/reference-change.h \
	src/cli/service.c \
	src/cli/snapshot-create.c \
	src/cli/snapshot-create.h \
	src/cli/snapshot-info.c \
	src/cli/snapshot-info.h \
	src/cli/service.h \
	src/cli/shell-terminal.c \
	src/cli/shell-terminal.h \
	src/cli/shell-words.c \
	src/cli/shell-words.h \
	src/cli/snapshot-change.c \
	src/cli/snapshot-change.h \
	src/cli/snapshot-service.c \
	src/cli/snapshot-service.h \
	src/cli/shell.c \
	src/cli/shell.h \
	src/cli/verify-run.c \
	src/cli/verify-run.h \
	src/cli/verify-show.c \
	src/cli/verify-show.h \
	$(NULL)
# What links it needs these, too.
cli_libs = libvirtsnap-cli.a libvirtsnap-path.a libvirtsnap-bus.a $(internal_libs) \
	$(READLINE_LIBS)

# At the top of the build tree, because src/virtsnap is the library's folder.
bin_PROGRAMS += virtsnap
virtsnap_SOURCES = src/cli/main.c
virtsnap_LDADD = $(cli_libs)

# What exports every night; src/service/local.mk says where units go.
night_units = src/cli/virtsnap-export@.service
$(night_units): %: %.in Makefile
	$(AM_V_GEN)$(MKDIR_P) src/cli && $(SED) -e 's|[@]bindir[@]|$(bindir)|g' \
		-e 's|[@]pkgsysconfdir[@]|$(sysconfdir)/virtsnap|g' $(srcdir)/$@.in >$@
CLEANFILES += $(night_units)
EXTRA_DIST += \
	examples/night.conf \
	src/cli/virtsnap-export@.service.in \
	src/cli/virtsnap-export@.timer \
	$(NULL)
install-data-local: install-night
install-night:
	$(MKDIR_P) "$(DESTDIR)$(sysconfdir)/virtsnap/export.d"
.PHONY: install-night

# bash-completion looks for a file with the command's own name.
EXTRA_DIST += src/cli/virtsnap.bash
install-data-local: install-bash-completion
install-bash-completion:
	$(MKDIR_P) "$(DESTDIR)$(completiondir)"
	$(INSTALL_DATA) $(srcdir)/src/cli/virtsnap.bash "$(DESTDIR)$(completiondir)/virtsnap"
uninstall-local: uninstall-bash-completion
uninstall-bash-completion:
	rm -f "$(DESTDIR)$(completiondir)/virtsnap"
.PHONY: install-bash-completion uninstall-bash-completion
