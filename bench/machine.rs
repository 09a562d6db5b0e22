//! Where a report was made: machine, kernel, commit, command.

use std::fs;

use serde::Serialize;

/// What a reader must know to repeat a measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// Processors this program may use.
    pub cores: usize,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// The kernel's release.
    pub kernel: String,
    /// Commit this program was built from.
    pub commit: &'static str,
    /// Its arguments.
    pub command: Vec<String>,
    /// Milliseconds since 1970.
    pub time_ms: u64,
}

impl Machine {
    /// This one, now.
    pub fn this() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let arguments = std::env::args().skip(1);
        Self {
            processor: field(&read("/proc/cpuinfo"), "model name").unwrap_or("unknown").to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            memory_mib: memory_mib(&read("/proc/meminfo")),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            commit: env!("BENCH_COMMIT"),
            command: std::iter::once("ringmq-bench".to_owned()).chain(arguments).collect(),
            time_ms: crate::wire::unique::wall_ms(),
        }
    }

    /// One line for people.
    pub fn line(&self) -> String {
        format!(
            "{}, {} cores, {} MiB, Linux {}, commit {}",
            self.processor, self.cores, self.memory_mib, self.kernel, self.commit
        )
    }
}

/// The value of a `name : value` line.
fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim())
}

fn memory_mib(meminfo: &str) -> u64 {
    let value = field(meminfo, "MemTotal").unwrap_or_default();
    let kib = value.split_ascii_whitespace().next().and_then(|number| number.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_a_kernel_and_memory() {
        let machine = Machine::this();
        assert!(!machine.kernel.is_empty() && machine.memory_mib > 0 && machine.cores > 0);
        assert!(machine.line().contains(&machine.kernel));
    }

    #[test]
    fn fields_are_found_by_their_whole_name() {
        let text = "model\t\t: 6\nmodel name\t: A Processor @ 3\n";
        assert_eq!(field(text, "model name"), Some("A Processor @ 3"));
        assert_eq!(field(text, "name"), None);
        assert_eq!(memory_mib("MemTotal:       2048 kB\n"), 2);
    }
}
