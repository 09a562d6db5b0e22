//! Addresses as RocketMQ writes them: `host:port`, several separated by semicolons.

use std::fmt;
use std::net::IpAddr;

/// A server to connect to. The host is a name or an address and is resolved when connecting.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct HostPort {
    /// Name, IPv4 address, or IPv6 address without brackets.
    pub host: String,
    /// From 1.
    pub port: u16,
}

impl HostPort {
    /// Reads one `host:port`; an IPv6 address stands in brackets.
    pub fn parse(text: &str) -> Option<Self> {
        let (host, port) = text.trim().rsplit_once(':')?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let usable = match bare {
            Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
            None => is_host(host),
        };
        let port = port.parse().ok().filter(|port| *port > 0 && usable)?;
        Some(Self { host: bare.unwrap_or(host).to_owned(), port })
    }

    /// Reads several, separated by semicolons; empty parts are passed over. `Err` is the part
    /// that is no address.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, &str> {
        text.split(';')
            .filter(|part| !part.trim().is_empty())
            .map(|part| Self::parse(part).ok_or(part))
            .collect()
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_address(f, &self.host, self.port)
    }
}

/// Writes `host:port`, with an IPv6 address in brackets.
pub fn write_address(f: &mut fmt::Formatter<'_>, host: &str, port: u16) -> fmt::Result {
    match host.contains(':') {
        true => write!(f, "[{host}]:{port}"),
        false => write!(f, "{host}:{port}"),
    }
}

/// A name or an address without its brackets, or nothing when it can be neither.
pub fn bare_host(text: &str) -> Option<&str> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    (bare.parse::<IpAddr>().is_ok() || is_host(bare)).then_some(bare)
}

/// Letters, digits, hyphens, dots and underscores, as container networks name hosts.
fn is_host(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !text.is_empty() && text.len() <= 253 && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_and_shown() {
        let read = HostPort::parse_list(" 10.0.0.1:9876;ns_2.example:19876;[::1]:1;;").unwrap();
        let shown: Vec<String> = read.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["10.0.0.1:9876", "ns_2.example:19876", "[::1]:1"]);
        assert_eq!(HostPort::parse_list("").unwrap(), []);
    }

    #[test]
    fn what_is_no_address_is_named() {
        for bad in ["localhost", "a:0", "a:65536", ":9876", "a b:1", "::1:9876", "[a]:1", "a:1,b:2"]
        {
            assert_eq!(HostPort::parse_list(&format!("ok:1;{bad}")), Err(bad));
        }
    }

    #[test]
    fn advertised_hosts_lose_their_brackets() {
        assert_eq!(bare_host("[fd00::1]"), Some("fd00::1"));
        assert_eq!(bare_host("fd00::1"), Some("fd00::1"));
        assert_eq!(bare_host("broker-a"), Some("broker-a"));
        assert_eq!(bare_host("http://x"), None);
        assert_eq!(bare_host(""), None);
    }
}
