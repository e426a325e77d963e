# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# The bench's results for people.

def right($n): tostring | (" " * ([$n - length, 0] | max) // "") + .;
def left($n): tostring | . + (" " * ([$n - length, 0] | max) // "");
def fixed($d): if . == null then "-" else
    (. * pow(10; $d) | round) as $x | ($x / pow(10; $d) | floor | tostring)
    + if $d == 0 then "" else "." + ("000" + ($x % pow(10; $d) | tostring))[-$d:] end end;
def mib: if . == null then null else . / 1048576 end;

"\(.version), \(.date), \(.machine.cores) processors (\(.machine.processor)), "
    + "\(.machine.filesystem), \(.rounds) rounds, sources \(if .cache == "warm" then ""
      else "not " end)in the page cache",
(.samples[] | "", "Sample \(.name): \(.data | mib | fixed(0)) MiB in both domains' layers",
    ("" | left(52)) + ("median" | right(8)) + ("fastest" | right(9)) + ("slowest" | right(9))
        + ("of ours" | right(9)) + ("MiB" | right(7)) + ("MiB/s" | right(7))
        + ("memory" | right(8)),
    (reduce .contenders[] as $c ([]; if any(.[]; . == $c.group) then . else . + [$c.group] end))[]
        as $group
    | "", (.contenders[] | select(.group == $group)
        | if .missing and .median == null then (.what | left(52)) + "  missing: " + .missing
          else (.what | left(52)) + (.median | fixed(2) | right(8)) + (.min | fixed(2) | right(9))
              + (.max | fixed(2) | right(9))
              + ((if .ratio then (.ratio | fixed(2)) + "x" else "-" end) | right(9))
              + (.bytes | mib | fixed(0) | right(7))
              + ((if .median > 0 then (.bytes | mib) / .median else null end) | fixed(0) | right(7))
              + ((if .peak_kib then .peak_kib / 1024 | fixed(0) else "" end) | right(8)) end),
        ([.contenders[] | select(.group == $group and .processor.qemu)] | select(length > 0)
            | "", ("Seconds of a processor" | left(52)) + ("own" | right(8))
                + ("QEMU" | right(9)) + ("guest" | right(9)),
            (.[] | (.what | left(52)) + (.processor | (.own | fixed(2) | right(8))
                + (.qemu | fixed(2) | right(9)) + (.guest | fixed(2) | right(9))))))
