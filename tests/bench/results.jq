# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright (C) 2026 The virtsnap developers
#
# From the bench's records, one for each contender and round, to its results.

def median: sort | if length == 0 then null
    elif length % 2 == 1 then .[length / 2 | floor]
    else (.[length / 2 - 1] + .[length / 2]) / 2 end;

# In the order in which they first appear.
def in_order(f): reduce .[] as $r ([]; if any(.[]; . == ($r | f)) then . else . + [$r | f] end);

def contender($all): . as $own | $own[0] as $first
    | [$own[] | select(.seconds)] as $times
    | ([$all[] | select(.sample == $first.sample and .name == $ours[$first.group] and .seconds)
        | {("\(.round)"): .seconds}] | add // {}) as $reference
    | [$times[] | $reference["\(.round)"] as $r | select($r) | .seconds / $r] as $ratios
    | {name: $first.name, group: $first.group, what: $first.what,
       missing: ([$own[].missing | select(.)] | first),
       seconds: [$times[].seconds], median: ([$times[].seconds] | median),
       min: ([$times[].seconds] | min), max: ([$times[].seconds] | max),
       ratio: ($ratios | median), ratio_min: ($ratios | min), ratio_max: ($ratios | max),
       bytes: ([$times[].bytes] | median), peak_kib: ([$times[].peak_kib | select(.)] | max),
       processor: {own: ([$times[].own | select(.)] | median),
           qemu: ([$times[].qemu | select(.) | .own] | median),
           guest: ([$times[].qemu | select(.) | .guest] | median)}};

. as $all
| {date: $date, version: $version, machine: $machine, cache: $cache, rounds: $rounds,
   samples: [in_order(.sample)[] as $sample | [$all[] | select(.sample == $sample)]
       | {name: $sample, data: ([.[].data | select(.)] | first),
          contenders: [in_order(.name)[] as $name | select($name)
              | [$all[] | select(.sample == $sample and .name == $name)] | contender($all)]}]}
