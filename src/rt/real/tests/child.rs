//! What must happen to a whole process: each test starts itself once more and looks at the end.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};

use super::*;
use crate::rt::buffer::{BLOCK_BYTES, ChunkPool};
use crate::rt::capabilities::{Capabilities, WITHOUT_VARIABLE};
use crate::rt::disk::{Durability, File, Open, SyncMethod};
use crate::rt::signal::{Signal, termination};
use crate::rt::spawn::blocking;
use crate::rt::start::StartError;

const CHILD: &str = "RINGMQ_TEST_CHILD";

/// In the child: runs `body` and ends the process well. In the test: the child's end.
fn in_child(name: &str, body: impl FnOnce()) -> Output {
    if std::env::var_os(CHILD).is_some() {
        body();
        std::process::exit(0);
    }
    Command::new(std::env::current_exe().unwrap())
        .args([&format!("rt::real::tests::child::{name}"), "--exact", "--test-threads=1"])
        .env(CHILD, "1")
        .output()
        .unwrap()
}

fn assert_success(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_panic_on_one_core_ends_the_process_with_its_message() {
    let output = in_child("a_panic_on_one_core_ends_the_process_with_its_message", || {
        run_cores(CorePlan::new(Cores::Count(2)).unwrap(), |core: Core<()>| async move {
            assert!(core.id.0 == 0, "core one is broken");
            core.mesh.recv().await;
        })
        .unwrap();
    });
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("core one is broken") && said.contains("core-1"), "{said}");
}

#[test]
fn a_panic_in_a_blocking_call_ends_the_process() {
    let output = in_child("a_panic_in_a_blocking_call_ends_the_process", || {
        on_core(|| blocking(|| panic!("the call is broken")));
    });
    assert_eq!(output.status.signal(), Some(libc::SIGABRT));
    assert!(String::from_utf8_lossy(&output.stderr).contains("the call is broken"));
}

#[test]
fn both_signals_reach_the_core_that_waits() {
    let output = in_child("both_signals_reach_the_core_that_waits", || {
        let plan = CorePlan { catch_signals: true, ..CorePlan::new(Cores::Count(2)).unwrap() };
        run_cores(plan, |core: Core<()>| async move {
            if core.id.0 == 1 {
                return;
            }
            for (number, expected) in
                [(libc::SIGTERM, Signal::Terminate), (libc::SIGINT, Signal::Interrupt)]
            {
                let waiting = spawn(termination());
                // To this core's thread: the test harness has a thread that blocks no signals,
                // where a signal to the whole process would end it.
                // SAFETY: takes nothing, and always succeeds.
                let core = unsafe { libc::gettid() };
                // SAFETY: numbers only, and the thread they name waits for the signal.
                let send = move || unsafe {
                    libc::syscall(libc::SYS_tgkill, libc::getpid(), core, number)
                };
                assert_eq!(blocking(send).await, 0);
                assert_eq!(waiting.await.unwrap(), expected);
            }
        })
        .unwrap();
    });
    assert_success(&output);
}

#[test]
fn a_write_cut_short_by_a_limit_is_never_called_done() {
    let output = in_child("a_write_cut_short_by_a_limit_is_never_called_done", || {
        let directory = crate::rt::scratch::on_disk();
        let root = directory.path().to_owned();
        let most = 3 * BLOCK_BYTES as u64;
        let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
        // SAFETY: `limit` is only read, and the process is this test's own.
        unsafe {
            libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
            libc::setrlimit(libc::RLIMIT_FSIZE, &limit);
        }
        on_core(move || async move {
            for direct in [false, true] {
                for sync in [SyncMethod::DataSync, SyncMethod::WriteThenSync] {
                    let path = root.join(format!("{direct}-{sync:?}"));
                    let how = Open { direct, sync, ..Open::CREATE };
                    let file = File::open(&path, how).await.unwrap();
                    let pool = ChunkPool::new(1, 8 * BLOCK_BYTES);
                    let mut chunk = pool.take().unwrap();
                    assert!(chunk.append(&pattern(5 * BLOCK_BYTES, 3)));
                    let blocks = chunk.blocks(0);
                    let written = file.write_at(vec![blocks], 0, Durability::Synced).await;
                    let error = written.expect_err("two blocks lie beyond the limit");
                    assert_eq!(error.raw_os_error(), Some(libc::EFBIG), "{direct} {sync:?}");
                    assert_eq!(file.len().unwrap(), most, "the kernel wrote what it could");
                    let read = file.read_at(8 * BLOCK_BYTES, 0).await.unwrap();
                    assert!(read == pattern(3 * BLOCK_BYTES, 3));
                }
            }
        });
    });
    assert_success(&output);
}

/// Makes io_uring_setup(2) fail with `errno` from now on.
fn forbid_io_uring(errno: i32) {
    let code = |code: u32| u16::try_from(code).unwrap();
    let step = |c, jt, jf, k| libc::sock_filter { code: c, jt, jf, k };
    let number = u32::try_from(libc::SYS_io_uring_setup).unwrap();
    let refusal = libc::SECCOMP_RET_ERRNO | u32::try_from(errno).unwrap();
    let mut program = [
        // The number of the call is the first word of what is looked at.
        step(code(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS), 0, 0, 0),
        step(code(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K), 0, 1, number),
        step(code(libc::BPF_RET | libc::BPF_K), 0, 0, refusal),
        step(code(libc::BPF_RET | libc::BPF_K), 0, 0, libc::SECCOMP_RET_ALLOW),
    ];
    let filter = libc::sock_fprog { len: 4, filter: program.as_mut_ptr() };
    // SAFETY: the kernel copies the filter, whose four steps outlive the call.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        assert_eq!(libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &filter), 0);
    }
}

fn start_error() -> StartError {
    let started = run_cores(CorePlan::new(Cores::Count(1)).unwrap(), |_: Core<()>| async {});
    started.expect_err("the core cannot start")
}

#[test]
fn says_when_io_uring_is_absent() {
    let output = in_child("says_when_io_uring_is_absent", || {
        forbid_io_uring(libc::ENOSYS);
        assert!(matches!(start_error(), StartError::Absent));
    });
    assert_success(&output);
}

#[test]
fn says_when_io_uring_is_forbidden() {
    let output = in_child("says_when_io_uring_is_forbidden", || {
        forbid_io_uring(libc::EPERM);
        assert!(matches!(start_error(), StartError::Forbidden));
    });
    assert_success(&output);
}

/// Leaves the superuser, who is above the limits that are tested. No change for anybody else.
fn leave_superuser() {
    // SAFETY: numbers only; the process is this test's own.
    unsafe {
        libc::setresgid(65_534, 65_534, 65_534);
        libc::setresuid(65_534, 65_534, 65_534);
        assert_ne!(libc::geteuid(), 0);
    }
}

fn limit(what: libc::__rlimit_resource_t, most: u64) {
    let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
    // SAFETY: `limit` is only read.
    assert_eq!(unsafe { libc::setrlimit(what, &limit) }, 0);
}

#[test]
fn says_when_too_little_memory_may_be_locked() {
    let output = in_child("says_when_too_little_memory_may_be_locked", || {
        limit(libc::RLIMIT_MEMLOCK, 64 * 1024);
        let error = start_error();
        assert!(matches!(error, StartError::LockedMemory { limit_bytes: 65_536, .. }), "{error:?}");
    });
    assert_success(&output);
}

#[test]
fn says_when_descriptors_run_out() {
    let output = in_child("says_when_descriptors_run_out", || {
        limit(libc::RLIMIT_NOFILE, 8);
        let error = start_error();
        assert!(matches!(error, StartError::OpenFiles), "{error:?}");
    });
    assert_success(&output);
}

#[test]
fn chunks_beyond_the_locked_memory_are_used_unregistered() {
    let output = in_child("chunks_beyond_the_locked_memory_are_used_unregistered", || {
        let directory = crate::rt::scratch::on_disk();
        let path = directory.path().join("log");
        leave_superuser_owning(directory.path());
        limit(libc::RLIMIT_MEMLOCK, 1 << 20);
        on_core(move || async move {
            let file = File::open(&path, Open::CREATE).await.unwrap();
            let pool = ChunkPool::new(4, 1 << 19);
            let mut chunks: Vec<_> = (0..4).map(|_| pool.take().unwrap()).collect();
            for (at, chunk) in (0u64..).zip(&mut chunks) {
                assert!(chunk.append(&pattern(1 << 19, at)));
                let blocks = chunk.blocks(0);
                file.write_at(vec![blocks], at << 19, Durability::Written).await.unwrap();
            }
            let notes = crate::rt::spawn::capabilities().notes;
            assert!(notes.iter().any(|note| note.contains("ulimit -l")), "{notes:?}");
            for at in 0..4 {
                assert!(file.read_at(1 << 19, at << 19).await.unwrap() == pattern(1 << 19, at));
            }
        });
    });
    assert_success(&output);
}

/// As [`leave_superuser`], with `path` given to the user that is left.
fn leave_superuser_owning(path: &std::path::Path) {
    use std::os::unix::ffi::OsStrExt;
    let name = std::ffi::CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: a text with its zero, which outlives the call.
    unsafe { libc::chown(name.as_ptr(), 65_534, 65_534) };
    leave_superuser();
}

#[test]
fn the_environment_turns_features_off() {
    let output = in_child("the_environment_turns_features_off", || {
        // SAFETY: no other thread reads the environment of this process.
        unsafe { std::env::set_var(WITHOUT_VARIABLE, "multishot_recv, defer_taskrun") };
        let plan = CorePlan::new(Cores::Count(1)).unwrap();
        let off = plan.rungs.names(false);
        assert_eq!(off, ["defer_taskrun", "multishot_recv"]);
        let found = Capabilities::probe(plan.rungs).unwrap();
        assert!(off.iter().all(|name| found.rungs.names(false).contains(name)), "{found}");
        // SAFETY: as above.
        unsafe { std::env::set_var(WITHOUT_VARIABLE, "multishot_rcv") };
        let error = CorePlan::new(Cores::Count(1)).unwrap_err();
        assert!(matches!(error, StartError::UnknownRung { name } if name == "multishot_rcv"));
    });
    assert_success(&output);
}
