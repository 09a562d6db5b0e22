//! Cores and the tasks on them.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll};
use std::time::Duration;

use glommio::{LocalExecutor, LocalExecutorBuilder, Placement, PoolPlacement};

use super::blocking::BlockingThread;
use super::bridge::{self, Doorbell, Local};
use super::mesh::{Ends, Mesh, weave};
use super::panic;
use super::placement::pin;
use super::signal;
use super::task::unsettle;
use crate::rt::capabilities::{Capabilities, Rungs};
use crate::rt::start::StartError;
use crate::units::CoreId;

pub use super::blocking::{blocking, blocking_long};
pub use super::placement::Cores;

/// Memory glommio sets aside for its own direct I/O, which we do not use: its minimum.
const GLOMMIO_MEMORY_BYTES: usize = 64 * 1024;
/// Depth of glommio's own rings, which carry timers and wake-ups only.
const GLOMMIO_DEPTH: usize = 64;
/// Never: see `bridge` for what would happen when it fires.
const GLOMMIO_TICK: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// What to start.
#[derive(Clone, Debug)]
pub struct CorePlan {
    /// The processors.
    pub cores: Cores,
    /// Messages per ordered pair of cores that the mesh holds.
    pub mesh_capacity: usize,
    /// The features of io_uring to use, as far as the kernel has them.
    pub rungs: Rungs,
    /// Take SIGTERM and SIGINT away from their default action, for [`signal::termination`].
    pub catch_signals: bool,
}

impl CorePlan {
    /// A plan for `cores` with every feature the kernel has and the environment does not forbid.
    ///
    /// # Errors
    /// The environment names a feature that does not exist.
    pub fn new(cores: Cores) -> Result<Self, StartError> {
        let rungs = Rungs::from_environment()?;
        Ok(Self { cores, mesh_capacity: 1024, rungs, catch_signals: false })
    }
}

/// What a core is given when it starts. Lives on that core.
pub struct Core<M> {
    /// This core.
    pub id: CoreId,
    /// All cores.
    pub count: u16,
    /// The processor it is bound to, as the kernel numbers it.
    pub cpu: usize,
    /// The processors of all cores.
    pub cpus: Arc<[usize]>,
    /// Its end of the mesh.
    pub mesh: Mesh<M>,
    /// What the kernel can do.
    pub capabilities: Capabilities,
}

/// Starts the cores, runs `main` on each, and returns when it has ended on all of them.
///
/// All cores are set up before any `main` starts. When `main` ends, the tasks left on that core
/// are dropped, and what they had in flight is cancelled and waited for.
///
/// A panic on any core ends the process (abort): the others would wait for it forever.
///
/// # Errors
/// Some core cannot be set up; then no `main` was run.
pub fn run_cores<M, F, Main>(plan: CorePlan, main: Main) -> Result<(), StartError>
where
    M: Send + 'static,
    Main: FnOnce(Core<M>) -> F + Send + Clone + 'static,
    F: Future<Output = ()> + 'static,
{
    let cpus = plan.cores.choose()?;
    let all_cpus: Arc<[usize]> = cpus.as_slice().into();
    let capabilities = Capabilities::probe(plan.rungs)?;
    if plan.catch_signals {
        // Before the threads are made: they inherit what is blocked.
        signal::block().map_err(|source| StartError::System { what: "signals", source })?;
    }
    let bells: Result<Vec<_>, _> = cpus.iter().map(|_| Doorbell::new().map(Arc::new)).collect();
    let bells = bells.map_err(|error| StartError::from_setup("doorbell", error))?;
    let count = u16::try_from(cpus.len()).unwrap_or(u16::MAX);
    let (report, reports) = mpsc::channel();
    let mut started = Vec::new();
    let ends = weave(&bells, plan.mesh_capacity);
    for (((id, cpu), doorbell), ends) in (0..count).zip(cpus).zip(bells).zip(ends) {
        let (go, gate) = mpsc::channel();
        let setup = Setup { id: CoreId(id), count, cpu, cpus: all_cpus.clone(), doorbell, ends };
        let (main, report, capabilities) = (main.clone(), report.clone(), capabilities.clone());
        let thread = std::thread::Builder::new().name(format!("core-{id}")).spawn(move || {
            panic::this_thread_is_vital();
            run_core(setup, capabilities, &report, &gate, main);
        });
        match thread {
            Ok(thread) => started.push((go, thread)),
            Err(source) => return Err(StartError::System { what: "thread", source }),
        }
    }
    drop(report);
    // A core that fails drops the only other sender of its gate; those that wait see it closed.
    for _ in 0..count {
        if let Ok(Err(error)) = reports.recv() {
            let threads: Vec<_> = started.into_iter().map(|(_, thread)| thread).collect();
            threads.into_iter().for_each(|thread| drop(thread.join()));
            return Err(error);
        }
    }
    for (go, _) in &started {
        // A core that is already gone has aborted the process.
        let _sent = go.send(());
    }
    started.into_iter().for_each(|(_, thread)| drop(thread.join()));
    Ok(())
}

struct Setup<M> {
    id: CoreId,
    count: u16,
    cpu: usize,
    cpus: Arc<[usize]>,
    doorbell: Arc<Doorbell>,
    ends: Ends<M>,
}

/// The whole life of one core, on its thread.
fn run_core<M, F, Main>(
    setup: Setup<M>,
    capabilities: Capabilities,
    report: &mpsc::Sender<Result<(), StartError>>,
    gate: &mpsc::Receiver<()>,
    main: Main,
) where
    M: Send + 'static,
    Main: FnOnce(Core<M>) -> F + 'static,
    F: Future<Output = ()> + 'static,
{
    let Setup { id, count, cpu, cpus, doorbell, ends } = setup;
    let opened = open_core(id, cpu, doorbell, capabilities);
    let (executor, local) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            let _told = report.send(Err(error));
            return;
        }
    };
    let _told = report.send(Ok(()));
    let go = gate.recv().is_ok();
    executor.run(async move {
        let driver = glommio::spawn_local(bridge::drive(Rc::clone(&local)));
        let started = Rc::clone(&local);
        let main = local.track(async move {
            if go {
                let mesh = Mesh::settle(id, ends, &started);
                let capabilities = started.capabilities.borrow().clone();
                main(Core { id, count, cpu, cpus, mesh, capabilities }).await;
            }
            started.stop();
        });
        let main = glommio::spawn_local(main);
        driver.await;
        main.await;
    });
}

/// The executor and the ring of a core, bound to processor `cpu`. Threads for blocking calls are
/// made before the binding, so they run wherever this process may.
fn open_core(
    id: CoreId,
    cpu: usize,
    doorbell: Arc<Doorbell>,
    capabilities: Capabilities,
) -> Result<(LocalExecutor, Rc<Local>), StartError> {
    let executor = LocalExecutorBuilder::new(Placement::Unbound)
        .io_memory(GLOMMIO_MEMORY_BYTES)
        .ring_depth(GLOMMIO_DEPTH)
        .preempt_timer(GLOMMIO_TICK)
        .blocking_thread_pool_placement(PoolPlacement::Unbound(1))
        .make()
        .map_err(|error| StartError::from_setup("executor", io::Error::from(error)))?;
    let thread = |kind| {
        BlockingThread::start(format!("core-{}-{kind}", id.0), Arc::clone(&doorbell))
            .map_err(|source| StartError::System { what: "thread", source })
    };
    let (blocking, blocking_long) = (thread("calls")?, thread("files")?);
    pin(cpu).map_err(|_| StartError::CoreUnavailable { cpu, allowed: "others".to_owned() })?;
    let local = Local::install(doorbell, [blocking, blocking_long], capabilities)
        .map_err(|error| StartError::from_setup("data ring", error))?;
    Ok((executor, local))
}

/// A task on this core. Dropping it cancels the task at its next await; awaiting it yields its
/// result.
#[must_use = "dropping a task cancels it; detach it to let it run on"]
pub struct Task<T> {
    inner: Option<glommio::Task<T>>,
}

impl<T: 'static> Task<T> {
    /// Lets the task run to its end on its own.
    pub fn detach(mut self) {
        if let Some(inner) = self.inner.take() {
            drop(inner.detach());
        }
    }

    /// Cancels the task and waits until it is dropped; its result if it had ended before.
    pub async fn cancel(mut self) -> Option<T> {
        let inner = self.inner.take()?;
        unsettle();
        inner.cancel().await
    }
}

impl<T> Future for Task<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        match &mut self.inner {
            Some(inner) => Pin::new(inner).poll(context),
            None => Poll::Pending,
        }
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        if self.inner.take().is_some() {
            // glommio will run the cancelled task once more, to drop its future.
            unsettle();
        }
    }
}

/// Starts a task on this core. It first runs when the caller awaits, not before.
pub fn spawn<T: 'static>(future: impl Future<Output = T> + 'static) -> Task<T> {
    let counted = bridge::local().track(async move {
        // glommio polls a new task at once; a caller in the middle of a change to its core's
        // state must not find that another task ran in between.
        bridge::yield_now().await;
        if !bridge::is_core() {
            // The core has ended meanwhile: the task is only to be dropped.
            std::future::pending::<()>().await;
        }
        future.await
    });
    Task { inner: Some(glommio::spawn_local(counted)) }
}

/// What is known of the kernel by now, with what this core found out since it started.
///
/// # Panics
/// Outside of a core.
pub fn capabilities() -> Capabilities {
    bridge::local().capabilities.borrow().clone()
}

/// Lets every other ready task of this core run before the caller goes on.
pub async fn yield_now() {
    bridge::yield_now().await;
}
