//! Several futures on one task.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// Runs `work` on every item, on at most `limit` of them at the same time, and waits for all of
/// them; an outcome that is bad ends nothing early. The outcomes are in the order of their ends.
///
/// For work that waits: each time one of them goes on, all that are under way are looked at.
pub async fn run_all<I, F: Future>(
    items: impl IntoIterator<Item = I>,
    limit: usize,
    mut work: impl FnMut(I) -> F,
) -> Vec<F::Output> {
    let mut items = items.into_iter();
    let mut under_way: Vec<Pin<Box<F>>> = Vec::new();
    let mut outcomes = Vec::new();
    poll_fn(|context| {
        loop {
            let room = limit.max(1) - under_way.len();
            under_way.extend(items.by_ref().take(room).map(|item| Box::pin(work(item))));
            let before = under_way.len();
            under_way.retain_mut(|future| match future.as_mut().poll(context) {
                Poll::Ready(outcome) => {
                    outcomes.push(outcome);
                    false
                }
                Poll::Pending => true,
            });
            match under_way.len() {
                0 if before == 0 => return Poll::Ready(()),
                after if after == before => return Poll::Pending,
                // Those that take the places of the ended ones have to be started.
                _ => {}
            }
        }
    })
    .await;
    outcomes
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;
    use std::task::{Context, Waker};

    use super::*;
    use crate::rt::event::Event;

    #[test]
    fn as_many_as_allowed_are_under_way_until_all_are_done() {
        let gates: Vec<Rc<Event>> = (0..5).map(|_| Rc::new(Event::new())).collect();
        let started = Cell::new(0);
        let work = |at: usize| {
            started.set(started.get() + 1);
            let gate = Rc::clone(&gates[at]);
            async move {
                gate.wait().await;
                at
            }
        };
        let mut all = Box::pin(run_all(0..5, 2, work));
        let mut context = Context::from_waker(Waker::noop());
        // The place of one that has ended is taken at once, whichever it was.
        for (gate, expected) in [(1, 3), (0, 4), (2, 5), (4, 5)] {
            assert!(all.as_mut().poll(&mut context).is_pending());
            gates[gate].set();
            assert!(all.as_mut().poll(&mut context).is_pending());
            assert_eq!(started.get(), expected);
        }
        gates[3].set();
        assert_eq!(all.as_mut().poll(&mut context), Poll::Ready(vec![1, 0, 2, 4, 3]));
    }

    #[test]
    fn of_nothing_nothing_is_waited_for() {
        let mut none = Box::pin(run_all(0..0, 8, std::future::ready));
        let mut context = Context::from_waker(Waker::noop());
        assert_eq!(none.as_mut().poll(&mut context), Poll::Ready(Vec::new()));
    }
}
