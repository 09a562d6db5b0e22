//! One io_uring: setup with a ladder down, submission in batches, collection of completions.
//!
//! Entries that find the submission queue full line up behind it and go in
//! with the same turn, so pushing never fails.

use std::collections::VecDeque;
use std::io;

use io_uring::{IoUring, Probe, opcode, squeue};

use crate::rt::capabilities::Rungs;

/// Submission entries per ring: one turn submits at most this many in one system call.
pub(crate) const ENTRIES: u32 = 512;
/// Completions the kernel can post before it has to set them aside.
const COMPLETIONS: u32 = 4096;
/// Smallest ring that is still worth running on, when memory for a larger one is refused.
const ENTRIES_MIN: u32 = 64;

/// `IORING_ENTER_GETEVENTS`: also run deferred task work and flush set-aside completions.
const ENTER_GETEVENTS: u32 = 1;

/// One completion: what was asked (`user_data`), its result and its flags.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Completion {
    pub(crate) user_data: u64,
    pub(crate) result: i32,
    pub(crate) flags: u32,
}

/// Entries that wait for room in the submission queue; a pair must enter it together.
enum Queued {
    One(squeue::Entry),
    Linked([squeue::Entry; 2]),
}

/// What one turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Turned {
    /// Entries the kernel took.
    pub(crate) submitted: usize,
    /// The kernel refused for now (out of memory, or completions set aside): turn again soon.
    pub(crate) refused: bool,
}

/// The ring of one core. Lives and dies on that core's thread (`SINGLE_ISSUER`).
pub(crate) struct Ring {
    uring: IoUring,
    queued: VecDeque<Queued>,
    partial_submissions: u64,
    deferred: bool,
}

impl Ring {
    /// Sets up a ring with the features of `rungs`; with less memory for it if memory is short.
    ///
    /// # Errors
    /// What `io_uring_setup(2)` says: ENOSYS, EPERM, ENOMEM, EMFILE. EINVAL only if the kernel
    /// refuses a feature that `rungs` claims.
    pub(crate) fn open(rungs: &Rungs) -> io::Result<Self> {
        let mut entries = ENTRIES;
        loop {
            let mut builder = IoUring::builder();
            builder.dontfork().setup_clamp().setup_cqsize(COMPLETIONS.min(entries * 8));
            if rungs.submit_all {
                builder.setup_submit_all();
            }
            if rungs.coop_taskrun {
                builder.setup_coop_taskrun().setup_taskrun_flag();
            }
            if rungs.single_issuer {
                builder.setup_single_issuer();
            }
            let deferred = rungs.single_issuer && rungs.defer_taskrun;
            if deferred {
                builder.setup_defer_taskrun().setup_taskrun_flag();
            }
            match builder.build(entries) {
                Ok(uring) => {
                    let queued = VecDeque::new();
                    let ring = Self { uring, queued, partial_submissions: 0, deferred };
                    return Ok(ring);
                }
                Err(error) if error.raw_os_error() == Some(libc::ENOMEM) => {
                    if entries <= ENTRIES_MIN {
                        return Err(error);
                    }
                    entries /= 2;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Does the kernel know every operation that this room cannot do without?
    ///
    /// # Errors
    /// The kernel refuses to be asked.
    pub(crate) fn missing_operation(&self) -> io::Result<Option<&'static str>> {
        let mut probe = Probe::new();
        self.uring.submitter().register_probe(&mut probe)?;
        let needed = [
            (opcode::Accept::CODE, "accept"),
            (opcode::AsyncCancel::CODE, "cancel"),
            (opcode::Connect::CODE, "connect"),
            (opcode::Fallocate::CODE, "fallocate"),
            (opcode::Fsync::CODE, "fsync"),
            (opcode::PollAdd::CODE, "poll"),
            (opcode::Read::CODE, "read"),
            (opcode::Recv::CODE, "recv"),
            (opcode::Send::CODE, "send"),
            (opcode::SendMsg::CODE, "sendmsg"),
            (opcode::Splice::CODE, "splice"),
            (opcode::Write::CODE, "write"),
        ];
        Ok(needed.iter().find(|(code, _)| !probe.is_supported(*code)).map(|(_, name)| *name))
    }

    /// The registration half of the ring.
    pub(crate) fn submitter(&self) -> io_uring::Submitter<'_> {
        self.uring.submitter()
    }

    /// Queues one entry for the next turn.
    ///
    /// # Safety
    /// All memory the entry points to stays valid, and is not used in a way that conflicts with
    /// the kernel's use of it, until the entry's last completion was collected.
    pub(crate) unsafe fn push(&mut self, entry: squeue::Entry) {
        // SAFETY: the caller's promise covers the entry.
        if !self.queued.is_empty() || unsafe { self.uring.submission().push(&entry) }.is_err() {
            self.queued.push_back(Queued::One(entry));
        }
    }

    /// Queues two entries of which the second starts when the first has fully succeeded. They are
    /// submitted by one system call, without which the kernel would not link them.
    ///
    /// # Safety
    /// As [`Ring::push`], for both.
    pub(crate) unsafe fn push_linked(&mut self, first: squeue::Entry, second: squeue::Entry) {
        let pair = [first.flags(squeue::Flags::IO_LINK), second];
        if self.queued.is_empty() {
            // SAFETY: the caller's promise covers both entries.
            let pushed = unsafe { self.uring.submission().push_multiple(&pair) };
            if pushed.is_ok() {
                return;
            }
        }
        self.queued.push_back(Queued::Linked(pair));
    }

    /// How often the kernel took fewer entries than it was offered. A pair pushed before such a
    /// moment and completed after it may have lost its link.
    pub(crate) fn partial_submissions(&self) -> u64 {
        self.partial_submissions
    }

    /// Submits everything queued, lets the kernel run its deferred work and appends what has
    /// completed to `completions`. With `wait` it blocks until at least one has; without, it costs
    /// no system call when there is nothing to do.
    ///
    /// # Errors
    /// An `io_uring_enter(2)` error other than the transient ones: the ring is unusable.
    pub(crate) fn turn(
        &mut self,
        completions: &mut Vec<Completion>,
        wait: bool,
    ) -> io::Result<Turned> {
        let mut turned = Turned::default();
        loop {
            self.refill();
            let (offered, pending) = {
                let submission = self.uring.submission();
                (submission.len(), submission.taskrun() || submission.cq_overflow())
            };
            // Not while entries are left over: they may be what completes next.
            let wait = wait && self.queued.is_empty();
            if offered == 0 && !pending && !wait {
                break;
            }
            let collect = if self.deferred || pending || wait { ENTER_GETEVENTS } else { 0 };
            let taken = self.enter(offered, wait, collect)?;
            self.collect(completions);
            let Some(taken) = taken else {
                turned.refused = true;
                return Ok(turned);
            };
            turned.submitted += taken;
            if taken < offered {
                // An entry that failed at once ends the batch on kernels without SUBMIT_ALL.
                self.partial_submissions += 1;
                if taken == 0 {
                    turned.refused = true;
                    return Ok(turned);
                }
            } else if self.queued.is_empty() {
                break;
            }
        }
        self.collect(completions);
        Ok(turned)
    }

    /// Is anything waiting to be submitted?
    pub(crate) fn has_submissions(&mut self) -> bool {
        !self.queued.is_empty() || !self.uring.submission().is_empty()
    }

    /// Moves entries that waited for room into the submission queue, oldest first.
    fn refill(&mut self) {
        while let Some(next) = self.queued.front() {
            let mut submission = self.uring.submission();
            // SAFETY: whoever pushed the entry promised that its memory stays valid.
            let pushed = unsafe {
                match next {
                    Queued::One(entry) => submission.push(entry),
                    Queued::Linked(pair) => submission.push_multiple(pair),
                }
            };
            if pushed.is_err() {
                return;
            }
            drop(submission);
            self.queued.pop_front();
        }
    }

    /// One `io_uring_enter`. `None`: the kernel cannot take more just now.
    fn enter(&self, offered: usize, wait: bool, flags: u32) -> io::Result<Option<usize>> {
        let offered = u32::try_from(offered).unwrap_or(u32::MAX);
        loop {
            // SAFETY: no argument structure is passed, and `offered` entries are in the queue.
            let entered = unsafe {
                let submitter = self.uring.submitter();
                submitter.enter::<libc::sigset_t>(offered, u32::from(wait), flags, None)
            };
            match entered {
                Ok(taken) => return Ok(Some(taken)),
                Err(error) if error.raw_os_error() == Some(libc::EINTR) => {}
                Err(error) if is_transient(&error) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }

    fn collect(&mut self, completions: &mut Vec<Completion>) {
        completions.extend(self.uring.completion().map(|entry| Completion {
            user_data: entry.user_data(),
            result: entry.result(),
            flags: entry.flags(),
        }));
    }
}

/// Out of memory for requests, or completions to collect first: neither is the ring's end.
fn is_transient(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EINTR | libc::EAGAIN | libc::EBUSY))
}
