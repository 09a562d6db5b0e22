//! Two threads beside each core for calls that may block: one for those that are soon done
//! (opening, renaming, listing), one for those that may take long.
//!
//! glommio has such threads too, but a core that is never idle would not look at their results.

use std::cell::RefCell;
use std::future::poll_fn;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::task::{Poll, Waker};

use slab::Slab;

use super::bridge::{Doorbell, Inbound, local};
use super::panic;

/// Finished calls that may wait for the core to notice; a thread that is further ahead waits.
const FINISHED_MAX: usize = 256;

type Job = (usize, Box<dyn FnOnce() + Send>);

/// The core's end: hands over work, and learns by key what is finished.
pub(crate) struct BlockingThread {
    jobs: mpsc::Sender<Job>,
    finished: RefCell<rtrb::Consumer<usize>>,
    waiting: RefCell<Slab<Option<Waker>>>,
}

impl BlockingThread {
    /// Starts the thread. It runs on any processor this thread may use now, and ends when this
    /// value is dropped and its work is done.
    ///
    /// # Errors
    /// No thread can be made.
    pub(crate) fn start(name: String, doorbell: Arc<Doorbell>) -> io::Result<Rc<Self>> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let (mut done, finished) = rtrb::RingBuffer::new(FINISHED_MAX);
        std::thread::Builder::new().name(name).spawn(move || {
            panic::this_thread_is_vital();
            for (key, job) in queue {
                job();
                while done.push(key).is_err() && !done.is_abandoned() {
                    std::thread::yield_now();
                }
                doorbell.ring();
            }
        })?;
        let finished = RefCell::new(finished);
        Ok(Rc::new(Self { jobs, finished, waiting: RefCell::default() }))
    }
}

impl Inbound for BlockingThread {
    fn has_work(&self) -> bool {
        !self.finished.borrow().is_empty()
    }

    fn wake_waiting(&self) -> bool {
        let mut finished = self.finished.borrow_mut();
        let mut any = false;
        while let Ok(key) = finished.pop() {
            any = true;
            // Removed by the waiting future; gone already if that was dropped.
            let waker = self.waiting.borrow_mut().try_remove(key).flatten();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        any
    }
}

/// Runs `work`, which may block, on the thread beside this core, and waits for its result. Calls
/// run one after the other. Once handed over, work runs to its end even if the future is dropped.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    run(Rc::clone(&local().blocking), work).await
}

/// The same for work that may take long, such as thousands of files: it keeps only others of its
/// kind waiting.
pub async fn blocking_long<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    run(Rc::clone(&local().blocking_long), work).await
}

async fn run<T: Send + 'static>(
    thread: Rc<BlockingThread>,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let (give, result) = mpsc::sync_channel(1);
    let key = thread.waiting.borrow_mut().insert(None);
    // Nobody may wait any more; then nobody needs the result.
    let job = move || drop(give.send(work()));
    // The thread ends only after this core did.
    drop(thread.jobs.send((key, Box::new(job))));
    poll_fn(|context| match result.try_recv() {
        Ok(value) => Poll::Ready(value),
        Err(_) => {
            if let Some(waker) = thread.waiting.borrow_mut().get_mut(key) {
                *waker = Some(context.waker().clone());
            }
            Poll::Pending
        }
    })
    .await
}
