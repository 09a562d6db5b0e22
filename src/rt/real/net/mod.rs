//! TCP on the data ring: listeners, streams, and files sent without passing through user memory.

mod connect;
mod inherited;
mod listener;
mod send;
mod splice;
mod stream;

pub(crate) use self::splice::Pipes;

pub use self::inherited::left_over;
pub use self::listener::Listener;
pub use self::stream::{Shutdown, Socket, Stream};
pub use super::receive::RecvBuf;
