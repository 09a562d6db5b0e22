//! Metadata files are replaced whole, and the version before stays beside them as `<name>.bak`
//! (`rt::disk::replace_file`): which of the two is read at start. Pure.

/// What stands under one of the two names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Missing,
    /// Something that cannot be read.
    Damaged,
    /// A version.
    Whole,
}

/// The same, with what was read or why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content<T, E> {
    /// Nothing.
    Missing,
    /// Something that cannot be read.
    Damaged(E),
    /// A version.
    Whole(T),
}

impl<T, E> Content<T, E> {
    /// Which of them.
    pub fn found(&self) -> Found {
        match self {
            Self::Missing => Found::Missing,
            Self::Damaged(_) => Found::Damaged,
            Self::Whole(_) => Found::Whole,
        }
    }

    /// What was read.
    pub fn whole(self) -> Option<T> {
        match self {
            Self::Whole(value) => Some(value),
            Self::Missing | Self::Damaged(_) => None,
        }
    }

    /// Why it was not.
    pub fn damage(self) -> Option<E> {
        match self {
            Self::Damaged(why) => Some(why),
            Self::Missing | Self::Whole(_) => None,
        }
    }
}

/// What to go on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// What the file says.
    File,
    /// What the copy says, with a warning: the last change may be lost.
    Copy,
    /// There never was one.
    Nothing,
    /// Do not start: the next change would overwrite what may still be restored.
    Refuse,
}

/// The decision, whole in one place.
pub fn choose(file: Found, copy: Found) -> Choice {
    match (file, copy) {
        (Found::Whole, _) => Choice::File,
        (Found::Missing | Found::Damaged, Found::Whole) => Choice::Copy,
        (Found::Missing, Found::Missing) => Choice::Nothing,
        (Found::Damaged, Found::Missing | Found::Damaged) | (Found::Missing, Found::Damaged) => {
            Choice::Refuse
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Choice, Found, choose};

    #[test]
    fn every_pair_of_files_has_one_way_on() {
        use Found::{Damaged, Missing, Whole};
        for other in [Missing, Damaged, Whole] {
            assert_eq!(choose(Whole, other), Choice::File);
        }
        for (file, copy, way) in [
            (Missing, Whole, Choice::Copy),
            (Damaged, Whole, Choice::Copy),
            (Missing, Missing, Choice::Nothing),
            (Missing, Damaged, Choice::Refuse),
            (Damaged, Missing, Choice::Refuse),
            (Damaged, Damaged, Choice::Refuse),
        ] {
            assert_eq!(choose(file, copy), way, "{file:?} beside {copy:?}");
        }
    }
}
