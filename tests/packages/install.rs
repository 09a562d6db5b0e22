//! The package is installed, upgraded, removed and purged, under a root of its own with a package
//! database of its own. That takes root, and systemd's programs for users and directories.

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::build::deb;
use crate::{assets, installed, metadata};

/// What the package depends on, and what the programs of this machine stand for.
const PRESENT: [&str; 3] = ["libc6", "libgcc-s1", "systemd"];

/// The root of another system.
struct Root {
    place: TempDir,
}

impl Root {
    /// An empty one; `None`, with a word about it, where nothing can be installed.
    fn new() -> Option<Self> {
        let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let is_root = fs::metadata(place.path()).unwrap().uid() == 0;
        let programs = ["dpkg", "systemd-sysusers", "systemd-tmpfiles"];
        let all = programs.iter().all(|name| {
            Command::new(name).arg("--version").output().is_ok_and(|said| said.status.success())
        });
        if !is_root || !all {
            eprintln!("skipped: not root, or one of {programs:?} is not here");
            return None;
        }
        let root = Self { place };
        for folder in ["etc/systemd/system", "var/lib/dpkg/info", "var/lib/dpkg/updates"] {
            fs::create_dir_all(root.path(folder)).unwrap();
        }
        let package = |name| {
            format!(
                "Package: {name}\nStatus: install ok installed\nArchitecture: {}\n\
                 Maintainer: nobody\nDescription: stands for this machine's\nVersion: 999\n\n",
                architecture()
            )
        };
        fs::write(root.path("var/lib/dpkg/status"), PRESENT.map(package).concat()).unwrap();
        fs::write(root.path("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n").unwrap();
        fs::write(root.path("etc/group"), "root:x:0:\n").unwrap();
        Some(root)
    }

    fn path(&self, below: &str) -> PathBuf {
        self.place.path().join(below)
    }

    /// Everything there is below a directory, by path from the root.
    fn files(&self, below: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.path(below)) else { return Vec::new() };
        let mut files = Vec::new();
        for entry in entries.map(Result::unwrap) {
            let path = format!("{below}/{}", entry.file_name().to_str().unwrap());
            if entry.file_type().unwrap().is_dir() {
                files.extend(self.files(&path));
            }
            files.push(path);
        }
        files.sort();
        files
    }

    /// Runs dpkg on this root; what it says. Its own files stay out of `/var`.
    fn dpkg(&self, words: &[&str]) -> String {
        let option = |name: &str, path: &Path| format!("--{name}={}", path.display());
        let output = Command::new("dpkg")
            .arg(option("root", self.place.path()))
            .arg(option("log", &self.path("dpkg.log")))
            .args(["--force-script-chrootless", "--force-confold", "--force-unsafe-io"])
            // A container's own dpkg may be told to leave out documentation.
            .arg("--path-include=/usr/share/*")
            .args(words)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .output()
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.success(), "dpkg {words:?}: {said}");
        said
    }

    fn install(&self) {
        self.dpkg(&["--install", deb().to_str().unwrap()]);
        assert_eq!(self.dpkg(&["--verify", "ringmq"]), "");
    }

    /// Number of the user that the package has made, and of its group.
    fn user(&self) -> (u32, u32) {
        let users = fs::read_to_string(self.path("etc/passwd")).unwrap();
        let own: Vec<&str> = users.lines().filter(|line| line.starts_with("ringmq:")).collect();
        let [line] = own.as_slice() else { panic!("{users}") };
        let parts: Vec<&str> = line.split(':').collect();
        assert_eq!(parts[5], "/var/lib/ringmq");
        assert!(parts[6].ends_with("nologin"), "{line}");
        (parts[2].parse().unwrap(), parts[3].parse().unwrap())
    }

    #[track_caller]
    fn is_owned(&self, path: &str, owner: (u32, u32), mode: u32) {
        let found = fs::symlink_metadata(self.path(path)).unwrap();
        assert_eq!(((found.uid(), found.gid()), found.mode() & 0o7777), (owner, mode), "{path}");
    }
}

/// As dpkg names it.
fn architecture() -> String {
    let output = Command::new("dpkg").arg("--print-architecture").output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn conf_files() -> Vec<String> {
    let files = metadata()["conf-files"].clone();
    files.as_array().unwrap().iter().map(|file| file.as_str().unwrap()[1..].to_owned()).collect()
}

#[test]
fn it_is_installed_and_removed_and_leaves_what_is_not_its_own() {
    let Some(root) = Root::new() else { return };
    root.install();
    let user = root.user();
    for (target, (source, mode)) in assets() {
        let target = installed(&target);
        if source.is_symlink() {
            assert_eq!(fs::read_link(root.path(&target)).unwrap(), Path::new("ringmq"));
        } else if !target.starts_with("etc/") {
            root.is_owned(&target, (0, 0), mode);
        }
    }
    root.is_owned("etc/ringmq", (0, user.1), 0o770);
    root.is_owned("var/lib/ringmq", user, 0o750);
    for file in conf_files() {
        root.is_owned(&file, (0, user.1), 0o660);
    }
    assert_eq!(root.files("etc/systemd/system"), Vec::<String>::new(), "nothing is enabled");
    let version = Command::new(root.path("usr/bin/mqbroker")).arg("--version").output().unwrap();
    assert!(String::from_utf8(version.stdout).unwrap().starts_with("mqbroker "));

    // It is used: a setting, a store, an enabled unit, what mqadmin leaves beside a file.
    let broker = root.path("etc/ringmq/broker.conf");
    let changed = fs::read_to_string(&broker).unwrap() + "brokerName=mine\n";
    fs::write(&broker, &changed).unwrap();
    fs::create_dir_all(root.path("var/lib/ringmq/broker/commitlog")).unwrap();
    fs::write(root.path("var/lib/ringmq/broker/commitlog/00000000000000000000"), "data").unwrap();
    fs::write(root.path("etc/ringmq/broker.conf.bak"), "").unwrap();
    fs::create_dir(root.path("etc/systemd/system/multi-user.target.wants")).unwrap();
    let unit = "/usr/lib/systemd/system/ringmq-broker.service";
    let wanted = "etc/systemd/system/multi-user.target.wants/ringmq-broker.service";
    symlink(unit, root.path(wanted)).unwrap();
    // The same again is an upgrade: nothing of that changes, and the user stays the same.
    root.dpkg(&["--install", deb().to_str().unwrap()]);
    assert_eq!(fs::read_to_string(&broker).unwrap(), changed);
    assert_eq!(root.user(), user);
    root.is_owned("etc/ringmq/broker.conf", (0, user.1), 0o660);

    root.dpkg(&["--remove", "ringmq"]);
    assert_eq!(root.files("usr"), Vec::<String>::new());
    assert_eq!(fs::read_to_string(&broker).unwrap(), changed);
    assert!(conf_files().iter().all(|file| root.path(file).exists()));
    root.dpkg(&["--purge", "ringmq"]);
    assert_eq!(root.files("etc/ringmq"), Vec::<String>::new());
    assert!(!root.path("etc/ringmq").exists() && !root.path(wanted).is_symlink());
    let stored = root.files("var/lib/ringmq");
    assert!(stored.iter().any(|file| file.ends_with("/00000000000000000000")), "{stored:?}");
    root.is_owned("var/lib/ringmq", user, 0o750);
}

#[test]
fn what_was_never_used_is_purged_without_a_trace() {
    let Some(root) = Root::new() else { return };
    let ours = |root: &Root| {
        let all = [root.files("etc"), root.files("usr"), root.files("var/lib")].concat();
        let ours = all.into_iter().filter(|file| file.contains("ringmq"));
        ours.collect::<Vec<String>>()
    };
    root.install();
    assert!(ours(&root).len() > 50);
    root.dpkg(&["--purge", "ringmq"]);
    assert_eq!(ours(&root), Vec::<String>::new());
}
