//! Operations in flight: who waits for each, and what memory it holds until the kernel is done.
//!
//! An operation is an entry in a slab, named to the kernel by its key and a generation. It owns
//! its buffers (`keep`). If the future that waits is dropped, the entry stays: the kernel is asked
//! to cancel, and only its last completion frees the entry and what it keeps.

use std::any::Any;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use io_uring::{cqueue, opcode, squeue};
use slab::Slab;

use super::bridge::Local;
use super::ring::Completion;

/// The completion of an entry nobody waits for (a cancellation, a close).
pub(crate) const IGNORED: u64 = u64::MAX;

/// Receives the completions of an operation that has many (multishot accept, multishot receive).
pub(crate) trait Sink {
    /// One completion; `more` says whether others follow. Must not wait; may push to the ring.
    fn complete(&self, local: &Local, result: i32, flags: u32, more: bool);
}

enum State {
    /// In the kernel, with whoever polls for it.
    Waiting(Option<Waker>),
    /// Answered; the future has not looked yet.
    Done(i32),
    /// In the kernel, and nobody wants the answer.
    Orphaned,
    /// In the kernel, answering more than once.
    Multishot(Rc<dyn Sink>),
}

struct Entry {
    generation: u32,
    state: State,
    keep: Option<Box<dyn Any>>,
}

/// The operations in flight of one core.
#[derive(Default)]
pub(crate) struct Table {
    entries: Slab<Entry>,
    generation: u32,
}

/// What the kernel calls an operation: slab key below, generation above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OpId(u64);

impl OpId {
    fn new(key: usize, generation: u32) -> Self {
        // A slab of 2^32 operations would need more memory than the machine has.
        Self((u64::from(generation) << 32) | (key as u64 & 0xffff_ffff))
    }

    fn key(self) -> usize {
        (self.0 & 0xffff_ffff) as usize
    }

    fn generation(self) -> u32 {
        (self.0 >> 32) as u32
    }

    /// The value the kernel hands back.
    pub(crate) fn user_data(self) -> u64 {
        self.0
    }
}

/// What a completion asks of its core, once the table is no longer borrowed.
pub(crate) enum Outcome {
    Nothing,
    Wake(Waker),
    Deliver(Rc<dyn Sink>),
    /// Nobody waits any more: drop what was kept, outside of the borrow.
    Free(Box<dyn Any>),
}

impl Table {
    fn insert(&mut self, state: State, keep: Option<Box<dyn Any>>) -> OpId {
        // The top generation is left out so that no id equals `IGNORED`.
        self.generation = (self.generation + 1) % (u32::MAX - 1);
        let generation = self.generation;
        let key = self.entries.insert(Entry { generation, state, keep });
        OpId::new(key, generation)
    }

    fn get(&mut self, id: OpId) -> Option<&mut Entry> {
        self.entries.get_mut(id.key()).filter(|entry| entry.generation == id.generation())
    }

    /// Every operation the kernel still has, for cancelling at shutdown.
    pub(crate) fn in_flight(&self) -> Vec<u64> {
        let waiting = self.entries.iter().filter(|(_, e)| !matches!(e.state, State::Done(_)));
        waiting.map(|(key, e)| OpId::new(key, e.generation).user_data()).collect()
    }

    /// Takes note of one completion.
    pub(crate) fn complete(&mut self, completion: Completion) -> Outcome {
        if completion.user_data == IGNORED {
            return Outcome::Nothing;
        }
        let id = OpId(completion.user_data);
        let Some(entry) = self.get(id) else { return Outcome::Nothing };
        let more = cqueue::more(completion.flags);
        match &mut entry.state {
            State::Waiting(waker) => {
                let waker = waker.take();
                entry.state = State::Done(completion.result);
                waker.map_or(Outcome::Nothing, Outcome::Wake)
            }
            State::Multishot(sink) => {
                let sink = Rc::clone(sink);
                if !more {
                    self.entries.remove(id.key());
                }
                Outcome::Deliver(sink)
            }
            State::Orphaned if !more => {
                let keep = self.entries.remove(id.key()).keep;
                keep.map_or(Outcome::Nothing, Outcome::Free)
            }
            State::Orphaned | State::Done(_) => Outcome::Nothing,
        }
    }
}

/// One operation in the kernel, and the future of its result.
///
/// The output is the kernel's result (a count, or a negated errno) and what the operation kept.
/// Dropping it before completion cancels without waiting.
#[must_use = "dropping an operation cancels it"]
pub(crate) struct Operation<K: 'static> {
    local: Rc<Local>,
    id: Option<OpId>,
    keeps: PhantomData<fn() -> K>,
}

impl<K: 'static> Operation<K> {
    /// Queues `entry`, which may point into the heap memory of `keep`.
    ///
    /// # Safety
    /// What `entry` points to is static, or owned by `keep` and at an address that does not
    /// change when the box is moved, and nothing but the kernel uses it in conflict meanwhile.
    pub(crate) unsafe fn submit(local: &Rc<Local>, keep: Box<K>, entry: squeue::Entry) -> Self {
        let id = local.table.borrow_mut().insert(State::Waiting(None), Some(keep));
        // SAFETY: the table keeps `keep` until the completion is collected.
        unsafe { local.push(entry.user_data(id.user_data())) };
        Self { local: Rc::clone(local), id: Some(id), keeps: PhantomData }
    }

    /// Has the kernel answered?
    pub(crate) fn is_done(&self) -> bool {
        let mut table = self.local.table.borrow_mut();
        let entry = self.id.and_then(|id| table.get(id));
        entry.is_none_or(|entry| matches!(entry.state, State::Done(_)))
    }

    /// Queues two linked entries: the second runs when the first fully succeeded, and is answered
    /// with ECANCELED when it did not.
    ///
    /// # Safety
    /// As [`Operation::submit`], for both entries; `keep` owns the memory of the first, the second
    /// needs none.
    pub(crate) unsafe fn submit_linked(
        local: &Rc<Local>,
        keep: Box<K>,
        first: squeue::Entry,
        second: squeue::Entry,
    ) -> (Self, Operation<()>) {
        let (one, two) = {
            let mut table = local.table.borrow_mut();
            let one = table.insert(State::Waiting(None), Some(keep));
            (one, table.insert(State::Waiting(None), Some(Box::new(()))))
        };
        let first = first.user_data(one.user_data());
        let second = second.user_data(two.user_data());
        // SAFETY: the table keeps `keep` until the completion is collected.
        unsafe { local.push_linked(first, second) };
        (
            Self { local: Rc::clone(local), id: Some(one), keeps: PhantomData },
            Operation { local: Rc::clone(local), id: Some(two), keeps: PhantomData },
        )
    }
}

impl<K: 'static> Future for Operation<K> {
    type Output = (i32, Box<K>);

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let local = Rc::clone(&self.local);
        let mut table = local.table.borrow_mut();
        let Some((id, entry)) = self.id.and_then(|id| table.get(id).map(|entry| (id, entry)))
        else {
            unreachable!("an operation is polled only until it is done");
        };
        match &mut entry.state {
            State::Done(result) => {
                let result = *result;
                let keep = table.entries.remove(id.key()).keep;
                self.id = None;
                let Some(Ok(keep)) = keep.map(<Box<dyn Any>>::downcast::<K>) else {
                    unreachable!("an operation keeps what it was submitted with");
                };
                Poll::Ready((result, keep))
            }
            State::Waiting(waker) => {
                if !waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
                    *waker = Some(context.waker().clone());
                }
                Poll::Pending
            }
            State::Orphaned | State::Multishot(_) => {
                unreachable!("an operation that is waited for answers once")
            }
        }
    }
}

impl<K: 'static> Drop for Operation<K> {
    fn drop(&mut self) {
        let Some(id) = self.id.take() else { return };
        let mut table = self.local.table.borrow_mut();
        let Some(entry) = table.get(id) else { return };
        if let State::Done(_) = entry.state {
            let keep = table.entries.remove(id.key()).keep;
            drop(table);
            drop(keep);
        } else {
            entry.state = State::Orphaned;
            drop(table);
            self.local.cancel(id);
        }
    }
}

/// Starts an operation that answers many times, into `sink`. Its memory needs are the provided
/// buffers only.
pub(crate) fn submit_multishot(
    local: &Rc<Local>,
    sink: Rc<dyn Sink>,
    entry: squeue::Entry,
) -> OpId {
    let id = local.table.borrow_mut().insert(State::Multishot(sink), None);
    // SAFETY: multishot entries of this room (accept, receive) point to no memory; the buffers
    // they fill belong to the ring's buffer group, which outlives the ring.
    unsafe { local.push(entry.user_data(id.user_data())) };
    id
}

/// The entry that asks the kernel to stop operation `id`.
pub(crate) fn cancellation(user_data: u64) -> squeue::Entry {
    opcode::AsyncCancel::new(user_data).build().user_data(IGNORED)
}

/// A kernel result as Rust has it.
///
/// # Errors
/// The errno that a negative result stands for.
pub(crate) fn check(result: i32) -> io::Result<usize> {
    usize::try_from(result).map_err(|_| io::Error::from_raw_os_error(-result))
}
