//! What a check has to say.

use std::fmt::Display;

/// Faults, the first of them in words, and counts of what was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The first faults.
    pub faults: Vec<String>,
    /// How many there are.
    pub fault_count: u64,
    /// What is unusual and no fault.
    pub notes: Vec<String>,
    /// Records that were read.
    pub records: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Units of consume queues that were compared.
    pub units: u64,
    /// Index entries that were compared.
    pub entries: u64,
    faults_max: usize,
}

impl Findings {
    /// Nothing yet; the first `faults_max` faults will be kept in words.
    pub fn new(faults_max: usize) -> Self {
        Self { faults_max, ..Self::default() }
    }

    pub(super) fn fault(&mut self, text: impl Display) {
        self.fault_count += 1;
        if self.faults.len() < self.faults_max {
            self.faults.push(text.to_string());
        }
    }

    pub(super) fn note(&mut self, text: impl Display) {
        self.notes.push(text.to_string());
    }
}
