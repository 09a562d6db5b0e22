#!/bin/sh
# Limits of the network. Rendered from src/tune/table.rs.
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

# the broker does not start without io_uring; kernels before 6.6 lack this and allow it (kernel:
# admin-guide/sysctl/kernel.rst)
one "/proc/sys/kernel/io_uring_disabled" 0

# where packets are dealt out, each goes to the core that reads its connection (RFS) (kernel:
# networking/scaling.rst)
range "/proc/sys/net/core/rps_sock_flow_entries" 32768 - 32768

# cuts serverSocketBacklog: after a restart all clients connect at once (kernel:
# admin-guide/sysctl/net.rst)
range "/proc/sys/net/core/somaxconn" 4096 - 4096

# packets that were dealt out wait there; what finds no room is lost (kernel:
# admin-guide/sysctl/net.rst)
range "/proc/sys/net/core/netdev_max_backlog" 4096 - 4096

# the most that serverSocketRcvBufSize can ask for (kernel: admin-guide/sysctl/net.rst)
range "/proc/sys/net/core/rmem_max" 4194304 - 4194304

# the most that serverSocketSndBufSize can ask for (kernel: admin-guide/sysctl/net.rst)
range "/proc/sys/net/core/wmem_max" 4194304 - 4194304

# how far a connection's window may grow by itself: a frame of 4 MiB in one go (kernel:
# networking/ip-sysctl.rst)
range "/proc/sys/net/ipv4/tcp_rmem" 4194304 - 4194304

# how much of a pull's answer leaves without waiting for the peer (kernel: networking/ip-sysctl.rst)
range "/proc/sys/net/ipv4/tcp_wmem" 4194304 - 4194304

# connections that are being made, for the same restart (kernel: networking/ip-sysctl.rst)
range "/proc/sys/net/ipv4/tcp_max_syn_backlog" 4096 - 4096

# clients keep one connection and pause: it need not start slowly again after each pause (kernel:
# networking/ip-sysctl.rst)
one "/proc/sys/net/ipv4/tcp_slow_start_after_idle" 0
