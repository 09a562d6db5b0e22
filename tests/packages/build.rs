//! The package, built once for all tests as `cargo deb` builds it, around the binary of this build.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, exit};
use std::sync::LazyLock;

use cargo_deb::compress::{CompressConfig, Format};
use cargo_deb::config::{BuildOptions, DebugSymbolOptions};
use cargo_deb::listener::Listener;
use cargo_deb::{CargoDeb, CargoLockingFlags, OutputPath};

/// Set in the child that builds: it finds the binary by `CARGO_TARGET_DIR`, which is not to be
/// changed in a process with threads.
const CHILD: &str = "RINGMQ_TEST_PACKAGE";

/// The package.
pub fn deb() -> &'static Path {
    static DEB: LazyLock<PathBuf> = LazyLock::new(build);
    &DEB
}

fn build() -> PathBuf {
    let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("deb");
    // What an earlier run left.
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(place.join("release")).unwrap();
    fs::hard_link(env!("CARGO_BIN_EXE_ringmq"), place.join("release/ringmq")).unwrap();
    let deb = place.join("ringmq.deb");
    let built = Command::new(env::current_exe().unwrap())
        .args(["the_package_can_be_built_and_unpacked", "--exact", "--test-threads=1"])
        .env(CHILD, &deb)
        .env("CARGO_TARGET_DIR", &place)
        .output()
        .unwrap();
    let said = [built.stdout, built.stderr].concat();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&said));
    deb
}

/// Builds the package and ends the process, if it is the child that is to.
pub fn in_the_child() {
    let Some(deb) = env::var_os(CHILD) else { return };
    let deb = Path::new(&deb);
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let built = CargoDeb {
        options: BuildOptions {
            manifest_path: Some(&manifest),
            selected_package_name: Some("ringmq"),
            debug: DebugSymbolOptions { strip_override: Some(true), ..Default::default() },
            cargo_locking_flags: CargoLockingFlags { offline: true, ..Default::default() },
            ..Default::default()
        },
        no_build: true,
        compress_config: CompressConfig {
            fast: true,
            compress_type: Format::Gzip,
            compress_system: false,
            rsyncable: false,
        },
        deb_output: Some(OutputPath { path: deb, is_dir: false }),
        ..Default::default()
    };
    built.process(&Strict).unwrap();
    exit(0);
}

/// Takes a warning for a failure.
struct Strict;

impl Listener for Strict {
    fn warning(&self, what: String) {
        panic!("{what}");
    }

    fn info(&self, _what: String) {}
}
