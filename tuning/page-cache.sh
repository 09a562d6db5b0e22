#!/bin/sh
# Page cache and memory. Rendered from src/tune/table.rs.
#
# Sets what is not as wanted, and says which file has what instead of what.
# To undo a change write back what it had; `ringmq tune apply` keeps a record for that. DRY_RUN=1
# changes nothing. ROOT is where proc and sys are.
set -u
ROOT=${ROOT:-}

# put FILE NOW VALUE
put() {
    if [ -n "${DRY_RUN:-}" ]; then echo "would $1: $2 -> $3"; return; fi
    echo "$3" > "$1" && echo "changed $1: $2 -> $3"
}

# one FILE VALUE...: one of the values is wanted, and the first that is offered is set.
one() {
    file=$ROOT$1
    shift
    [ -e "$file" ] || { echo "absent $file"; return; }
    all=$(tr -d '[]' < "$file")
    now=$(sed -n 's/.*\[\(.*\)\].*/\1/p' "$file")
    [ -n "$now" ] && choice=yes || { choice=no; now=$all; }
    for value; do [ "$now" = "$value" ] && return; done
    for value; do
        case "$choice $all " in
            no*|*" $value "*) put "$file" "$now" "$value"; return ;;
        esac
    done
    echo "absent $file: offers $all"
}

# range FILE LEAST MOST VALUE: the last number of the file lies between; - is no bound.
range() {
    file=$ROOT$1
    [ -e "$file" ] || { echo "absent $file"; return; }
    read -r first second third < "$file"
    now=${third:-$first}
    [ "$now" -ge "$2" ] && { [ "$3" = - ] || [ "$now" -le "$3" ]; } && return
    put "$file" "$now" "${third:+$first $second }$4"
}

# written early and in small amounts, cached pages do not get in the way of synced commits; os.sh's
# 50 % of memory suits a log that is itself cached, which this is not (kernel:
# admin-guide/sysctl/vm.rst)
range "/proc/sys/vm/dirty_background_bytes" 1048576 268435456 268435456

# above it whoever writes has to wait for the disk, and a ratio of a large memory is seconds of
# writing (kernel: admin-guide/sysctl/vm.rst)
range "/proc/sys/vm/dirty_bytes" 1048576 1073741824 1073741824

# what is written after half a minute comes in a burst (kernel: admin-guide/sysctl/vm.rst)
range "/proc/sys/vm/dirty_expire_centisecs" 0 1000 1000

# the kernel looks for old pages that often; os.sh's hour keeps RocketMQ's cached log from the disk,
# and a log that goes past the cache needs no such thing (kernel: admin-guide/sysctl/vm.rst)
range "/proc/sys/vm/dirty_writeback_centisecs" 1 500 500

# a broker whose buffers are swapped out stalls its core (RocketMQ: bin/os.sh)
range "/proc/sys/vm/swappiness" 0 1 1

# huge pages that nobody asked for are made by stopping who touches memory, and make sparse buffers
# resident (kernel: admin-guide/mm/transhuge.rst)
one "/sys/kernel/mm/transparent_hugepage/enabled" madvise never

# compaction runs in the thread that touches memory, and that is a core of the broker (kernel:
# admin-guide/mm/transhuge.rst)
one "/sys/kernel/mm/transparent_hugepage/defrag" madvise defer+madvise defer never

# memory of the next node is nearer than a reclaim of the own one (RocketMQ: bin/os.sh)
one "/proc/sys/vm/zone_reclaim_mode" 0

# buffers are mapped whole and touched as they are used; strict accounting refuses that (kernel:
# admin-guide/sysctl/vm.rst)
one "/proc/sys/vm/overcommit_memory" 0 1

# buffers are mapped, files are not, so the kernel's default is enough; os.sh's 655360 is for a
# broker that maps each segment (kernel: admin-guide/sysctl/vm.rst)
range "/proc/sys/vm/max_map_count" 65530 - 65530

# packets that arrive in a burst take free pages, and reclaim is too late for them (kernel:
# admin-guide/sysctl/vm.rst)
range "/proc/sys/vm/min_free_kbytes" 65536 - 65536

# cores are pinned and touch their own memory: the sampling faults find nothing to move (kernel:
# admin-guide/sysctl/kernel.rst)
one "/proc/sys/kernel/numa_balancing" 0
