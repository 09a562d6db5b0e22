#!/bin/sh
# The disks named, as in /sys/block: disk.sh nvme0n1 Rendered from src/tune/table.rs.
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

for disk; do
    # each shard has one write in flight: on flash there is nothing to sort, on a rotating disk
    # reads shall not starve behind writes (kernel: block/switching-sched.rst; RocketMQ: bin/os.sh)
    if [ "$(cat "$ROOT/sys/block/$disk/queue/rotational")" = 1 ]; then
        one "/sys/block/$disk/queue/scheduler" mq-deadline bfq
    else
        one "/sys/block/$disk/queue/scheduler" none
    fi

    # room for every shard's commit and the reads beside it; on a rotating disk a long queue is a
    # long wait (kernel: ABI/stable/sysfs-block)
    if [ "$(cat "$ROOT/sys/block/$disk/queue/rotational")" = 1 ]; then
        range "/sys/block/$disk/queue/nr_requests" 32 256 128
    else
        range "/sys/block/$disk/queue/nr_requests" 64 - 64
    fi

    # who reads a backlog is read ahead for by the broker, past the cache; the kernel's read-ahead
    # only makes a lone record expensive (kernel: ABI/stable/sysfs-block)
    if [ "$(cat "$ROOT/sys/block/$disk/queue/rotational")" = 1 ]; then
        range "/sys/block/$disk/queue/read_ahead_kb" 0 512 512
    else
        range "/sys/block/$disk/queue/read_ahead_kb" 0 128 128
    fi

    # the core that wrote is the one that waits: completing on it spares a hand-over (kernel:
    # ABI/stable/sysfs-block)
    if [ "$(cat "$ROOT/sys/block/$disk/queue/rotational")" = 1 ]; then
        one "/sys/block/$disk/queue/rq_affinity" 1 2
    else
        one "/sys/block/$disk/queue/rq_affinity" 2
    fi

    # a commit is one request already: on flash looking for one to merge it with is in vain (kernel:
    # ABI/stable/sysfs-block)
    if [ "$(cat "$ROOT/sys/block/$disk/queue/rotational")" = 1 ]; then
        one "/sys/block/$disk/queue/nomerges" 0
    else
        one "/sys/block/$disk/queue/nomerges" 1 2
    fi
done
