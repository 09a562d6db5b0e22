#!/bin/sh
# Deals the interrupts of a device out to processors, one each in turn:
#   irq.sh /sys/class/net/eth0/device 2 3
# Name processors without a shard if there are any (--cores of the broker), else all. The kernel
# refuses it for disks whose queues it has bound itself, one to each processor: that is as it
# should be. irqbalance moves interrupts back unless it is stopped.
# (kernel: core-api/irq/irq-affinity.rst)
#
# Says the file, what it had, what it has. To undo a change write back what it had. DRY_RUN=1
# changes nothing. ROOT is where proc and sys are.
set -u
ROOT=${ROOT:-}
[ $# -ge 2 ] || { echo "usage: irq.sh /sys/.../device CPU..." >&2; exit 2; }
device=$(cd -P "$ROOT$1" && pwd) || exit 1
shift
while [ ! -d "$device/msi_irqs" ]; do
    case $device in
        */devices|/) echo "no interrupts of its own" >&2; exit 1 ;;
    esac
    device=${device%/*}
    device=${device:-/}
done
for irq in $(ls "$device/msi_irqs" | sort -n); do
    file=$ROOT/proc/irq/$irq/smp_affinity_list
    now=$(cat "$file") || continue
    cpu=$1
    shift
    set -- "$@" "$cpu"
    [ "$now" = "$cpu" ] && continue
    if [ -n "${DRY_RUN:-}" ]; then echo "would $file: $now -> $cpu"; continue; fi
    echo "$cpu" > "$file" && echo "changed $file: $now -> $cpu"
done
