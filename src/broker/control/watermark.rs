//! A number that only grows, and waiting until it has reached a value.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// A growing number. Lives on one core; any number of tasks may wait at once.
#[derive(Debug, Default)]
pub struct Watermark {
    value: Cell<u64>,
    waiting: RefCell<Vec<Waker>>,
}

impl Watermark {
    /// Where it stands.
    pub fn value(&self) -> u64 {
        self.value.get()
    }

    /// Moves it up. A smaller value than it has changes nothing.
    pub fn raise(&self, value: u64) {
        if value > self.value.get() {
            self.value.set(value);
            // Whoever waits for more comes back and waits again.
            for waker in self.waiting.take() {
                waker.wake();
            }
        }
    }

    /// Resolves once it has reached `value`.
    pub fn reached(&self, value: u64) -> Reached<'_> {
        Reached { watermark: self, value }
    }
}

/// See [`Watermark::reached`].
pub struct Reached<'a> {
    watermark: &'a Watermark,
    value: u64,
}

impl Future for Reached<'_> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.watermark.value.get() >= self.value {
            return Poll::Ready(());
        }
        let mut waiting = self.watermark.waiting.borrow_mut();
        if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
            waiting.push(context.waker().clone());
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::pin;

    fn is_ready(future: Pin<&mut Reached<'_>>) -> bool {
        future.poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    #[test]
    fn it_wakes_whoever_waits_for_less() {
        let mark = Watermark::default();
        assert!(is_ready(pin!(mark.reached(0))));
        let (mut one, mut two) = (pin!(mark.reached(1)), pin!(mark.reached(2)));
        assert!(!is_ready(one.as_mut()) && !is_ready(two.as_mut()));
        mark.raise(1);
        assert!(mark.waiting.borrow().is_empty());
        assert!(is_ready(one) && !is_ready(two.as_mut()));
        mark.raise(3);
        mark.raise(2);
        assert_eq!(mark.value(), 3);
        assert!(is_ready(two));
    }
}
