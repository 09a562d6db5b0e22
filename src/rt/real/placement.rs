//! Which processors the cores of this process run on.

use std::io;

use crate::limits::CORES_MAX;
use crate::rt::start::StartError;

/// The processors to use. Only those that affinity (taskset, cpuset) permits are ever used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cores {
    /// One core on each permitted processor.
    All,
    /// This many cores on the first permitted processors; several share one if there are fewer.
    Count(u16),
    /// One core on each of these processors, as the kernel numbers them.
    Listed(Vec<usize>),
}

impl Cores {
    /// The processor of each core.
    pub(crate) fn choose(&self) -> Result<Vec<usize>, StartError> {
        let allowed =
            allowed().map_err(|source| StartError::System { what: "affinity", source })?;
        let chosen: Vec<usize> = match self {
            Self::All => allowed.iter().copied().take(usize::from(CORES_MAX)).collect(),
            Self::Count(count) => {
                allowed.iter().cycle().take(usize::from(*count)).copied().collect()
            }
            Self::Listed(list) => {
                if let Some(cpu) = list.iter().find(|cpu| !allowed.contains(cpu)) {
                    return Err(StartError::CoreUnavailable {
                        cpu: *cpu,
                        allowed: ranges(&allowed),
                    });
                }
                list.clone()
            }
        };
        if chosen.is_empty() || chosen.len() > usize::from(CORES_MAX) {
            return Err(StartError::TooManyCores { count: chosen.len(), max: CORES_MAX });
        }
        Ok(chosen)
    }
}

/// Processors this thread may run on.
fn allowed() -> io::Result<Vec<usize>> {
    // SAFETY: an all-zero set is valid and empty; the call writes at most its size.
    let set = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        if libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &raw mut set) < 0 {
            return Err(io::Error::last_os_error());
        }
        set
    };
    let count = usize::try_from(libc::CPU_SETSIZE).unwrap_or(0);
    // SAFETY: every index is below the size of the set.
    Ok((0..count).filter(|cpu| unsafe { libc::CPU_ISSET(*cpu, &set) }).collect())
}

/// Binds this thread to one processor.
///
/// # Errors
/// The processor is gone or not permitted any more.
pub(crate) fn pin(cpu: usize) -> io::Result<()> {
    // SAFETY: the set is initialised, and `CPU_SET` ignores an index beyond its size.
    let result = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        if cpu < usize::try_from(libc::CPU_SETSIZE).unwrap_or(0) {
            libc::CPU_SET(cpu, &mut set);
        }
        libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &raw const set)
    };
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Numbers as a list of ranges, such as `0-3,8`.
fn ranges(numbers: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => parts.push((*number, *number)),
        }
    }
    let shown =
        parts.iter().map(
            |(first, last)| {
                if first == last { first.to_string() } else { format!("{first}-{last}") }
            },
        );
    shown.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_wrap_around_the_permitted_processors() {
        let permitted = allowed().unwrap();
        let count = u16::try_from(permitted.len() + 1).unwrap();
        let chosen = Cores::Count(count).choose().unwrap();
        assert_eq!(chosen.first(), chosen.last());
        assert_eq!(chosen[..permitted.len()], permitted[..]);
    }

    #[test]
    fn refuses_no_cores_too_many_and_foreign_ones() {
        assert!(matches!(Cores::Count(0).choose(), Err(StartError::TooManyCores { .. })));
        let many = Cores::Count(CORES_MAX + 1).choose();
        assert!(matches!(many, Err(StartError::TooManyCores { .. })));
        let foreign = Cores::Listed(vec![1023]).choose();
        assert!(matches!(foreign, Err(StartError::CoreUnavailable { cpu: 1023, .. })));
    }

    #[test]
    fn shows_ranges() {
        assert_eq!(ranges(&[0, 1, 2, 5, 7, 8]), "0-2,5,7-8");
        assert_eq!(ranges(&[]), "");
    }
}
