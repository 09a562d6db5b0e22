//! Why the cores could not start. Each reason has one line and one remedy; the command line maps
//! them to exit statuses.

use std::io;

use thiserror::Error;

/// A reason not to start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The kernel has no io_uring (ENOSYS).
    #[error("this kernel has no io_uring; run Linux 5.15 or newer, with CONFIG_IO_URING")]
    Absent,
    /// A core was asked for that this process may not use.
    #[error(
        "processor {cpu} is not available to this process; choose among {allowed} or widen the \
         affinity (taskset, cpuset, container limits)"
    )]
    CoreUnavailable {
        /// The processor asked for, as the kernel counts.
        cpu: usize,
        /// The processors this process may use, as a list.
        allowed: String,
    },
    /// io_uring is switched off for this process (EPERM).
    #[error(
        "io_uring is not permitted; set sysctl kernel.io_uring_disabled=0, or allow io_uring_setup \
         in the container's seccomp profile"
    )]
    Forbidden,
    /// Not enough memory may be locked (ENOMEM, or a limit that is too low).
    #[error(
        "too little memory may be locked ({limit_bytes} bytes); allow at least {needed_bytes} \
         (ulimit -l, LimitMEMLOCK=, --ulimit memlock)"
    )]
    LockedMemory {
        /// The limit, in bytes.
        limit_bytes: u64,
        /// What is needed, in bytes.
        needed_bytes: u64,
    },
    /// An operation that even the lowest rung needs is missing.
    #[error("io_uring of kernel {kernel} lacks `{operation}`; run Linux 5.15 or newer")]
    OperationMissing {
        /// The kernel's release.
        kernel: String,
        /// The operation.
        operation: &'static str,
    },
    /// Descriptors ran out.
    #[error("too many open files while starting; raise the limit (ulimit -n, LimitNOFILE=)")]
    OpenFiles,
    /// Anything else the system refused.
    #[error("the system refused to start a core ({what}): {source}")]
    System {
        /// What was being done.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// More cores than the mesh is made for, or none.
    #[error("{count} cores are not between 1 and {max}; name fewer")]
    TooManyCores {
        /// Cores asked for.
        count: usize,
        /// Cores possible.
        max: u16,
    },
    /// The environment names a feature that does not exist.
    #[error("`{name}` is no feature of io_uring that can be turned off; correct the variable")]
    UnknownRung {
        /// The unknown name.
        name: String,
    },
}

impl StartError {
    /// Sorts an error of `io_uring_setup(2)` and its like into the reasons above.
    pub(crate) fn from_setup(what: &'static str, error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::ENOSYS) => Self::Absent,
            Some(libc::EPERM | libc::EACCES) => Self::Forbidden,
            Some(libc::ENOMEM) => Self::LockedMemory {
                limit_bytes: super::real::probe::locked_bytes().unwrap_or(u64::MAX),
                needed_bytes: super::real::probe::LOCKED_BYTES_MIN,
            },
            Some(libc::EMFILE | libc::ENFILE) => Self::OpenFiles,
            _ => Self::System { what, source: error },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setup_errors_are_told_apart_and_each_fits_one_line() {
        let cases = [
            (libc::ENOSYS, "no io_uring"),
            (libc::EPERM, "io_uring_disabled"),
            (libc::ENOMEM, "ulimit -l"),
            (libc::EMFILE, "ulimit -n"),
            (libc::EIO, "refused"),
        ];
        for (errno, part) in cases {
            let error = io::Error::from_raw_os_error(errno);
            let text = StartError::from_setup("ring", error).to_string();
            assert!(text.contains(part), "{errno}: {text}");
            assert!(!text.contains('\n') && !text.contains("  "), "{text:?}");
        }
    }
}
