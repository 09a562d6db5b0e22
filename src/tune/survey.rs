//! The knobs of one machine: which files there are, what each has, and what is wanted of it.

use std::io;
use std::path::PathBuf;

use super::cpus::Cpus;
use super::device;
use super::knob::{Each, Knob, Want, Wanted};
use super::table::knobs;
use super::tree::{Tree, real};

/// A state that takes more microseconds than this to leave costs a small message its latency.
pub const IDLE_EXIT_US_MAX: u64 = 20;

/// What a store is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// NVMe and other flash.
    Flash,
    /// A rotating disk.
    Rotating,
}

/// Whom the machine is tuned for.
#[derive(Clone, Debug, Default)]
pub struct Aim {
    /// Directory of the store; it need not exist yet.
    pub store: PathBuf,
    /// Cores the broker runs on; all when none are named.
    pub cores: Option<Cpus>,
    /// Its network interfaces; all that are devices when none are named.
    pub nics: Vec<String>,
    /// What the store is on; what the kernel says when not named.
    pub media: Option<Media>,
}

/// What was found at one file.
#[derive(Debug)]
pub struct Row {
    /// The knob.
    pub knob: &'static Knob,
    /// What there is one for: a disk, a core; empty for the machine.
    pub subject: String,
    /// The file.
    pub path: String,
    /// What is wanted of it.
    pub wanted: Wanted,
    /// What it has.
    pub found: Found,
}

/// What a file has.
#[derive(Debug)]
pub enum Found {
    /// The machine lacks it.
    Absent,
    /// It cannot be read.
    Unreadable(io::ErrorKind),
    /// Its whole text, and the value in it.
    Value {
        /// As it was read.
        text: String,
        /// See [`super::knob::Form::value`].
        value: String,
    },
}

/// How a row stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As wanted.
    Good,
    /// Not as wanted.
    Differs,
    /// Nothing is wanted.
    Shown,
    /// The machine lacks it, or does not offer what is wanted.
    Absent,
    /// It cannot be read.
    Unreadable,
}

impl Row {
    /// How it stands.
    pub fn verdict(&self) -> Verdict {
        match &self.found {
            Found::Absent => Verdict::Absent,
            Found::Unreadable(_) => Verdict::Unreadable,
            Found::Value { .. } if self.wanted == Wanted::Shown => Verdict::Shown,
            Found::Value { value, .. } if self.wanted.holds(value) => Verdict::Good,
            Found::Value { .. } if self.target().is_none() => Verdict::Absent,
            Found::Value { .. } => Verdict::Differs,
        }
    }

    /// The value to give it: the first wanted one that the file offers.
    pub fn target(&self) -> Option<String> {
        let Found::Value { text, .. } = &self.found else { return None };
        match &self.wanted {
            Wanted::Shown => None,
            Wanted::Range { set, .. } => Some(set.to_string()),
            Wanted::OneOf(values) => {
                values.iter().find(|value| self.knob.form.offers(text, value)).cloned()
            }
        }
    }

    /// The name, with what there is one for.
    pub fn name(&self) -> String {
        match self.subject.as_str() {
            "" => self.knob.name.to_owned(),
            subject => format!("{} {subject}", self.knob.name),
        }
    }
}

/// A machine, looked at.
#[derive(Debug)]
pub struct Survey {
    /// What was found out about it, in whole sentences.
    pub notes: Vec<String>,
    /// What its disk is.
    pub media: Media,
    /// A row for each file, those that are lacking included.
    pub rows: Vec<Row>,
}

/// Looks at every knob. Changes nothing.
pub fn survey(tree: &dyn Tree, aim: &Aim) -> Survey {
    let machine = Machine::look(tree, aim);
    let mut rows = Vec::new();
    for knob in knobs() {
        for (index, subject) in machine.subjects(tree, knob.each).into_iter().enumerate() {
            let path = knob.path.replace("{}", &subject);
            let wanted = machine.wanted(knob, &subject, index);
            let found = look(tree, knob, &path);
            rows.push(Row { knob, subject, path, wanted, found });
        }
    }
    Survey { notes: machine.notes(aim), media: machine.media, rows }
}

/// The row, as it is now.
pub fn reread(tree: &dyn Tree, row: &Row) -> Row {
    let (subject, path, wanted) = (row.subject.clone(), row.path.clone(), row.wanted.clone());
    Row { knob: row.knob, found: look(tree, row.knob, &path), subject, path, wanted }
}

fn look(tree: &dyn Tree, knob: &Knob, path: &str) -> Found {
    match tree.read(path) {
        Ok(text) => match knob.form.value(&text) {
            Some(value) => Found::Value { text, value },
            None => Found::Absent,
        },
        Err(error) => absent(&error),
    }
}

/// Files of devices that lack the feature answer like files that are not there.
fn absent(error: &io::Error) -> Found {
    let lacking = [libc::ENOENT, libc::ENODEV, libc::EOPNOTSUPP, libc::EINVAL, libc::ENOTDIR];
    match error.raw_os_error() {
        Some(errno) if lacking.contains(&errno) => Found::Absent,
        _ if error.kind() == io::ErrorKind::NotFound => Found::Absent,
        _ => Found::Unreadable(error.kind()),
    }
}

/// What decides which files there are and what is wanted of them.
struct Machine {
    disks: Vec<String>,
    media: Media,
    /// The broker's processors.
    cores: Cpus,
    /// Processors that take interrupts: those without a shard, or all if each has one.
    takers: Cpus,
    nics: Vec<Nic>,
    disk_interrupts: Vec<String>,
}

struct Nic {
    name: String,
    receive: Vec<String>,
    send: Vec<String>,
    interrupts: Vec<String>,
}

impl Machine {
    fn look(tree: &dyn Tree, aim: &Aim) -> Self {
        let online = tree.read("/sys/devices/system/cpu/online").unwrap_or_default();
        let online = Cpus::from_list(&online).filter(|cpus| !cpus.is_empty());
        let online = online.unwrap_or_else(|| Cpus::from_iter([0]));
        let cores = aim.cores.clone().unwrap_or_else(|| online.clone());
        let others = online.without(&cores);
        let disks = device::disks(tree, &aim.store);
        let rotates = |disk: &String| {
            let text = tree.read(&format!("/sys/block/{disk}/queue/rotational"));
            text.is_ok_and(|text| text.trim() == "1")
        };
        let kind = if disks.iter().any(rotates) { Media::Rotating } else { Media::Flash };
        let names = if aim.nics.is_empty() { device::nics(tree) } else { aim.nics.clone() };
        let interrupts = |disk| device::interrupts(tree, &format!("/sys/block/{disk}/device"));
        let few = |own: &Vec<String>| own.len() <= online.count();
        // With a queue for each processor the kernel binds each to its own and lets nobody change
        // that; one more is for the configuration.
        let disk_interrupts = disks.iter().map(interrupts).filter(few).flatten().collect();
        Self {
            disks,
            media: aim.media.unwrap_or(kind),
            takers: if others.is_empty() { online } else { others },
            cores,
            nics: names.into_iter().map(|name| Nic::look(tree, name)).collect(),
            disk_interrupts,
        }
    }

    /// What there is one file of a knob for.
    fn subjects(&self, tree: &dyn Tree, each: Each) -> Vec<String> {
        let of_nics = |list: fn(&Nic) -> &Vec<String>| {
            self.nics.iter().flat_map(list).cloned().collect::<Vec<_>>()
        };
        match each {
            Each::Machine | Each::Unit => vec![String::new()],
            Each::Disk => self.disks.clone(),
            Each::Core => self.cores.iter().map(|cpu| format!("cpu{cpu}")).collect(),
            Each::DeepIdle => self.cores.iter().flat_map(|cpu| deep_idle(tree, cpu)).collect(),
            Each::DiskInterrupt => self.disk_interrupts.clone(),
            Each::NicInterrupt => of_nics(|nic| &nic.interrupts),
            Each::NicReceive => of_nics(|nic| &nic.receive),
            Each::NicSend => of_nics(|nic| &nic.send),
        }
    }

    /// What is wanted of the `index`th file of a knob.
    fn wanted(&self, knob: &Knob, subject: &str, index: usize) -> Wanted {
        let want = match self.media {
            Media::Flash => knob.flash,
            Media::Rotating => knob.rotating,
        };
        match want {
            Want::Shown => Wanted::Shown,
            Want::Range { least, most, set } => Wanted::Range { least, most, set },
            Want::PerCore(each) => {
                let count = u64::try_from(self.cores.count()).unwrap_or(u64::MAX);
                let least = each.saturating_mul(count);
                Wanted::Range { least, most: u64::MAX, set: least }
            }
            Want::OneOf(values) => {
                Wanted::OneOf(values.iter().map(|value| (*value).to_owned()).collect())
            }
            Want::Processors => Wanted::OneOf(vec![match knob.each {
                Each::NicReceive => self.receivers(subject).mask(),
                Each::NicSend => self.senders(subject).mask(),
                _ => self.interrupted(index).to_string(),
            }]),
        }
    }

    /// Who takes the `index`th interrupt: one after the other.
    fn interrupted(&self, index: usize) -> Cpus {
        self.takers.iter().nth(index % self.takers.count().max(1)).into_iter().collect()
    }

    /// Who works on what a receiving queue takes in: nobody beside the one it interrupts when the
    /// card has a queue for each, else all who take interrupts.
    fn receivers(&self, queue: &str) -> Cpus {
        match self.nic_of(queue) {
            Some(nic) if nic.receive.len() < self.takers.count() => self.takers.clone(),
            _ => Cpus::default(),
        }
    }

    /// Cores that send through a queue: dealt out evenly.
    fn senders(&self, queue: &str) -> Cpus {
        let Some(nic) = self.nic_of(queue) else { return Cpus::default() };
        let own = nic.send.iter().position(|other| other == queue).unwrap_or(0);
        let dealt = self.cores.iter().enumerate();
        dealt.filter(|(index, _)| index % nic.send.len() == own).map(|(_, cpu)| cpu).collect()
    }

    fn nic_of(&self, queue: &str) -> Option<&Nic> {
        let name = queue.split('/').next()?;
        self.nics.iter().find(|nic| nic.name == name)
    }

    fn notes(&self, aim: &Aim) -> Vec<String> {
        let list = |names: Vec<&str>| match names.is_empty() {
            true => "none found".to_owned(),
            false => names.join(" "),
        };
        let media = match (self.media, aim.media) {
            (Media::Flash, None) => "flash, as the kernel says",
            (Media::Rotating, None) => "rotating, as the kernel says",
            (Media::Flash, Some(_)) => "flash, as you say",
            (Media::Rotating, Some(_)) => "rotating, as you say",
        };
        let disks = list(self.disks.iter().map(String::as_str).collect());
        let nics = list(self.nics.iter().map(|nic| nic.name.as_str()).collect());
        vec![
            format!("store {} on disk {disks} ({media})", real(&aim.store).display()),
            format!("cores {}, interrupts to {}, network {nics}", self.cores, self.takers),
        ]
    }
}

impl Nic {
    fn look(tree: &dyn Tree, name: String) -> Self {
        let queues = tree.list(&format!("/sys/class/net/{name}/queues")).unwrap_or_default();
        let of = |kind: &str| -> Vec<String> {
            let own = queues.iter().filter(|queue| queue.starts_with(kind));
            own.map(|queue| format!("{name}/queues/{queue}")).collect()
        };
        let (receive, mut send) = (of("rx-"), of("tx-"));
        if send.len() < 2 {
            // All send through the one queue, and the kernel has no such file.
            send.clear();
        }
        let interrupts = device::interrupts(tree, &format!("/sys/class/net/{name}/device"));
        Self { name, receive, send, interrupts }
    }
}

/// The idle states of a core that take too long to leave.
fn deep_idle(tree: &dyn Tree, cpu: usize) -> Vec<String> {
    let states = tree.list(&format!("/sys/devices/system/cpu/cpu{cpu}/cpuidle"));
    let mut states = states.unwrap_or_default();
    states.retain(|state| {
        let path = format!("/sys/devices/system/cpu/cpu{cpu}/cpuidle/{state}/latency");
        let latency = tree.read(&path).ok().and_then(|text| text.trim().parse::<u64>().ok());
        latency.is_some_and(|latency| latency > IDLE_EXIT_US_MAX)
    });
    states.into_iter().map(|state| format!("cpu{cpu}/cpuidle/{state}")).collect()
}
