#!/bin/sh
# Frequencies of all processors. Rendered from src/tune/table.rs.
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

for cpu in "$ROOT"/sys/devices/system/cpu/cpu[0-9]*; do
    cpu=${cpu##*/}
    # a core that sleeps between commits wakes at a low frequency otherwise (kernel:
    # admin-guide/pm/cpufreq.rst)
    one "/sys/devices/system/cpu/$cpu/cpufreq/scaling_governor" performance

    # where the processor governs itself this is what it goes by (kernel:
    # admin-guide/pm/intel_pstate.rst)
    one "/sys/devices/system/cpu/$cpu/cpufreq/energy_performance_preference" performance
done
