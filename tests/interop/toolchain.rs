//! The Java side: finds the tools, fetches the jars once, compiles the driver for each version.

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, File};
use std::hash::{Hash, Hasher};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The client versions every scenario of clients and of mqadmin is run with.
pub const CLIENT_VERSIONS: [&str; 3] = ["4.9.8", "5.3.3", "5.5.0"];

/// A JVM that starts fast matters more here than one that runs fast for hours.
pub const JVM_OPTIONS: [&str; 4] =
    ["-Xmx256m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"];

/// Jars and compiled classes, ready to use.
pub struct Toolchain {
    java: PathBuf,
    folder: PathBuf,
}

/// The toolchain, made on first use; a machine that cannot make it fails every test that asks.
pub fn toolchain() -> &'static Toolchain {
    static MADE: OnceLock<Result<Toolchain, String>> = OnceLock::new();
    match MADE.get_or_init(Toolchain::make) {
        Ok(made) => made,
        Err(why) => panic!("{why}"),
    }
}

impl Toolchain {
    fn make() -> Result<Self, String> {
        let java = tool("java")?;
        let javac = tool("javac")?;
        let mvn = tool("mvn")?;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("interop");
        fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let made = Self { java, folder };
        // Several test processes may share one target folder: the first one in does the work.
        let lock = File::create(made.folder.join("lock")).map_err(|e| format!("lock: {e}"))?;
        // SAFETY: the descriptor is open for as long as `lock` lives; closing it releases the lock.
        if unsafe { libc::flock(lock.as_raw_fd(), libc::LOCK_EX) } != 0 {
            return Err(format!("flock: {}", std::io::Error::last_os_error()));
        }
        made.fetch_jars(&mvn)?;
        for version in CLIENT_VERSIONS {
            made.compile(&javac, version)?;
        }
        Ok(made)
    }

    fn fetch_jars(&self, mvn: &Path) -> Result<(), String> {
        let poms = files_below(&java_folder(), "pom.xml");
        let stamp = digest(&poms);
        let jars = self.folder.join("jars");
        once(&jars, &stamp, || {
            let mut command = Command::new(mvn);
            command.args(["-q", "-B", "-f"]).arg(java_folder().join("pom.xml"));
            command.arg(format!("-Dinterop.jars={}", jars.display()));
            command.arg("dependency:copy-dependencies");
            succeed(command, "Maven could not fetch the RocketMQ jars (is there a network?)")
        })
    }

    fn compile(&self, javac: &Path, version: &str) -> Result<(), String> {
        let sources = files_below(&java_folder().join("src"), ".java");
        let stamp = format!("{version} {}", digest(&sources));
        let classes = self.classes(version);
        once(&classes, &stamp, || {
            let mut command = Command::new(javac);
            command.args(["-nowarn", "-encoding", "UTF-8", "-d"]).arg(&classes);
            command.arg("-cp").arg(self.jars(&format!("client-{version}"))).args(&sources);
            succeed(command, &format!("the Java driver does not compile against {version}"))
        })
    }

    fn classes(&self, version: &str) -> PathBuf {
        self.folder.join(format!("classes-{version}"))
    }

    /// The class path of one module of the Maven project.
    fn jars(&self, module: &str) -> String {
        format!("{}/*", self.folder.join("jars").join(module).display())
    }

    /// A JVM on the driver and the unmodified client, tools and examples of `version`.
    pub fn client(&self, version: &str) -> Command {
        let class_path = format!(
            "{}:{}",
            self.classes(version).display(),
            self.jars(&format!("client-{version}"))
        );
        self.jvm(&class_path)
    }

    /// A JVM on the reference name server and broker.
    pub fn server(&self) -> Command {
        self.jvm(&self.jars("server-5.5.0"))
    }

    fn jvm(&self, class_path: &str) -> Command {
        let mut command = Command::new(&self.java);
        command.args(JVM_OPTIONS).args(["-Dfile.encoding=UTF-8", "-cp", class_path]);
        command
    }
}

fn java_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/interop/java")
}

fn tool(name: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file()).ok_or(
        format!(
            "the interop tests drive the official Java clients and need JDK 17 and Maven, but \
             `{name}` is not on the PATH"
        ),
    )
}

/// Runs `make` into an empty `folder` unless an earlier run with the same stamp has.
fn once(
    folder: &Path,
    stamp: &str,
    make: impl FnOnce() -> Result<(), String>,
) -> Result<(), String> {
    let mark = folder.join(".made-from");
    if fs::read_to_string(&mark).is_ok_and(|made| made == stamp) {
        return Ok(());
    }
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    make()?;
    fs::write(&mark, stamp).map_err(|e| format!("{}: {e}", mark.display()))
}

fn succeed(mut command: Command, failure: &str) -> Result<(), String> {
    let output = command.output().map_err(|e| format!("{failure}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("{failure}: {}", String::from_utf8_lossy(&said).trim()))
}

fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the Java folder is readable") {
            let path = entry.expect("a directory entry is readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn digest(files: &[PathBuf]) -> String {
    let mut hasher = DefaultHasher::new();
    for file in files {
        fs::read(file).expect("a source file is readable").hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}
