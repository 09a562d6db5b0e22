//! Random numbers for jitter, sampling and choice. Not for secrets.

use std::cell::Cell;

thread_local! {
    static STREAM: Cell<Stream> = Cell::new(Stream::new(seed()));
}

/// A seed from the kernel; the address of a local, which differs per run, if it has none.
fn seed() -> u64 {
    let mut bytes = [0u8; 8];
    // SAFETY: 8 writable bytes.
    let got = unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    if got == 8 { u64::from_be_bytes(bytes) } else { std::ptr::from_ref(&bytes) as u64 }
}

/// A stream of numbers that its seed repeats: SplitMix64 (Steele, Lea, Flood: "Fast Splittable
/// Pseudorandom Number Generators", 2014).
#[derive(Clone, Copy, Debug)]
pub struct Stream(u64);

impl Stream {
    /// The stream of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A uniformly distributed number.
    pub fn u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A uniformly distributed number below `bound`; 0 if `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        // The high half of the product: a bias below bound / 2^64, which nothing here can notice.
        let product = u128::from(self.u64()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }
}

/// Lets this thread's numbers follow from `seed`.
#[cfg(feature = "sim")]
pub(in crate::rt) fn reseed(seed: u64) {
    STREAM.set(Stream::new(seed));
}

fn draw<T>(from: impl FnOnce(&mut Stream) -> T) -> T {
    let mut stream = STREAM.get();
    let drawn = from(&mut stream);
    STREAM.set(stream);
    drawn
}

/// A uniformly distributed number.
pub fn u64() -> u64 {
    draw(Stream::u64)
}

/// A uniformly distributed number below `bound`; 0 if `bound` is 0.
pub fn below(bound: u64) -> u64 {
    draw(|stream| stream.below(bound))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stays_below_the_bound_and_reaches_every_value() {
        let mut seen = [0u32; 7];
        for _ in 0..7_000 {
            seen[usize::try_from(below(7)).unwrap()] += 1;
        }
        assert!(seen.iter().all(|count| (700..1300).contains(count)), "{seen:?}");
        assert_eq!(below(0), 0);
        assert_eq!(below(1), 0);
    }

    #[test]
    fn threads_have_their_own_streams() {
        let here: Vec<u64> = (0..4).map(|_| u64()).collect();
        #[expect(clippy::disallowed_methods, reason = "a second thread is what is tested")]
        let there = std::thread::spawn(|| (0..4).map(|_| u64()).collect::<Vec<_>>());
        assert_ne!(here, there.join().unwrap());
    }
}
