//! A broker on a small disk of its own: sends fill it, are refused, and go on when there is room.
#![allow(clippy::disallowed_methods, reason = "a test drives processes and files itself")]
#![allow(clippy::disallowed_types, reason = "the driver of processes is threaded and blocking")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "disk/client.rs"]
mod client;
#[path = "hostile/server.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod server;

use std::ffi::CString;
use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use client::{Client, Pulled};
use ringmq::protocol::code::{request, response};
use server::{Place, Server};

/// Room for a store to begin with, and some to fill.
const DISK_MIB: u64 = 224;
const SEGMENT_BYTES: u64 = 8 << 20;
const BODY_BYTES: usize = 512 << 10;
/// The sixteenth would need room for more than its body.
const PER_SEGMENT: usize = 15;

/// Rounds of clean-up without delay; nothing is removed unless a test says so.
const QUICK: &str = "cleanResourceInterval=20\ndeleteCommitLogFilesInterval=0\n\
                     cleanFileForciblyEnable=false\nmappedFileSizeCommitLog=8388608\n\
                     mappedFileSizeConsumeQueue=200\nshards=1\n";

/// A file system in memory, gone when this is.
struct Mounted(CString);

impl Drop for Mounted {
    fn drop(&mut self) {
        // SAFETY: a terminated string; the mount is this thread's own.
        unsafe { libc::umount2(self.0.as_ptr(), libc::MNT_DETACH) };
    }
}

/// Puts a file system in memory in place of `folder`, for this thread and the processes that it
/// starts. `None`, which is said, where this user may not.
fn mount(folder: &Path) -> Option<Mounted> {
    fs::create_dir_all(folder).unwrap();
    let target = CString::new(folder.display().to_string()).unwrap();
    let size = CString::new(format!("size={DISK_MIB}m")).unwrap();
    let private = libc::MS_REC | libc::MS_PRIVATE;
    let (tmpfs, none) = (c"tmpfs".as_ptr(), std::ptr::null());
    // SAFETY: terminated strings that outlive the calls; only this thread's mounts change.
    let mounted = unsafe {
        libc::unshare(libc::CLONE_NEWNS) == 0
            && libc::mount(none, c"/".as_ptr(), none, private, none.cast()) == 0
            && libc::mount(tmpfs, target.as_ptr(), tmpfs, 0, size.as_ptr().cast()) == 0
    };
    if !mounted {
        println!("skipped: no mount here: {}", std::io::Error::last_os_error());
    }
    mounted.then_some(Mounted(target))
}

fn start(place: &Place, lines: &str) -> (Server, Client) {
    let command = place.standalone(&place.store(), lines);
    let mut server = Server::start(command, &place.join("stderr"));
    server.wait_ready();
    let client = Client::new(place.broker);
    (server, client)
}

fn body(number: usize) -> Vec<u8> {
    u64::try_from(number).unwrap().to_be_bytes().repeat(BODY_BYTES / 8)
}

/// Sends until that is refused; the remark. `sent` grows by what was acknowledged.
fn fill(client: &mut Client, sent: &mut usize) -> String {
    loop {
        let answer = client.send(body(*sent));
        if answer.code != response::SUCCESS {
            assert_eq!(answer.code, response::SERVICE_NOT_AVAILABLE, "{answer:?}");
            return answer.remark.unwrap().to_string();
        }
        assert_eq!(answer.fields.get("queueOffset"), Some(sent.to_string().as_str()));
        *sent += 1;
    }
}

/// All that the queue has, from its first message on, is what was sent, and nothing of what was
/// acknowledged is missing behind that. The first offset, which clean-up may move meanwhile.
fn check(client: &mut Client, sent: usize) -> usize {
    let mut min = client.offset(request::GET_MIN_OFFSET);
    assert_eq!(client.offset(request::GET_MAX_OFFSET), sent);
    let mut next = min;
    while next < sent {
        let Pulled { code, next: after, bodies, .. } = client.pull(next);
        if code == response::PULL_OFFSET_MOVED {
            assert!(after > next && client.offset(request::GET_MIN_OFFSET) >= after);
            (min, next) = (after, after);
            continue;
        }
        assert_eq!(code, response::SUCCESS, "at {next}");
        for (number, found) in bodies.iter().enumerate() {
            assert!(*found == body(next + number), "message {}", next + number);
        }
        assert_eq!(after, next + bodies.len());
        next = after;
    }
    min
}

/// Sends again and again until one is taken.
fn wait_taken(client: &mut Client, sent: &mut usize) {
    client::wait_until("a send is taken", || {
        let taken = client.send(body(*sent)).code == response::SUCCESS;
        *sent += usize::from(taken);
        taken
    });
}

#[test]
fn a_full_disk_refuses_sends_until_there_is_room_and_loses_nothing() {
    let place = Place::new();
    let Some(_disk) = mount(&place.store()) else { return };
    let (mut server, mut client) = start(&place, QUICK);
    client.make_topic();
    let mut sent = 0;
    let remark = fill(&mut client, &mut sent);
    assert!(sent * BODY_BYTES > 128 << 20, "{sent}");
    let cause = "service not available now. It may be caused by one of the following reasons: \
                 the broker's disk is full [CL:  0.9";
    assert!(remark.starts_with(cause), "{remark}");
    assert_eq!(check(&mut client, sent), 0, "reads go on, and nothing was removed");

    // It is the same after a restart, which needs no room: refused from the beginning, and read.
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
    let (_server, mut client) = start(&place, QUICK);
    client::wait_until("sends are refused", || {
        let refused = client.send(body(sent)).code == response::SERVICE_NOT_AVAILABLE;
        sent += usize::from(!refused);
        refused
    });
    assert_eq!(check(&mut client, sent), 0);

    // Everything but the last segment has expired now, and is removed when that is asked for.
    client.configure("fileReservedTime=0\ndeleteFileBatchMax=4\n");
    client.success(request::DELETE_EXPIRED_COMMITLOG, &[]);
    wait_taken(&mut client, &mut sent);
    // A consumer that was left behind is told where to go on.
    let min = client.offset(request::GET_MIN_OFFSET);
    let moved = client.pull(min - 1);
    assert_eq!(
        (moved.code, moved.remark.as_str()),
        (response::PULL_OFFSET_MOVED, "OFFSET_TOO_SMALL")
    );
    assert!(moved.next >= min && moved.min == moved.next, "{moved:?}");
    client::wait_until("only the last segment is left", || {
        client.offset(request::GET_MIN_OFFSET) + PER_SEGMENT >= sent
    });
    let min = check(&mut client, sent);
    for _ in 0..40 {
        wait_taken(&mut client, &mut sent);
    }
    assert!(check(&mut client, sent) >= min);
}

#[test]
fn a_disk_that_fills_up_loses_the_oldest_messages_and_takes_on() {
    let place = Place::new();
    let Some(_disk) = mount(&place.store()) else { return };
    let forcibly = format!("{QUICK}cleanFileForciblyEnable=true\ndiskSpaceCleanForciblyRatio=50\n");
    let (_server, mut client) = start(&place, &forcibly);
    client.make_topic();
    let mut sent = 0;
    // Three times what the disk holds, most of it without a refusal.
    while sent * BODY_BYTES < 3 * (usize::try_from(DISK_MIB).unwrap() << 20) {
        wait_taken(&mut client, &mut sent);
    }
    let min = check(&mut client, sent);
    assert!(min > 0 && sent > min, "{min} of {sent}");
    // The topic's queues go at once, with all their files.
    let queues = place.store().join("consumequeue");
    assert!(queues.join(client::TOPIC).exists());
    client.success(request::DELETE_TOPIC_IN_BROKER, &[("topic", client::TOPIC)]);
    assert!(!queues.join(client::TOPIC).exists());
}

#[test]
fn segments_go_when_their_time_is_over() {
    let place = Place::new();
    let (mut server, mut client) = start(&place, QUICK);
    client.make_topic();
    let mut sent = 0;
    for _ in 0..4 * PER_SEGMENT {
        wait_taken(&mut client, &mut sent);
    }
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
    // The first two were written four days ago.
    let log = place.store().join("commitlog");
    let past = SystemTime::now() - Duration::from_secs(96 * 3600);
    for start in [0, SEGMENT_BYTES] {
        let file = fs::File::options().write(true).open(log.join(format!("{start:020}"))).unwrap();
        file.set_modified(past).unwrap();
    }
    let every_hour: Vec<String> = (0..24).map(|hour| format!("{hour:02}")).collect();
    let lines = format!("{QUICK}deleteWhen={}\n", every_hour.join(";"));
    let (_server, mut client) = start(&place, &lines);
    client::wait_until("two segments are removed", || !log.join(name(SEGMENT_BYTES)).exists());
    assert!(log.join(name(2 * SEGMENT_BYTES)).exists(), "the third is younger");
    let min = check(&mut client, sent);
    assert_eq!(min, 2 * PER_SEGMENT);
    assert!(client.earliest_store_time() > 0);
}

fn name(start: u64) -> String {
    format!("{start:020}")
}
