#!/bin/sh
# Prints what is found beside what is wanted (see README.md). Changes nothing.
row() { printf '%-18s %-34s %s\n' "$1" "$2" "$3"; }
read_or() { cat "$1" 2>/dev/null || echo 'not on this machine'; }
row KNOB FOUND WANTED
row 'locked memory' "$(ulimit -l) KiB" 'unlimited, or 64 MiB a core'
row 'open files' "$(ulimit -n)" '65536 and more'
row io_uring_disabled "$(read_or /proc/sys/kernel/io_uring_disabled)" 0
for queue in /sys/block/*/queue/scheduler; do
    [ -r "$queue" ] || continue
    disk=${queue#/sys/block/}
    row "scheduler ${disk%%/*}" "$(cat "$queue")" '[none] for NVMe'
done
row governor "$(read_or /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor)" performance
