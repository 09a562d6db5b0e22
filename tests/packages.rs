//! What the Debian package is made of: that each part is there, goes where it is looked for, and
//! works as it is installed.
#![allow(clippy::disallowed_methods, reason = "a test drives processes and files itself")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::build::deb;

#[path = "packages/build.rs"]
mod build;
#[path = "packages/install.rs"]
mod install;
#[path = "packages/sbom.rs"]
mod sbom;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// `[package.metadata.deb]`.
fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = all["packages"].as_array().unwrap();
    let own = packages.iter().find(|package| package["name"] == "ringmq").unwrap();
    own["metadata"]["deb"].clone()
}

/// Files of the package by where they are installed: source and mode. The binary is this build's.
fn assets() -> BTreeMap<String, (PathBuf, u32)> {
    let mut files = BTreeMap::new();
    for asset in metadata()["assets"].as_array().unwrap() {
        let [source, target, mode] = [0, 1, 2].map(|at| asset[at].as_str().unwrap().to_owned());
        for source in sources(&source) {
            let name = source.file_name().unwrap().to_str().unwrap();
            let target =
                if target.ends_with('/') { format!("{target}{name}") } else { target.clone() };
            files.insert(target, (source, u32::from_str_radix(&mode, 8).unwrap()));
        }
    }
    files
}

fn sources(pattern: &str) -> Vec<PathBuf> {
    if pattern == "target/release/ringmq" {
        return vec![env!("CARGO_BIN_EXE_ringmq").into()];
    }
    let path = root().join(pattern);
    let Some(ending) = path.file_name().unwrap().to_str().unwrap().strip_prefix('*') else {
        return vec![path];
    };
    let entries = fs::read_dir(path.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.to_str().unwrap().ends_with(ending)).collect()
}

#[test]
fn every_file_of_the_package_is_there() {
    let files = assets();
    for (target, (source, mode)) in &files {
        let found = fs::symlink_metadata(source);
        let found = found.unwrap_or_else(|error| panic!("{target}: {}: {error}", source.display()));
        let executable = found.permissions().mode() & 0o111 != 0;
        assert_eq!(executable, mode & 0o111 != 0, "{target} is to have mode {mode:o}");
    }
    for wanted in [
        "usr/bin/ringmq",
        "usr/lib/systemd/system/ringmq-broker.service",
        "usr/lib/systemd/system/ringmq-broker@.service",
        "usr/lib/systemd/system/ringmq-namesrv.service",
        "usr/lib/sysusers.d/ringmq.conf",
        "usr/share/bash-completion/completions/ringmq",
        "usr/share/man/man1/ringmq-tune-apply.1",
        "usr/share/ringmq/tuning/irq.sh",
        "usr/share/ringmq/tuning/sysctl.d/90-ringmq.conf",
    ] {
        assert!(files.contains_key(wanted), "{wanted} is missing");
    }
    for kept in metadata()["conf-files"].as_array().unwrap() {
        assert!(files.contains_key(kept.as_str().unwrap().trim_start_matches('/')), "{kept}");
    }
}

#[test]
fn what_is_installed_works_together() {
    let place = tempfile::tempdir().unwrap();
    for (target, (source, _)) in assets() {
        let target = place.path().join(target);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        match fs::read_link(&source) {
            Ok(link) => symlink(link, target).unwrap(),
            Err(_) => symlink(&source, target).unwrap(),
        }
    }
    let run = |name: &str, words: &[&str]| {
        let program = place.path().join("usr/bin").join(name);
        let output = Command::new(program).args(words).env_remove("NAMESRV_ADDR").output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    for name in ["mqbroker", "mqnamesrv", "mqadmin"] {
        assert!(run(name, &["--version"]).1.starts_with(name), "{name} is a link to the binary");
    }
    for (name, file) in [("mqbroker", "broker.conf"), ("mqnamesrv", "namesrv.conf")] {
        let file = place.path().join("etc/ringmq").join(file);
        let (status, settings, warnings) = run(name, &["-c", file.to_str().unwrap(), "-p"]);
        // What is installed may be wrong in no key and no value.
        assert_eq!((status, warnings.as_str()), (Some(0), ""), "{name}");
        for line in fs::read_to_string(&file).unwrap().lines() {
            let kept = line.starts_with('#') || settings.lines().any(|setting| setting == line);
            assert!(kept, "{name}: {line} does not hold");
        }
    }
}

#[test]
fn the_scripts_of_the_package_are_sound() {
    let folder = root().join(metadata()["maintainer-scripts"].as_str().unwrap());
    for name in ["postinst", "prerm", "postrm"] {
        let path = folder.join(name);
        let checked = Command::new("sh").arg("-n").arg(&path).status().unwrap();
        assert!(checked.success(), "{name}");
        assert_ne!(fs::metadata(&path).unwrap().permissions().mode() & 0o111, 0, "{name}");
        // An upgrade that is called off is none of its business.
        let called = Command::new("sh").arg(&path).arg("abort-upgrade").output().unwrap();
        assert!(called.status.success() && called.stdout.is_empty(), "{name}");
    }
}

#[test]
fn the_package_can_be_built_and_unpacked() {
    build::in_the_child();
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let done = Command::new("dpkg").arg("-x").arg(deb()).arg(place.path()).status().unwrap();
    assert!(done.success());
    for (target, (source, mode)) in assets() {
        let found = fs::symlink_metadata(place.path().join(installed(&target)));
        let found = found.unwrap_or_else(|error| panic!("{target}: {error}"));
        assert_eq!(found.is_symlink(), source.is_symlink(), "{target}");
        assert!(found.is_symlink() || found.permissions().mode() & 0o777 == mode, "{target}");
    }
    let info = Command::new("dpkg").arg("-I").arg(deb()).output().unwrap();
    let info = String::from_utf8(info.stdout).unwrap();
    for part in ["conffiles", "postinst", "prerm", "postrm", "Depends: libc6"] {
        assert!(info.contains(part), "{part} is missing: {info}");
    }
}

/// Where a file of the package is found: manual pages are compressed.
fn installed(target: &str) -> String {
    format!("{target}{}", if target.contains("/man/") { ".gz" } else { "" })
}

#[test]
fn the_binary_needs_nothing_that_the_image_lacks() {
    let output = Command::new("ldd").arg(env!("CARGO_BIN_EXE_ringmq")).output().unwrap();
    let output = String::from_utf8(output.stdout).unwrap();
    let needed = output.lines().filter_map(|line| line.split_whitespace().next());
    let needed: Vec<&str> = needed.filter_map(|path| path.rsplit('/').next()).collect();
    assert!(needed.contains(&"libc.so.6"), "{needed:?}");
    for library in needed {
        // The image's base is for C programs, see `Containerfile`.
        let starts = ["linux-vdso.", "ld-linux", "libc.", "libm.", "libgcc_s."];
        assert!(starts.iter().any(|start| library.starts_with(start)), "{library}");
    }
    let image = fs::read_to_string(root().join("Containerfile")).unwrap();
    for file in ["LICENSE", "docs/ringmq.cdx.json", "systemd/links/*"] {
        assert!(image.contains(&format!(" {file} ")), "{file} is not in the image");
    }
}
