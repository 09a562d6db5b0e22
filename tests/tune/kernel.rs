//! A machine in a directory, and a kernel above it that does with a write what Linux does: shows
//! choices in brackets, changes files that belong together, refuses what is out of range.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use ringmq::tune::tree::{Mounted, Tree};

/// The files of a machine with 4 processors, one flash disk with a partition, and one network card
/// with one queue.
pub const FILES: &[(&str, &str)] = &[
    ("/proc/sys/kernel/random/boot_id", "0b1c\n"),
    ("/proc/self/mountinfo", "27 1 259:1 / / rw - ext4 /dev/nvme0n1p1 rw\n"),
    (
        "/proc/self/limits",
        "Limit Soft Hard Units\nMax open files            1024   524288    files\n\
         Max locked memory         unlimited   unlimited   bytes\n",
    ),
    ("/proc/sys/vm/dirty_background_bytes", "0\n"),
    ("/proc/sys/vm/dirty_background_ratio", "10\n"),
    ("/proc/sys/vm/dirty_bytes", "0\n"),
    ("/proc/sys/vm/dirty_ratio", "20\n"),
    ("/proc/sys/vm/dirty_expire_centisecs", "3000\n"),
    ("/proc/sys/vm/dirty_writeback_centisecs", "500\n"),
    ("/proc/sys/vm/swappiness", "60\n"),
    ("/proc/sys/vm/overcommit_memory", "1\n"),
    ("/proc/sys/vm/max_map_count", "65530\n"),
    ("/proc/sys/vm/min_free_kbytes", "67584\n"),
    ("/proc/sys/kernel/io_uring_disabled", "0\n"),
    ("/proc/sys/net/core/somaxconn", "128\n"),
    ("/proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t1048576\n"),
    ("/proc/sys/net/ipv4/tcp_wmem", "4096\t16384\t4194304\n"),
    ("/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n"),
    ("/sys/devices/system/cpu/online", "0-3\n"),
    ("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n"),
    ("/sys/devices/system/cpu/cpu1/cpufreq/scaling_governor", "powersave\n"),
    ("/sys/devices/system/cpu/cpu2/cpufreq/scaling_governor", "performance\n"),
    ("/sys/devices/system/cpu/cpu3/cpufreq/scaling_governor", "powersave\n"),
    ("/sys/devices/system/cpu/cpu0/cpuidle/state0/latency", "0\n"),
    ("/sys/devices/system/cpu/cpu0/cpuidle/state0/disable", "0\n"),
    ("/sys/devices/system/cpu/cpu0/cpuidle/state1/latency", "133\n"),
    ("/sys/devices/system/cpu/cpu0/cpuidle/state1/disable", "0\n"),
    ("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n"),
    ("/sys/devices/pci0/0000:01/msi_irqs/36", "msix\n"),
    ("/sys/devices/pci0/0000:01/nvme/nvme0/nvme0n1/size", "1\n"),
    ("/sys/devices/pci0/0000:01/nvme/nvme0/nvme0n1/nvme0n1p1/partition", "1\n"),
    ("/sys/devices/pci0/0000:01/nvme/nvme0/nvme0n1/queue/scheduler", "[mq-deadline] none\n"),
    ("/sys/devices/pci0/0000:01/nvme/nvme0/nvme0n1/queue/nr_requests", "256\n"),
    ("/sys/devices/pci0/0000:01/nvme/nvme0/nvme0n1/queue/read_ahead_kb", "4096\n"),
    ("/sys/devices/pci0/0000:01/nvme/nvme0/nvme0n1/queue/rotational", "0\n"),
    ("/sys/devices/pci0/0000:01/nvme/nvme0/nvme0n1/queue/write_cache", "write back\n"),
    ("/sys/devices/pci0/0000:01/nvme/nvme0/nvme0n1/queue/fua", "1\n"),
    ("/sys/devices/pci0/0000:02/msi_irqs/41", "msix\n"),
    ("/sys/devices/pci0/0000:02/msi_irqs/42", "msix\n"),
    ("/sys/devices/pci0/0000:02/net/eth0/queues/rx-0/rps_cpus", "0\n"),
    ("/sys/devices/pci0/0000:02/net/eth0/queues/rx-0/rps_flow_cnt", "0\n"),
    ("/sys/devices/pci0/0000:02/net/eth0/queues/tx-0/xps_cpus", "0\n"),
    ("/proc/irq/36/smp_affinity_list", "0-3\n"),
    ("/proc/irq/41/smp_affinity_list", "1\n"),
    ("/proc/irq/42/smp_affinity_list", "0-3\n"),
];

const LINKS: &[(&str, &str)] = &[
    ("/sys/dev/block/259:1", "../../devices/pci0/0000:01/nvme/nvme0/nvme0n1/nvme0n1p1"),
    ("/sys/block/nvme0n1", "../devices/pci0/0000:01/nvme/nvme0/nvme0n1"),
    ("/sys/devices/pci0/0000:01/nvme/nvme0/nvme0n1/device", "../../nvme0"),
    ("/sys/class/net/eth0", "../../devices/pci0/0000:02/net/eth0"),
    ("/sys/devices/pci0/0000:02/net/eth0/device", "../../../0000:02"),
];

/// Where the schedulers of the disk are chosen.
pub const SCHEDULER: &str = "/sys/block/nvme0n1/queue/scheduler";

/// A machine in a directory of its own.
pub struct Machine {
    pub directory: tempfile::TempDir,
    /// Files that nobody may write.
    pub read_only: Vec<&'static str>,
}

impl Machine {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let machine = Self { directory, read_only: Vec::new() };
        for (path, text) in FILES {
            machine.put(path, text);
        }
        for (path, target) in LINKS {
            let path = machine.at(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            symlink(target, path).unwrap();
        }
        machine
    }

    pub fn root(&self) -> &Path {
        self.directory.path()
    }

    pub fn at(&self, path: &str) -> std::path::PathBuf {
        self.root().join(&path[1..])
    }

    pub fn put(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn text(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap()
    }

    /// Every file with its text.
    pub fn all(&self) -> BTreeMap<&'static str, String> {
        let present = FILES.iter().filter(|(path, _)| self.at(path).exists());
        present.map(|(path, _)| (*path, self.text(path))).collect()
    }

    fn plain(&self) -> Mounted {
        Mounted::new(self.root())
    }

    /// Chooses a word of a file with brackets.
    fn choose(&self, path: &str, word: &str) -> io::Result<()> {
        let text = self.text(path);
        let words: Vec<&str> =
            text.split_whitespace().map(|w| w.trim_matches(['[', ']'])).collect();
        if !words.contains(&word) {
            return Err(io::Error::from_raw_os_error(libc::EINVAL));
        }
        let shown = words.iter().map(|w| if *w == word { format!("[{w}]") } else { (*w).into() });
        self.put(path, &format!("{}\n", shown.collect::<Vec<_>>().join(" ")));
        if path == SCHEDULER {
            // As `blk_mq_init_sched` does.
            let length = if word == "none" { "1023\n" } else { "256\n" };
            self.put("/sys/block/nvme0n1/queue/nr_requests", length);
        }
        Ok(())
    }
}

impl Tree for Machine {
    fn read(&self, path: &str) -> io::Result<String> {
        self.plain().read(path)
    }

    fn write(&self, path: &str, text: &str) -> io::Result<()> {
        if self.read_only.contains(&path) {
            return Err(io::Error::from_raw_os_error(libc::EACCES));
        }
        let word = text.trim();
        if self.text(path).contains('[') {
            return self.choose(path, word);
        }
        if let Some(other) = match path {
            "/proc/sys/vm/dirty_bytes" => Some("/proc/sys/vm/dirty_ratio"),
            "/proc/sys/vm/dirty_ratio" => Some("/proc/sys/vm/dirty_bytes"),
            "/proc/sys/vm/dirty_background_bytes" => Some("/proc/sys/vm/dirty_background_ratio"),
            "/proc/sys/vm/dirty_background_ratio" => Some("/proc/sys/vm/dirty_background_bytes"),
            _ => None,
        } {
            if word == "0" && path.ends_with("bytes") {
                return Err(io::Error::from_raw_os_error(libc::EINVAL));
            }
            self.put(other, "0\n");
        }
        let shown = text.split_whitespace().collect::<Vec<_>>().join("\t");
        self.plain().write(path, &format!("{shown}\n"))
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        self.plain().list(path)
    }

    fn resolve(&self, path: &str) -> io::Result<String> {
        self.plain().resolve(path)
    }
}
