//! Tasks on the simulated core.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use super::core::{Slot, world};

/// A task on this core. Dropping it cancels the task at its next await; awaiting it yields its
/// result.
#[must_use = "dropping a task cancels it; detach it to let it run on"]
pub struct Task<T> {
    id: Option<u64>,
    result: Rc<Slot<T>>,
}

impl<T: 'static> Task<T> {
    /// Lets the task run to its end on its own.
    pub fn detach(mut self) {
        self.id = None;
    }

    /// Cancels the task and waits until it is dropped; its result if it had ended before.
    pub async fn cancel(mut self) -> Option<T> {
        if let Some(id) = self.id.take() {
            world().remove(id);
        }
        self.result.take()
    }
}

impl<T> Future for Task<T> {
    type Output = T;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        self.result.poll(context)
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if let Some(id) = self.id.take() {
            world().remove(id);
        }
    }
}

/// Starts a task on this core. It first runs when the caller awaits, not before.
pub fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> Task<T> {
    let result = Slot::new();
    let filled = Rc::clone(&result);
    let id = world().add(Box::pin(async move { filled.fill(future.await) }));
    Task { id: Some(id), result }
}

/// Lets every other ready task of this core run before the caller goes on.
pub async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// As [`blocking`], and ten times as long.
pub async fn blocking_long<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    later(Duration::from_micros(200 + world().below(1000)), work).await
}

/// Runs `work`, which may block, a while later, and waits for its result. It happens even if the
/// future is dropped.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    later(Duration::from_micros(20 + world().below(100)), work).await
}

async fn later<T: 'static>(delay: Duration, work: impl FnOnce() -> T + 'static) -> T {
    let result = Slot::new();
    let filled = Rc::clone(&result);
    world().after(delay, move || filled.fill(work()));
    result.filled().await
}
