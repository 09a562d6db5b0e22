//! Starts that must fail, each with its own exit status and one line with a remedy, and the ends
//! that must be clean.
#![allow(clippy::disallowed_methods, reason = "a test drives processes and files itself")]
#![allow(clippy::disallowed_types, reason = "the driver of processes is threaded and blocking")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "start/notify.rs"]
mod notify;
#[path = "hostile/server.rs"]
mod server;
#[path = "start/sockets.rs"]
mod sockets;

use std::fs;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use server::{Place, Server};

/// Runs `command` to its end, which must be `status` with one line that has all `parts`.
fn fails(place: &Place, command: Command, status: i32, parts: &[&str]) {
    let mut server = Server::start(command, &place.join("stderr-of-failure"));
    let ended = server.wait_end();
    let said = server.stderr();
    assert_eq!(ended.code(), Some(status), "{said}");
    let errors: Vec<&str> =
        said.lines().filter(|line| line.starts_with("ringmq: error: ")).collect();
    assert_eq!(errors.len(), 1, "{said}");
    assert!(!said.contains("panicked"), "{said}");
    for part in parts {
        assert!(errors.iter().all(|line| line.contains(part)), "{part:?} is not in {said}");
    }
}

#[test]
fn a_taken_broker_port_is_status_6() {
    let place = Place::new();
    let _taken = TcpListener::bind(("127.0.0.1", place.broker)).unwrap();
    let port = format!("port {} for the broker is taken", place.broker);
    let command = place.standalone(&place.store(), "");
    fails(&place, command, 6, &[&port, "stop the process that has it", "listenPort"]);
}

#[test]
fn a_taken_fast_port_is_status_6() {
    let place = Place::new();
    let _taken = TcpListener::bind(("127.0.0.1", place.broker - 2)).unwrap();
    let port = format!("port {} for the broker is taken", place.broker - 2);
    fails(&place, place.standalone(&place.store(), ""), 6, &[&port, "listenPort"]);
}

#[test]
fn a_taken_name_server_port_is_status_6() {
    let place = Place::new();
    let _taken = TcpListener::bind(("127.0.0.1", place.names)).unwrap();
    let port = format!("port {} for the name server is taken", place.names);
    let command = place.standalone(&place.store(), "");
    fails(&place, command, 6, &[&port, "stop the process that has it", "listenPort"]);
}

#[test]
fn an_address_of_another_machine_is_status_7() {
    let place = Place::new();
    // An address of the range for documentation, which no machine has.
    let command = place.standalone(&place.store(), "bindAddress=192.0.2.1\n");
    fails(&place, command, 7, &["192.0.2.1", "bindAddress"]);
}

#[test]
fn a_store_open_elsewhere_is_status_8() {
    let place = Place::new();
    let mut first = place.serve(&[]);
    let other = Place::new();
    let command = other.standalone(&place.store(), "");
    let store = place.store().display().to_string();
    fails(&other, command, 8, &[&store, "open in another process", "--store"]);
    assert!(first.is_alive());
    assert_eq!(first.signal(libc::SIGTERM).code(), Some(0));
}

#[test]
fn another_number_of_shards_is_status_9_and_the_right_one_serves_again() {
    let place = Place::new();
    let mut server = place.serve(&["--shards", "1"]);
    assert!(place.store().join("abort").exists());
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
    assert!(!place.store().join("abort").exists());
    let mut command = place.standalone(&place.store(), "");
    command.args(["--shards", "2"]);
    let store = place.store().display().to_string();
    fails(&place, command, 9, &[&store, "made with other settings", "shards", "--store"]);
    let mut server = place.serve(&["--shards", "1"]);
    TcpStream::connect(("127.0.0.1", place.broker)).unwrap();
    TcpStream::connect(("127.0.0.1", place.names)).unwrap();
    assert_eq!(server.signal(libc::SIGINT).code(), Some(0), "{}", server.stderr());
    assert!(!place.store().join("abort").exists());
}

#[test]
fn a_directory_that_cannot_be_made_is_status_10() {
    let place = Place::new();
    let file = place.join("file");
    fs::write(&file, "in the way").unwrap();
    for store in [file.as_path(), &file.join("below"), Path::new("/proc/ringmq")] {
        let name = store.display().to_string();
        let command = place.standalone(store, "");
        fails(&place, command, 10, &["cannot write to", &name, "--store"]);
    }
}

#[test]
fn a_directory_of_another_user_is_status_10() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let store = place.store();
    fs::create_dir(&store).unwrap();
    fs::set_permissions(&store, fs::Permissions::from_mode(0o555)).unwrap();
    let mut command = place.standalone(&store, "");
    // SAFETY: plain system calls on plain values, allowed between fork and exec.
    unsafe {
        command.pre_exec(|| {
            // The superuser may write anywhere; without its capabilities it obeys the mode.
            if libc::geteuid() == 0 {
                drop_override()?;
            }
            Ok(())
        });
    }
    fails(&place, command, 10, &["cannot write to", &store.display().to_string(), "--store"]);
}

/// Gives up for good, across exec, what lets the superuser pass over the mode of files.
fn drop_override() -> io::Result<()> {
    const CAP_DAC_OVERRIDE: libc::c_ulong = 1;
    // SAFETY: plain system calls on plain values.
    let done = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[test]
fn a_full_disk_is_status_11() {
    let place = Place::new();
    let store = place.store();
    fs::create_dir(&store).unwrap();
    let target = std::ffi::CString::new(store.display().to_string()).unwrap();
    let mut command = place.standalone(&store, "");
    // SAFETY: plain system calls; the strings live in the closure.
    unsafe {
        command.pre_exec(move || {
            // A user namespace first where the user may not mount.
            let apart = libc::CLONE_NEWNS;
            if libc::unshare(apart) != 0 && libc::unshare(apart | libc::CLONE_NEWUSER) != 0 {
                return Err(io::Error::last_os_error());
            }
            let none = std::ptr::null();
            let private = libc::MS_REC | libc::MS_PRIVATE;
            libc::mount(none, c"/".as_ptr(), none, private, none.cast());
            let (kind, size) = (c"tmpfs".as_ptr(), c"size=16m".as_ptr());
            match libc::mount(kind, target.as_ptr(), kind, 0, size.cast()) {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            }
        });
    }
    let name = store.display().to_string();
    fails(&place, command, 11, &[&name, "bytes free", "are needed to start", "--store"]);
}

#[test]
fn a_value_out_of_range_is_status_3() {
    let place = Place::new();
    let command = place.standalone(&place.store(), "haListenPort=70000\n");
    fails(&place, command, 3, &["broker.conf:10: haListenPort=70000: must be within"]);
}

#[test]
fn a_core_that_is_not_there_is_status_14() {
    let place = Place::new();
    let mut command = place.standalone(&place.store(), "");
    command.args(["--cores", "4000-4000"]);
    fails(&place, command, 14, &["4000"]);
}

fn limited(command: &mut Command, what: libc::__rlimit_resource_t, most: u64) {
    // SAFETY: setrlimit reads a value of the closure, and may be called between fork and exec.
    unsafe {
        command.pre_exec(move || {
            let limit = libc::rlimit { rlim_cur: most, rlim_max: most };
            match libc::setrlimit(what, &raw const limit) {
                0 => Ok(()),
                _ => Err(io::Error::last_os_error()),
            }
        });
    }
}

#[test]
fn too_little_locked_memory_is_status_5() {
    let place = Place::new();
    let mut command = place.standalone(&place.store(), "");
    limited(&mut command, libc::RLIMIT_MEMLOCK, 64 * 1024);
    fails(&place, command, 5, &["ulimit -l"]);
}

#[test]
fn too_few_open_files_is_status_15() {
    let place = Place::new();
    let mut command = place.standalone(&place.store(), "");
    limited(&mut command, libc::RLIMIT_NOFILE, 8);
    fails(&place, command, 15, &["ulimit -n"]);
}

#[test]
fn forbidden_io_uring_is_status_4() {
    let place = Place::new();
    for (errno, part) in [(libc::EPERM, "seccomp"), (libc::ENOSYS, "io_uring")] {
        let mut command = place.standalone(&place.store(), "");
        // SAFETY: the filter lives on the stack of the closure, and the kernel copies it.
        unsafe {
            command.pre_exec(move || forbid(errno));
        }
        fails(&place, command, 4, &[part]);
    }
}

/// From here on the three calls of the ring end with `errno`, across exec.
fn forbid(errno: libc::c_int) -> io::Result<()> {
    let statement = |code: u32, k: u32| libc::sock_filter {
        code: u16::try_from(code).unwrap_or_default(),
        jt: 0,
        jf: 0,
        k,
    };
    let load = statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0);
    // The calls have the numbers 425 to 427 on every architecture.
    let code = u16::try_from(libc::BPF_JMP | libc::BPF_JGE | libc::BPF_K).unwrap_or_default();
    let from = libc::sock_filter { code, jt: 0, jf: 2, k: 425 };
    let to = libc::sock_filter { code, jt: 1, jf: 0, k: 428 };
    let refuse = libc::SECCOMP_RET_ERRNO | errno.unsigned_abs();
    let ret = libc::BPF_RET | libc::BPF_K;
    let mut filter =
        [load, from, to, statement(ret, refuse), statement(ret, libc::SECCOMP_RET_ALLOW)];
    let length = u16::try_from(filter.len()).unwrap_or_default();
    let program = libc::sock_fprog { len: length, filter: filter.as_mut_ptr() };
    // SAFETY: the program points to a filter that outlives the call.
    let done = unsafe {
        libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
            && libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const program) == 0
    };
    if done { Ok(()) } else { Err(io::Error::last_os_error()) }
}
