#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# Collections that are together larger than a message on the system bus may be: the bus disconnects
# a sender of a larger one. The bus of this test has the same limit.
. "$abs_top_srcdir/tests/service/lib.sh"
service_requires

service_setup
printf '[service]\nidle_timeout=0\n' >"$LIVE_DIR/virtsnapd.conf"
store=$VIRTSNAP_CONFIG_DIR/collections
vs -q collection-create-as small --domain web

# large NAME BYTES: writes a collection into the store directory without virtsnap; its members have
# names of 200 letters.
large()
{
    awk -v name="$1" -v bytes="$2" 'BEGIN {
        letters = sprintf("%200s", ""); gsub(/ /, "x", letters)
        print "<collection><name>" name "</name>"
        for (i = 0; i * 224 < bytes; i++)
            printf "  <domain>%s%d</domain>\n", letters, i
        print "</collection>"
    }' >"$store/$1.xml"
}

cat >"$LIVE_DIR/large.conf" <<END
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir=$LIVE_DIR</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
  <limit name="max_message_size">33554432</limit>
</busconfig>
END
check "a bus as strict as the system's" service_bus --config-file="$LIVE_DIR/large.conf" ||
    bail_out "no bus"

# everything: prints how many bytes the answer has as text, and which collections are in it.
everything()
{
    gdbus call --session --dest org.virtsnap1 --object-path /org/virtsnap1 \
        --method org.freedesktop.DBus.ObjectManager.GetManagedObjects >"$LIVE_DIR/all" 2>&1
}
shown() { grep -o "/org/virtsnap1/collection/[a-z]*" "$LIVE_DIR/all" | sort -u | tr '\n' ' '; }

# --- as much as a store takes
for name in a b; do large $name 3900000; done
check "the service comes with 8 MB of collections" service_start || bail_out "no service"
# A service with a slow store answers before it has read all of it.
all_shown()
{
    everything && [ "$(shown)" = "$(printf '/org/virtsnap1/collection/%s ' a b small)" ]
}
check "and shows them, all of them" live_wait "all collections" all_shown
large c 2000000
like "$(service_call service CollectionManagementService.DefineCollection \
    '<collection><name>more</name><domain>x</domain></collection>' '{}')" \
    "Error.NoSpace.*are allowed" "what is more is refused"
rm "$store/c.xml"
check "and what is not more is not" service_call service \
    CollectionManagementService.DefineCollection \
    '<collection><name>more</name><domain>x</domain></collection>' '{}'

# --- more, by hand
for name in c d e f g h; do large $name 4000000; done
check "32 MB by hand: they are seen" live_wait "a warning" grep -q "too much to be shown" \
    "$LIVE_DIR/virtsnapd.log"
check "who asks is answered" everything
like "$(shown)" "collection/a .*collection/b" "with what there is room for"
check "and is so again" everything
check "the service is still there" kill -0 "$service_pid"
service_stop
: >"$LIVE_DIR/virtsnapd.log"
check "it comes with them, too" service_start
check "and answers" everything
service_stop
done_testing
