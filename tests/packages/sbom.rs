//! The bill of materials that comes with the binary, `docs/ringmq.cdx.json`: CycloneDX 1.5, made
//! from what cargo has resolved. `RINGMQ_BLESS=1 cargo test --test packages` writes it anew.
//!
//! Without times, serial numbers and paths, so that one state of the project has one file.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::root;

/// What the package is built for; the other targets of Linux need the same libraries.
const TARGET: &str = "x86_64-unknown-linux-gnu";

/// A package, as cargo names it.
type Id = String;

/// What cargo has resolved: packages, and what each needs to run (`true`) or to be built.
struct Resolved {
    packages: BTreeMap<Id, Value>,
    needs: BTreeMap<Id, Vec<(Id, bool)>>,
    root: Id,
}

fn resolved() -> Resolved {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .args(["--filter-platform", TARGET])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let array = |value: &Value| value.as_array().unwrap().clone();
    let packages = array(&all["packages"]);
    let packages = packages.into_iter().map(|package| (text(&package["id"]), package));
    let packages: BTreeMap<Id, Value> = packages.collect();
    let own = |package: &&Value| package["name"] == "ringmq" && package["source"].is_null();
    let root = text(&packages.values().find(own).unwrap()["id"]);
    let needs = |node: &Value| {
        let mut needs = Vec::new();
        for need in array(&node["deps"]) {
            let kinds = array(&need["dep_kinds"]);
            let is = |kind: Value| kinds.iter().any(|found| found["kind"] == kind);
            if is(Value::Null) || is("build".into()) {
                needs.push((text(&need["pkg"]), is(Value::Null)));
            }
        }
        (text(&node["id"]), needs)
    };
    let needs = array(&all["resolve"]["nodes"]).iter().map(needs).collect();
    Resolved { packages, needs, root }
}

impl Resolved {
    /// Everything the root leads to, itself included: does it run with the binary?
    fn reached(&self) -> BTreeMap<Id, bool> {
        let mut reached = BTreeMap::new();
        let mut next = VecDeque::from([(self.root.clone(), true)]);
        while let Some((id, runs)) = next.pop_front() {
            if reached.get(&id).is_some_and(|known| *known || !runs) {
                continue;
            }
            reached.insert(id.clone(), runs);
            next.extend(self.needs[&id].iter().map(|(need, kind)| (need.clone(), runs && *kind)));
        }
        reached
    }

    fn purl(&self, id: &str) -> String {
        let package = &self.packages[id];
        let part = |name: &str| package[name].as_str().unwrap().to_owned();
        format!("pkg:cargo/{}@{}", part("name"), part("version"))
    }

    fn component(&self, id: &str, runs: bool, checksums: &BTreeMap<String, String>) -> Value {
        let package = &self.packages[id];
        let purl = self.purl(id);
        // The slash of old manifests is an OR.
        let licence = package["license"].as_str().unwrap_or("NOASSERTION").replace('/', " OR ");
        let mut component = json!({
            "type": if *id == *self.root { "application" } else { "library" },
            "bom-ref": purl,
            "name": package["name"],
            "version": package["version"],
            "purl": purl,
            "scope": if runs { "required" } else { "excluded" },
            "licenses": [{ "expression": licence }],
        });
        if let Some(checksum) = checksums.get(&purl) {
            component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
        }
        if let Some(url) = package["repository"].as_str() {
            component["externalReferences"] = json!([{ "type": "vcs", "url": url }]);
        }
        component
    }

    fn bill(&self) -> Value {
        let (checksums, reached) = (checksums(), self.reached());
        let parts = reached.iter().filter(|(id, _)| **id != self.root);
        let parts = parts.map(|(id, runs)| self.component(id, *runs, &checksums));
        let mut parts: Vec<Value> = parts.collect();
        parts.sort_by_key(|part| part["purl"].to_string());
        let needs = |id: &Id| {
            let needs = self.needs[id].iter().map(|(need, _)| self.purl(need));
            json!({ "ref": self.purl(id), "dependsOn": needs.collect::<BTreeSet<String>>() })
        };
        let mut dependencies: Vec<Value> = reached.keys().map(needs).collect();
        dependencies.sort_by_key(|node| node["ref"].to_string());
        json!({
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": { "component": self.component(&self.root, true, &checksums) },
            "components": parts,
            "dependencies": dependencies,
        })
    }
}

/// What `Cargo.lock` says of the archives of packages.
fn checksums() -> BTreeMap<String, String> {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let field = |block: &str, name: &str| {
        let start = format!("{name} = \"");
        let line = block.lines().find_map(|line| line.strip_prefix(&start)?.strip_suffix('"'));
        line.map(str::to_owned)
    };
    let entry = |block: &str| {
        let purl = format!("pkg:cargo/{}@{}", field(block, "name")?, field(block, "version")?);
        Some((purl, field(block, "checksum")?))
    };
    lock.split("[[package]]").filter_map(entry).collect()
}

#[test]
fn the_bill_of_materials_is_what_is_built_in() {
    let path = root().join("docs/ringmq.cdx.json");
    let bill = resolved().bill();
    if std::env::var_os("RINGMQ_BLESS").is_some() {
        fs::write(&path, serde_json::to_string_pretty(&bill).unwrap() + "\n").unwrap();
    }
    let written = fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
    assert!(
        written == Some(bill.clone()),
        "docs/ringmq.cdx.json is not what Cargo.lock resolves to; write it anew with \
         RINGMQ_BLESS=1 cargo test --test packages"
    );
    let parts = bill["components"].as_array().unwrap();
    let scope = |name: &str| {
        let part = parts.iter().find(|part| part["name"] == name);
        part.map(|part| (part["scope"].as_str().unwrap(), part["hashes"].is_array()))
    };
    assert_eq!(scope("bytes"), Some(("required", true)));
    assert_eq!(scope("cc"), Some(("excluded", true)), "it compiles, and is not in the binary");
    assert_eq!(scope("proptest"), None, "what tests use is not delivered");
    assert!(parts.iter().all(|part| part["licenses"][0]["expression"] != "NOASSERTION"));
}
