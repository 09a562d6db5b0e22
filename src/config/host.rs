//! What defaults depend on: facts of the machine and the environment, gathered by the caller.

use std::net::{IpAddr, Ipv4Addr};

/// Facts of the machine. A value; this room looks nothing up by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Host name, if it has one.
    pub name: Option<String>,
    /// Home directory of the user, without a slash at its end (Java: `user.home`).
    pub home: String,
    /// CPUs this process may use.
    pub cpus: u32,
    /// Memory of the machine, in bytes.
    pub memory_bytes: u64,
    /// The address other machines reach this one by; see [`pick_address`].
    pub address: IpAddr,
    /// Environment variable `NAMESRV_ADDR`.
    pub namesrv_addr: Option<String>,
    /// Environment variable `ROCKETMQ_HOME`.
    pub rocketmq_home: Option<String>,
}

/// The address to advertise out of those the machine has, in interface order: the first that is
/// neither loopback nor private; else the last private one; else 127.0.0.1. Java's rule
/// (`NetworkUtil`), so that a broker keeps its address when it moves here.
pub fn pick_address(of: impl IntoIterator<Item = Ipv4Addr>) -> Ipv4Addr {
    let mut private = None;
    for address in of {
        if address.is_loopback() || address.is_unspecified() {
            continue;
        }
        if !address.is_private() {
            return address;
        }
        private = Some(address);
    }
    private.unwrap_or(Ipv4Addr::LOCALHOST)
}

#[cfg(test)]
pub(crate) fn test_host() -> Host {
    Host {
        name: Some("testhost".to_owned()),
        home: "/home/test".to_owned(),
        cpus: 2,
        memory_bytes: 8 << 30,
        address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
        namesrv_addr: None,
        rocketmq_home: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_picked_as_java_does() {
        let pick = |list: &[[u8; 4]]| pick_address(list.iter().map(|a| Ipv4Addr::from(*a)));
        assert_eq!(pick(&[]), Ipv4Addr::LOCALHOST);
        assert_eq!(pick(&[[127, 0, 0, 1]]), Ipv4Addr::LOCALHOST);
        assert_eq!(pick(&[[127, 0, 0, 1], [10, 0, 0, 5], [192, 168, 1, 2]]).octets()[0], 192);
        assert_eq!(pick(&[[10, 0, 0, 5], [203, 0, 113, 9], [192, 168, 1, 2]]).octets()[0], 203);
    }
}
