//! The `ringmq` binary.

/// What one core allocates another one often frees (a request goes from the core of its connection
/// to that of its queue). The C library's allocator takes a lock for that, on which a core waits
/// while the owner is off the processor.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    ringmq::cli::run()
}
