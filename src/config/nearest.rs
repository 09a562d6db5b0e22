//! The known key that a mistyped one most likely means.

use super::key::Role;

/// The nearest key of `role`, if one is near enough: about one slip per five letters.
pub fn nearest(role: Role, name: &str) -> Option<&'static str> {
    let slips_max = (name.chars().count() / 5).clamp(1, 4);
    let typed: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    role.keys()
        .map(|key| (distance(&typed, key.name), key.name))
        .filter(|(slips, _)| *slips <= slips_max)
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

/// Levenshtein distance, upper and lower case being equal.
fn distance(typed: &[char], name: &str) -> usize {
    let mut row: Vec<usize> = (0..=typed.len()).collect();
    for (index, letter) in name.chars().flat_map(char::to_lowercase).enumerate() {
        let mut next = Vec::with_capacity(row.len());
        next.push(index + 1);
        for (pair, other) in row.windows(2).zip(typed) {
            let (replaced, dropped) = match pair {
                [diagonal, above] => (diagonal + usize::from(*other != letter), above + 1),
                _ => continue,
            };
            let added = next.last().copied().unwrap_or(usize::MAX - 1) + 1;
            next.push(replaced.min(dropped).min(added));
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_find_the_key_that_was_meant() {
        let found = |name| nearest(Role::Broker, name);
        assert_eq!(found("flushDiskTyp"), Some("flushDiskType"));
        assert_eq!(found("flushdisktype"), Some("flushDiskType"));
        assert_eq!(found("mapedFileSizeCommitLog"), Some("mappedFileSizeCommitLog"));
        assert_eq!(found("nameSrvAdr"), Some("namesrvAddr"));
        assert_eq!(found("shard"), Some("shards"));
        assert_eq!(found("somethingElseEntirely"), None);
        assert_eq!(found(""), None);
        assert_eq!(nearest(Role::Nameserver, "kvConfigPat"), Some("kvConfigPath"));
        assert_eq!(nearest(Role::Nameserver, "flushDiskTyp"), None);
    }

    #[test]
    fn distance_counts_slips() {
        let of = |a: &str, b| distance(&a.chars().collect::<Vec<_>>(), b);
        assert_eq!(of("kitten", "sitting"), 3);
        assert_eq!(of("", "abc"), 3);
        assert_eq!(of("abc", ""), 3);
        assert_eq!(of("abc", "ABC"), 0);
    }
}
