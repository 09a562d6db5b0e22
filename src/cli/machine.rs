//! Facts of this machine and of the environment, looked up once at start.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use crate::config::host::{Host, pick_address};

use super::file;

/// What the command line needs to know about where it runs.
#[derive(Clone, Debug)]
pub struct Machine {
    /// Facts that defaults of keys depend on.
    pub host: Host,
    /// `RINGMQ_LOG`: what is logged unless something says otherwise.
    pub log: Option<String>,
    /// Where it was started; relative paths are below it.
    pub directory: PathBuf,
}

impl Machine {
    /// Looks them up. What cannot be found gets a default that works: no host name, the current
    /// directory as home, one CPU, 127.0.0.1.
    pub fn look() -> Self {
        let variable = |name| std::env::var(name).ok().filter(|text: &String| !text.is_empty());
        let name = file::read("/proc/sys/kernel/hostname").ok();
        let name = name.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
        let home = variable("HOME").unwrap_or_else(|| ".".to_owned());
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        Self {
            host: Host {
                name: name.filter(|name| !name.is_empty()),
                home: home.trim_end_matches('/').to_owned(),
                cpus: u32::try_from(cpus).unwrap_or(u32::MAX),
                memory_bytes: memory_bytes(),
                address: IpAddr::V4(pick_address(addresses())),
                namesrv_addr: variable("NAMESRV_ADDR"),
                rocketmq_home: variable("ROCKETMQ_HOME"),
            },
            log: variable("RINGMQ_LOG"),
            directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        }
    }
}

/// Taken for the memory of a machine that does not say how much it has.
const MEMORY_BYTES_ASSUMED: u64 = 4 << 30;

/// Memory of this machine.
fn memory_bytes() -> u64 {
    let text = file::read("/proc/meminfo").unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let kib = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = kib.and_then(|rest| rest.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.map_or(MEMORY_BYTES_ASSUMED, |kib| kib.saturating_mul(1024))
}

/// The IPv4 addresses of the interfaces that are up, in the kernel's order. Bridges and
/// point-to-point links are left out, as Java leaves them out: containers' bridges are not where
/// other machines are.
fn addresses() -> Vec<Ipv4Addr> {
    let mut found = Vec::new();
    let mut list: *mut libc::ifaddrs = std::ptr::null_mut();
    // SAFETY: the list is ours alone until freeifaddrs, which is called once and only on success.
    if unsafe { libc::getifaddrs(&raw mut list) } != 0 {
        return found;
    }
    let mut next = list;
    // SAFETY: the kernel library made a null-terminated list; each entry is read, none is kept.
    while let Some(entry) = unsafe { next.as_ref() } {
        next = entry.ifa_next;
        if let Some(address) = address_of(entry)
            && is_reachable(entry)
        {
            found.push(address);
        }
    }
    // SAFETY: see above.
    unsafe { libc::freeifaddrs(list) };
    found
}

fn address_of(entry: &libc::ifaddrs) -> Option<Ipv4Addr> {
    // SAFETY: a non-null address of an entry points to a socket address of its family.
    let family = unsafe { entry.ifa_addr.as_ref() }?.sa_family;
    if i32::from(family) != libc::AF_INET {
        return None;
    }
    // SAFETY: the family says that it is an IPv4 socket address.
    let address = unsafe { entry.ifa_addr.cast::<libc::sockaddr_in>().read_unaligned() };
    Some(Ipv4Addr::from(u32::from_be(address.sin_addr.s_addr)))
}

fn is_reachable(entry: &libc::ifaddrs) -> bool {
    let has = |flag: i32| u32::try_from(flag).is_ok_and(|flag| entry.ifa_flags & flag != 0);
    // SAFETY: the name of an entry is a null-terminated string that lives as long as the list.
    let name = unsafe { std::ffi::CStr::from_ptr(entry.ifa_name) }.to_string_lossy();
    let bridge = PathBuf::from(format!("/sys/class/net/{name}/bridge"));
    has(libc::IFF_UP) && !has(libc::IFF_POINTOPOINT) && !bridge.exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_address_is_found_and_all_facts_have_a_value() {
        assert!(addresses().contains(&Ipv4Addr::LOCALHOST));
        let machine = Machine::look();
        assert!(machine.host.cpus >= 1);
        assert!(machine.host.memory_bytes >= 1 << 20);
        assert!(machine.host.name.is_none_or(|name| !name.contains('\n')));
        assert!(machine.directory.is_absolute());
    }
}
