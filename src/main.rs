//! The `ringmq` binary.

fn main() -> std::process::ExitCode {
    ringmq::cli::run()
}
