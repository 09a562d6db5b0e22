//! The table of knobs: the one place that says what is wanted and why. `ringmq tune` reads it, and
//! the scripts in `tuning/` are rendered from it.

use super::knob::{By, Each, Form, Knob, Want};

const VM: &str = "kernel: admin-guide/sysctl/vm.rst";
const THP: &str = "kernel: admin-guide/mm/transhuge.rst";
const KERNEL: &str = "kernel: admin-guide/sysctl/kernel.rst";
const NET: &str = "kernel: admin-guide/sysctl/net.rst";
const IP: &str = "kernel: networking/ip-sysctl.rst";
const SCALING: &str = "kernel: networking/scaling.rst";
const BLOCK: &str = "kernel: ABI/stable/sysfs-block";
const AFFINITY: &str = "kernel: core-api/irq/irq-affinity.rst";
const OS_SH: &str = "RocketMQ: bin/os.sh";

const MIB: u64 = 1 << 20;

/// Where systemd looks for the broker's unit; the first of the two wins.
const UNIT_FILES: [&str; 2] =
    ["/etc/systemd/system/ringmq-broker.service", "/usr/lib/systemd/system/ringmq-broker.service"];

/// All knobs, by subject, in the order in which `check` shows and `apply` changes them.
pub fn knobs() -> impl Iterator<Item = &'static Knob> {
    [PAGE_CACHE, MEMORY, RING, DISK, INTERRUPTS, NETWORK, PROCESSORS, LIMITS].into_iter().flatten()
}

/// A setting of the machine that is wanted alike on all disks.
const fn machine(
    name: &'static str,
    path: &'static str,
    want: Want,
    why: &'static str,
    source: &'static str,
) -> Knob {
    knob(Each::Machine, name, path, want, why, source)
}

const fn knob(
    each: Each,
    name: &'static str,
    path: &'static str,
    want: Want,
    why: &'static str,
    source: &'static str,
) -> Knob {
    let (flash, rotating) = (want, want);
    let (form, by, moves) = (Form::Plain, By::Apply, [].as_slice());
    Knob { name, each, path, form, flash, rotating, moves, by, why, source }
}

/// What the page cache holds back, and for how long: consume queues, the index, buffered logs.
pub const PAGE_CACHE: &[Knob] = &[
    Knob {
        rotating: Want::Range { least: MIB, most: 64 * MIB, set: 64 * MIB },
        moves: &["/proc/sys/vm/dirty_background_ratio"],
        ..machine(
            "vm.dirty_background_bytes",
            "/proc/sys/vm/dirty_background_bytes",
            Want::Range { least: MIB, most: 256 * MIB, set: 256 * MIB },
            "written early and in small amounts, cached pages do not get in the way of synced \
             commits; os.sh's 50 % of memory suits a log that is itself cached, which this is not",
            VM,
        )
    },
    Knob {
        rotating: Want::Range { least: MIB, most: 256 * MIB, set: 256 * MIB },
        moves: &["/proc/sys/vm/dirty_ratio"],
        ..machine(
            "vm.dirty_bytes",
            "/proc/sys/vm/dirty_bytes",
            Want::Range { least: MIB, most: 1024 * MIB, set: 1024 * MIB },
            "above it whoever writes has to wait for the disk, and a ratio of a large memory is \
             seconds of writing",
            VM,
        )
    },
    Knob {
        rotating: Want::at_most(3000),
        ..machine(
            "vm.dirty_expire_centisecs",
            "/proc/sys/vm/dirty_expire_centisecs",
            Want::at_most(1000),
            "what is written after half a minute comes in a burst",
            VM,
        )
    },
    machine(
        "vm.dirty_writeback_centisecs",
        "/proc/sys/vm/dirty_writeback_centisecs",
        Want::Range { least: 1, most: 500, set: 500 },
        "the kernel looks for old pages that often; os.sh's hour keeps RocketMQ's cached log from \
         the disk, and a log that goes past the cache needs no such thing",
        VM,
    ),
    machine(
        "vm.swappiness",
        "/proc/sys/vm/swappiness",
        Want::at_most(1),
        "a broker whose buffers are swapped out stalls its core",
        OS_SH,
    ),
];

/// Memory beside the page cache.
pub const MEMORY: &[Knob] = &[
    Knob {
        form: Form::Choice,
        ..machine(
            "transparent huge pages",
            "/sys/kernel/mm/transparent_hugepage/enabled",
            Want::OneOf(&["madvise", "never"]),
            "huge pages that nobody asked for are made by stopping who touches memory, and make \
             sparse buffers resident",
            THP,
        )
    },
    Knob {
        form: Form::Choice,
        ..machine(
            "huge page defrag",
            "/sys/kernel/mm/transparent_hugepage/defrag",
            Want::OneOf(&["madvise", "defer+madvise", "defer", "never"]),
            "compaction runs in the thread that touches memory, and that is a core of the broker",
            THP,
        )
    },
    machine(
        "vm.zone_reclaim_mode",
        "/proc/sys/vm/zone_reclaim_mode",
        Want::OneOf(&["0"]),
        "memory of the next node is nearer than a reclaim of the own one",
        OS_SH,
    ),
    machine(
        "vm.overcommit_memory",
        "/proc/sys/vm/overcommit_memory",
        Want::OneOf(&["0", "1"]),
        "buffers are mapped whole and touched as they are used; strict accounting refuses that",
        VM,
    ),
    machine(
        "vm.max_map_count",
        "/proc/sys/vm/max_map_count",
        Want::at_least(65_530),
        "buffers are mapped, files are not, so the kernel's default is enough; os.sh's 655360 is \
         for a broker that maps each segment",
        VM,
    ),
    machine(
        "vm.min_free_kbytes",
        "/proc/sys/vm/min_free_kbytes",
        Want::at_least(65_536),
        "packets that arrive in a burst take free pages, and reclaim is too late for them",
        VM,
    ),
    machine(
        "vm.extra_free_kbytes",
        "/proc/sys/vm/extra_free_kbytes",
        Want::Shown,
        "known to some vendors' kernels only; vm.min_free_kbytes does for the others",
        OS_SH,
    ),
    machine(
        "kernel.numa_balancing",
        "/proc/sys/kernel/numa_balancing",
        Want::OneOf(&["0"]),
        "cores are pinned and touch their own memory: the sampling faults find nothing to move",
        KERNEL,
    ),
];

/// What the ring needs.
pub const RING: &[Knob] = &[machine(
    "kernel.io_uring_disabled",
    "/proc/sys/kernel/io_uring_disabled",
    Want::OneOf(&["0"]),
    "the broker does not start without io_uring; kernels before 6.6 lack this and allow it",
    KERNEL,
)];

/// The disks under the store.
pub const DISK: &[Knob] = &[
    Knob {
        form: Form::Choice,
        rotating: Want::OneOf(&["mq-deadline", "bfq"]),
        moves: &["/sys/block/{}/queue/nr_requests"],
        ..knob(
            Each::Disk,
            "scheduler",
            "/sys/block/{}/queue/scheduler",
            Want::OneOf(&["none"]),
            "each shard has one write in flight: on flash there is nothing to sort, on a rotating \
             disk reads shall not starve behind writes",
            "kernel: block/switching-sched.rst; RocketMQ: bin/os.sh",
        )
    },
    Knob {
        rotating: Want::Range { least: 32, most: 256, set: 128 },
        ..knob(
            Each::Disk,
            "nr_requests",
            "/sys/block/{}/queue/nr_requests",
            Want::at_least(64),
            "room for every shard's commit and the reads beside it; on a rotating disk a long \
             queue is a long wait",
            BLOCK,
        )
    },
    Knob {
        rotating: Want::at_most(512),
        ..knob(
            Each::Disk,
            "read_ahead_kb",
            "/sys/block/{}/queue/read_ahead_kb",
            Want::at_most(128),
            "who reads a backlog is read ahead for by the broker, past the cache; the kernel's \
             read-ahead only makes a lone record expensive",
            BLOCK,
        )
    },
    Knob {
        rotating: Want::OneOf(&["1", "2"]),
        ..knob(
            Each::Disk,
            "rq_affinity",
            "/sys/block/{}/queue/rq_affinity",
            Want::OneOf(&["2"]),
            "the core that wrote is the one that waits: completing on it spares a hand-over",
            BLOCK,
        )
    },
    Knob {
        rotating: Want::OneOf(&["0"]),
        ..knob(
            Each::Disk,
            "nomerges",
            "/sys/block/{}/queue/nomerges",
            Want::OneOf(&["1", "2"]),
            "a commit is one request already: on flash looking for one to merge it with is in vain",
            BLOCK,
        )
    },
    knob(
        Each::Disk,
        "rotational",
        "/sys/block/{}/queue/rotational",
        Want::Shown,
        "1 for a rotating disk, and for many disks of virtual machines that are none: say which \
         with --media",
        BLOCK,
    ),
    knob(
        Each::Disk,
        "write_cache",
        "/sys/block/{}/queue/write_cache",
        Want::Shown,
        "with a write-back cache a synced write is flushed or written through; both are tried at \
         start, and the faster is taken",
        "kernel: block/writeback_cache_control.rst",
    ),
    knob(
        Each::Disk,
        "fua",
        "/sys/block/{}/queue/fua",
        Want::Shown,
        "0: the disk cannot write through its cache, so each synced write flushes all of it",
        "kernel: block/writeback_cache_control.rst",
    ),
];

/// Interrupts.
pub const INTERRUPTS: &[Knob] = &[
    Knob {
        form: Form::CpuList,
        ..knob(
            Each::DiskInterrupt,
            "disk interrupt",
            "/proc/irq/{}/smp_affinity_list",
            Want::Processors,
            "a disk with fewer queues than processors interrupts whom it is told to: processors \
             without a shard if there are any, else all in turn; stop irqbalance, or it moves back",
            AFFINITY,
        )
    },
    Knob {
        form: Form::CpuList,
        ..knob(
            Each::NicInterrupt,
            "network interrupt",
            "/proc/irq/{}/smp_affinity_list",
            Want::Processors,
            "packets are taken in on processors without a shard if there are any, else on all in \
             turn; stop irqbalance, or it moves back",
            AFFINITY,
        )
    },
];

/// The network.
pub const NETWORK: &[Knob] = &[
    Knob {
        form: Form::CpuMask,
        ..knob(
            Each::NicReceive,
            "receive steering (RPS)",
            "/sys/class/net/{}/rps_cpus",
            Want::Processors,
            "with fewer queues than cores one processor takes in every packet unless they are \
             dealt out; with a queue a core the card does it",
            SCALING,
        )
    },
    Knob {
        form: Form::CpuMask,
        ..knob(
            Each::NicSend,
            "send steering (XPS)",
            "/sys/class/net/{}/xps_cpus",
            Want::Processors,
            "a core that sends through a queue of its own shares no lock",
            SCALING,
        )
    },
    machine(
        "net.core.rps_sock_flow_entries",
        "/proc/sys/net/core/rps_sock_flow_entries",
        Want::at_least(32_768),
        "where packets are dealt out, each goes to the core that reads its connection (RFS)",
        SCALING,
    ),
    knob(
        Each::NicReceive,
        "flows of a queue (RFS)",
        "/sys/class/net/{}/rps_flow_cnt",
        Want::at_least(2048),
        "its share of net.core.rps_sock_flow_entries",
        SCALING,
    ),
    machine(
        "net.core.somaxconn",
        "/proc/sys/net/core/somaxconn",
        Want::at_least(4096),
        "cuts serverSocketBacklog: after a restart all clients connect at once",
        NET,
    ),
    machine(
        "net.core.netdev_max_backlog",
        "/proc/sys/net/core/netdev_max_backlog",
        Want::at_least(4096),
        "packets that were dealt out wait there; what finds no room is lost",
        NET,
    ),
    machine(
        "net.core.rmem_max",
        "/proc/sys/net/core/rmem_max",
        Want::at_least(4 * MIB),
        "the most that serverSocketRcvBufSize can ask for",
        NET,
    ),
    machine(
        "net.core.wmem_max",
        "/proc/sys/net/core/wmem_max",
        Want::at_least(4 * MIB),
        "the most that serverSocketSndBufSize can ask for",
        NET,
    ),
    Knob {
        form: Form::Third,
        ..machine(
            "net.ipv4.tcp_rmem",
            "/proc/sys/net/ipv4/tcp_rmem",
            Want::at_least(4 * MIB),
            "how far a connection's window may grow by itself: a frame of 4 MiB in one go",
            IP,
        )
    },
    Knob {
        form: Form::Third,
        ..machine(
            "net.ipv4.tcp_wmem",
            "/proc/sys/net/ipv4/tcp_wmem",
            Want::at_least(4 * MIB),
            "how much of a pull's answer leaves without waiting for the peer",
            IP,
        )
    },
    machine(
        "net.ipv4.tcp_max_syn_backlog",
        "/proc/sys/net/ipv4/tcp_max_syn_backlog",
        Want::at_least(4096),
        "connections that are being made, for the same restart",
        IP,
    ),
    machine(
        "net.ipv4.tcp_slow_start_after_idle",
        "/proc/sys/net/ipv4/tcp_slow_start_after_idle",
        Want::OneOf(&["0"]),
        "clients keep one connection and pause: it need not start slowly again after each pause",
        IP,
    ),
];

/// Processors.
pub const PROCESSORS: &[Knob] = &[
    knob(
        Each::Core,
        "frequency governor",
        "/sys/devices/system/cpu/{}/cpufreq/scaling_governor",
        Want::OneOf(&["performance"]),
        "a core that sleeps between commits wakes at a low frequency otherwise",
        "kernel: admin-guide/pm/cpufreq.rst",
    ),
    knob(
        Each::Core,
        "energy preference",
        "/sys/devices/system/cpu/{}/cpufreq/energy_performance_preference",
        Want::OneOf(&["performance"]),
        "where the processor governs itself this is what it goes by",
        "kernel: admin-guide/pm/intel_pstate.rst",
    ),
    knob(
        Each::DeepIdle,
        "deep idle state",
        "/sys/devices/system/cpu/{}/disable",
        Want::OneOf(&["1"]),
        "it takes longer to leave than a small message takes to store",
        "kernel: admin-guide/pm/cpuidle.rst",
    ),
    Knob {
        by: By::Hand("boot with clocksource=tsc, if the kernel did not find it unstable"),
        ..machine(
            "clocksource",
            "/sys/devices/system/clocksource/clocksource0/current_clocksource",
            Want::OneOf(&["tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter"]),
            "these are read without a system call, and each message reads the clock",
            "kernel: admin-guide/kernel-parameters.txt",
        )
    },
];

/// Limits of processes.
pub const LIMITS: &[Knob] = &[
    Knob {
        form: Form::Limit("Max locked memory"),
        by: By::Hand("ulimit -l unlimited, or memlock in /etc/security/limits.conf"),
        ..machine(
            "locked memory, here",
            "/proc/self/limits",
            Want::PerCore(64 * MIB),
            "buffers of the log are registered with the ring, which pins them; without that they \
             are used unregistered",
            OS_SH,
        )
    },
    Knob {
        form: Form::Limit("Max open files"),
        by: By::Hand("ulimit -n 1048576, or nofile in /etc/security/limits.conf"),
        ..machine(
            "open files, here",
            "/proc/self/limits",
            Want::at_least(65_536),
            "each connection and each open segment takes a descriptor",
            OS_SH,
        )
    },
    unit("locked memory, override", UNIT_FILES[0], "LimitMEMLOCK", Want::PerCore(64 * MIB)),
    unit("locked memory, packaged", UNIT_FILES[1], "LimitMEMLOCK", Want::PerCore(64 * MIB)),
    unit("open files, override", UNIT_FILES[0], "LimitNOFILE", Want::at_least(65_536)),
    unit("open files, packaged", UNIT_FILES[1], "LimitNOFILE", Want::at_least(65_536)),
];

/// A limit that systemd gives the broker.
const fn unit(name: &'static str, path: &'static str, setting: &'static str, want: Want) -> Knob {
    Knob {
        form: Form::Setting(setting),
        by: By::Hand("correct the unit, then systemctl daemon-reload"),
        ..knob(Each::Unit, name, path, want, "what the broker gets from systemd", "systemd.exec(5)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_complete_and_its_own() {
        let mut seen = std::collections::BTreeSet::new();
        for knob in knobs() {
            assert!(seen.insert(knob.name), "{} is there twice", knob.name);
            assert_eq!(knob.path.contains("{}"), !matches!(knob.each, Each::Machine | Each::Unit));
            for text in [knob.why, knob.source] {
                assert!(text.len() > 10 && !text.contains("  "), "{}: {text:?}", knob.name);
            }
            for want in [knob.flash, knob.rotating] {
                if let Want::Range { least, most, set } = want {
                    assert!((least..=most).contains(&set), "{}", knob.name);
                }
                assert_eq!(want == Want::Processors, knob.flash == Want::Processors);
            }
        }
    }
}
