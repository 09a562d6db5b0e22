//! The Java reference: fetched through Maven once, started as its own scripts start it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::compare::child::ChildError;

/// What is fetched.
const POM: &str = include_str!("../reference/pom.xml");

/// The plugin that copies jars, by version, so that the same one runs everywhere.
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies";

/// Written when all jars are there.
const COMPLETE: &str = "complete";

/// What the JVM must be told to let RocketMQ at its buffers (Java 9 and later).
const OPENED: &[&str] = &[
    "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
];

/// Where jars are kept from run to run if no other place is named.
pub fn default_jars() -> PathBuf {
    std::env::temp_dir().join("ringmq-bench-reference-5.5.0")
}

/// Makes sure that the jars are there.
pub fn fetch(jars: &Path) -> Result<(), ChildError> {
    let complete = jars.join(COMPLETE);
    if complete.exists() {
        return Ok(());
    }
    let file = |error| ChildError::File(jars.to_owned(), error);
    fs::create_dir_all(jars).map_err(file)?;
    let pom = jars.join("pom.xml");
    fs::write(&pom, POM).map_err(file)?;
    eprintln!("fetching Apache RocketMQ 5.5.0 through Maven into {}", jars.display());
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B", COPY, "-f"]).arg(&pom);
    maven.arg(format!("-DoutputDirectory={}", jars.display()));
    let output = maven.output().map_err(|error| ChildError::Start("mvn".to_owned(), error))?;
    if !output.status.success() {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        return Err(ChildError::Ended("mvn".to_owned(), output.status, text));
    }
    fs::write(&complete, "").map_err(file)
}

/// The name server.
pub fn nameserver(jars: &Path, directory: &Path) -> Command {
    let mut java = jvm(jars, directory, "256m");
    java.args(["org.apache.rocketmq.namesrv.NamesrvStartup", "-c"]);
    java.arg(directory.join("namesrv.conf"));
    java
}

/// The broker, with RocketMQ's collector and `heap` of memory.
pub fn broker(jars: &Path, directory: &Path, heap: &str) -> Command {
    let mut java = jvm(jars, directory, heap);
    java.args(["org.apache.rocketmq.broker.BrokerStartup", "-c"]);
    java.arg(directory.join("broker.conf"));
    java
}

fn jvm(jars: &Path, directory: &Path, heap: &str) -> Command {
    let mut java = Command::new("java");
    // RocketMQ writes its logs below user.home and looks for its logging configuration in its home.
    java.env("ROCKETMQ_HOME", directory);
    java.arg(format!("-Duser.home={}", directory.display()));
    java.args([format!("-Xms{heap}"), format!("-Xmx{heap}")]);
    java.args(["-XX:+UseG1GC", "-XX:MaxDirectMemorySize=1g"]).args(OPENED);
    java.arg("-cp").arg(format!("{}/*", jars.display()));
    java
}
