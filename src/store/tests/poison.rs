//! A disk that fails: the shard stops for good, and says so.

use std::process::Command;
use std::time::Duration;

use super::harness::{SEGMENT_BYTES, message, on_core, open, remove, settings, store};
use crate::rt::clock;
use crate::store::{AppendError, Settings};

/// Set in the process whose files may not grow.
const CHILD: &str = "RINGMQ_TEST_POISON";

/// Appends until a write has failed, and checks what must hold then.
async fn fail(settings: &Settings, break_disk: impl FnOnce()) {
    let (shard, heard) = open(settings).await;
    let first = store(&shard, message("T", 0, b"before")).await;
    shard.on_commit(first.record_end, 1);
    assert_eq!(*heard.acked.borrow(), [1]);
    break_disk();
    let body = vec![7; 30 * 1024];
    let mut end = first.record_end;
    for ack in 2..8 {
        let appended = shard.append(&message("T", 0, &body)).unwrap();
        shard.on_commit(appended.record_end, ack);
        end = appended.record_end;
    }
    assert!(end > SEGMENT_BYTES);
    let poison = shard.wait_committed(end).await.unwrap_err();
    assert_eq!(shard.poison(), Some(poison));
    assert_eq!(*heard.poison.borrow(), Some(poison));
    // What had not been stored is refused, each once, and nothing of it is acknowledged.
    let acked = heard.acked.borrow().len() as u64;
    assert_eq!(*heard.refused.borrow(), (acked + 1..8).collect::<Vec<u64>>());
    assert_eq!(shard.append(&message("T", 0, b"more")), Err(AppendError::Poisoned));
    shard.on_commit(end, 99);
    assert_eq!(heard.refused.borrow().last(), Some(&99));
    let (_, max) = shard.range("T", 0).unwrap();
    assert_eq!(max.0, i64::try_from(acked).unwrap(), "nothing else is visible");
    shard.close().await;
    assert!(settings.root.join("abort").exists(), "that was no clean stop");
}

#[test]
fn a_segment_that_cannot_be_made_poisons_the_shard() {
    let root = crate::rt::scratch::on_disk();
    let settings = settings(root.path());
    on_core(move || async move {
        let (shard, heard) = open(&settings).await;
        remove(&settings.root.join("commitlog"));
        let body = vec![7; 30 * 1024];
        let mut appended = 0;
        let refused = loop {
            match shard.append(&message("T", 0, &body)) {
                Ok(message) => {
                    appended += 1;
                    shard.on_commit(message.record_end, appended);
                    let stored = shard.wait_committed(message.record_end).await;
                    assert!(stored.is_ok() || shard.poison().is_some());
                }
                // More room is asked for; the answer is on its way.
                Err(AppendError::Busy) => clock::sleep(Duration::from_millis(1)).await,
                Err(error) => break error,
            }
        };
        assert_eq!(refused, AppendError::Poisoned);
        assert_eq!(shard.poison().unwrap().what, "making a segment");
        let answered = [heard.acked.take(), heard.refused.take()].concat();
        assert_eq!(answered, (1..=appended).collect::<Vec<u64>>(), "each once");
        shard.close().await;
    });
}

#[test]
fn a_write_that_fails_poisons_the_shard() {
    if std::env::var_os(CHILD).is_some() {
        return in_child();
    }
    let name = "store::tests::poison::a_write_that_fails_poisons_the_shard";
    let mut child = Command::new(std::env::current_exe().unwrap());
    let output = child.args(["--exact", name, "--nocapture"]).env(CHILD, "1").output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("1 passed"), "{output:?}");
}

/// A limit on the length of files concerns the whole process, so it is set in one of its own.
fn in_child() {
    let root = crate::rt::scratch::on_disk();
    let mut settings = settings(root.path());
    settings.zero_ahead_bytes = 0;
    on_core(move || async move {
        let break_disk = || {
            let limit = libc::rlimit { rlim_cur: 40 * 1024, rlim_max: libc::RLIM_INFINITY };
            // SAFETY: a valid limit; the signal that comes with a write beyond it is ignored.
            let set = unsafe {
                libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
                libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit)
            };
            assert_eq!(set, 0);
        };
        fail(&settings, break_disk).await;
    });
}
