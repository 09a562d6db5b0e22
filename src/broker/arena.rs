//! Memory for short texts that are written once and live as long as somebody holds them.

use std::cell::RefCell;

use bytes::{Bytes, BytesMut};

use crate::limits::ARENA_PIECE_BYTES;

/// Hands out pieces of larger allocations: one for some fifty headers or properties strings. An
/// allocation is let go with the last of its pieces, wherever that is by then.
pub struct Arena {
    room: RefCell<BytesMut>,
}

impl Default for Arena {
    fn default() -> Self {
        // What has no room in it grows by as much.
        Self { room: RefCell::new(BytesMut::with_capacity(ARENA_PIECE_BYTES)) }
    }
}

impl Arena {
    /// What `write` appends; it finds nothing there.
    ///
    /// # Errors
    /// Those of `write`.
    pub fn write<E>(&self, write: impl FnOnce(&mut BytesMut) -> Result<(), E>) -> Result<Bytes, E> {
        let mut room = self.room.borrow_mut();
        let outcome = write(&mut room);
        let written = room.split().freeze();
        outcome.map(|()| written)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use bytes::BufMut;

    use super::*;

    fn text(arena: &Arena, text: &str) -> Bytes {
        let written = arena.write::<Infallible>(|out| {
            out.put_slice(text.as_bytes());
            Ok(())
        });
        written.unwrap()
    }

    #[test]
    fn texts_stay_as_they_were_written() {
        let arena = Arena::default();
        let kept: Vec<(String, Bytes)> = (0..5000)
            .map(|number| {
                let written = number.to_string().repeat(number % 40);
                (written.clone(), text(&arena, &written))
            })
            .filter(|(written, _)| written.len() % 3 == 0)
            .collect();
        let long = "x".repeat(3 * ARENA_PIECE_BYTES);
        assert_eq!(text(&arena, &long), long);
        for (written, bytes) in kept {
            assert_eq!(bytes, written);
        }
    }

    #[test]
    fn what_fails_leaves_nothing() {
        let arena = Arena::default();
        let failed = arena.write(|out| {
            out.put_slice(b"half");
            Err("no")
        });
        assert_eq!(failed, Err("no"));
        assert_eq!(text(&arena, "whole"), "whole");
    }
}
