//! Addresses as RocketMQ's flags and routes write them.

use std::net::{SocketAddr, ToSocketAddrs};

/// An address that leads nowhere.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// Not `host:port`, or a name nobody knows.
    #[error("cannot resolve {0}: {1}")]
    Unresolved(String, std::io::Error),
    /// The name has no address.
    #[error("{0} has no address")]
    Empty(String),
}

/// Resolves one `host:port`; IPv4 first.
pub fn resolve(text: &str) -> Result<SocketAddr, AddressError> {
    let unresolved = |error| AddressError::Unresolved(text.to_owned(), error);
    let found: Vec<SocketAddr> = text.trim().to_socket_addrs().map_err(unresolved)?.collect();
    let v4 = found.iter().find(|address| address.is_ipv4());
    v4.or(found.first()).copied().ok_or_else(|| AddressError::Empty(text.to_owned()))
}

/// The addresses of a list separated by `;`, blanks and empty items ignored.
pub fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_lists() {
        assert_eq!(resolve("127.0.0.1:9876").unwrap().port(), 9876);
        assert!(resolve("localhost:1").unwrap().is_ipv4());
        assert!(resolve("127.0.0.1").is_err());
        let items: Vec<&str> = list("a:1; b:2;;").collect();
        assert_eq!(items, ["a:1", "b:2"]);
    }
}
