//! The levels whose queues one core owns (Java: `ScheduleMessageService`).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use crate::broker::core::Core;
use crate::broker::delay::level::{Level, Run};
use crate::message::topic::SCHEDULE_TOPIC;
use crate::rt::clock;
use crate::rt::spawn::{self, Task};

/// How long deliveries under way may take when the broker stops. What is not done then is
/// delivered after the next start.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// How far a level has come. A level whose queue never had a message has no progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The level, from 1.
    pub level: i32,
    /// Everything before this offset is delivered.
    pub offset: i64,
    /// The end of its queue.
    pub max: i64,
    /// Deliveries since this was last asked.
    pub deliveries: u64,
}

/// The levels of one core.
#[derive(Default)]
pub struct Schedule {
    levels: RefCell<Vec<Rc<Level>>>,
    tasks: RefCell<Vec<Task<()>>>,
}

impl Schedule {
    /// Starts to deliver what waits in the queues that `core` owns, from `offsets` (by level) on.
    pub fn start(core: &Rc<Core>, offsets: &BTreeMap<i32, i64>) {
        for (number, delay_ms) in core.config().delays.levels.iter() {
            let Some(shard) = core.shard_of(SCHEDULE_TOPIC, number - 1) else { continue };
            let from = offsets.get(&number).copied().unwrap_or(0);
            let level = Rc::new(Level::new(number, delay_ms, from));
            let run = Run::new(level.clone(), core.clone(), shard);
            core.schedule.levels.borrow_mut().push(level);
            core.schedule.tasks.borrow_mut().push(spawn::spawn(run.until_stopped()));
        }
    }

    /// A message has become visible in a queue of the schedule topic.
    pub fn arrived(&self, queue: i32) {
        let levels = self.levels.borrow();
        if let Some(level) = levels.iter().find(|level| level.queue() == queue) {
            level.arrived();
        }
    }

    /// How far the levels here have come.
    pub fn progress(&self, core: &Core) -> Vec<Progress> {
        let levels = self.levels.borrow();
        let of = |level: &Rc<Level>| {
            let shard = core.shard_of(SCHEDULE_TOPIC, level.queue())?;
            let (_, max) = shard.range(SCHEDULE_TOPIC, level.queue())?;
            Some(level.progress(max))
        };
        levels.iter().filter_map(of).collect()
    }

    /// Begins no delivery any more, and waits for those under way.
    pub async fn stop(&self) {
        self.levels.borrow().iter().for_each(|level| level.stop());
        let tasks = self.tasks.take();
        let all = async {
            for task in tasks {
                task.await;
            }
        };
        if clock::timeout(STOP_WITHIN, all).await.is_err() {
            tracing::warn!("some deliveries of delayed messages were not waited for");
        }
    }
}
