# SPDX-License-Identifier: LGPL-2.1-or-later

EXTRA_DIST += man/virtsnap.pod
man_MANS += man/virtsnap.1
CLEANFILES += man/virtsnap.1 man/virtsnap.1-t

# By way of a temporary file: a page that pod2man complains of is not left
# behind half made and up to date.
man/virtsnap.1: man/virtsnap.pod
	$(AM_V_GEN)$(MKDIR_P) man && \
	$(POD2MAN) --utf8 --errors=die --section=1 --name=VIRTSNAP \
		--center='virtsnap $(VERSION)' --release='$(PACKAGE_STRING)' \
		$(srcdir)/man/virtsnap.pod > $@-t && \
	mv -f $@-t $@
