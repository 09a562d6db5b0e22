//! Which queues of a topic are whose (Java: `AllocateMessageQueueAveragely`).

/// The part of `queues` that belongs to `me` among `members`, both sorted: neighbouring queues, the
/// first members one more where it does not divide. Nothing if `me` is no member.
pub fn average<'a, T>(queues: &'a [T], members: &[String], me: &str) -> &'a [T] {
    let Some(index) = members.iter().position(|member| member == me) else { return &[] };
    let (queue_count, member_count) = (queues.len(), members.len());
    let (share, rest) = (queue_count / member_count, queue_count % member_count);
    let size = if queue_count <= member_count { 1 } else { share + usize::from(index < rest) };
    let start = if rest > 0 && index < rest { index * size } else { index * size + rest };
    let end = (start + size).min(queue_count);
    queues.get(start..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shares(queues: usize, members: usize) -> Vec<Vec<usize>> {
        let queues: Vec<usize> = (0..queues).collect();
        let names: Vec<String> = (0..members).map(|member| format!("c{member}")).collect();
        names.iter().map(|me| average(&queues, &names, me).to_vec()).collect()
    }

    #[test]
    fn every_queue_has_one_owner() {
        for queues in 0..20 {
            for members in 1..25 {
                let mut dealt: Vec<usize> = shares(queues, members).concat();
                dealt.sort_unstable();
                assert_eq!(dealt, (0..queues).collect::<Vec<_>>(), "{queues} among {members}");
            }
        }
    }

    #[test]
    fn the_first_members_have_one_more() {
        assert_eq!(shares(8, 3), [vec![0, 1, 2], vec![3, 4, 5], vec![6, 7]]);
        assert_eq!(shares(2, 3), [vec![0], vec![1], vec![]]);
        assert_eq!(shares(4, 4), [[0], [1], [2], [3]]);
    }

    #[test]
    fn a_stranger_has_none() {
        assert!(average(&[1, 2], &["a".to_owned()], "b").is_empty());
        assert!(average(&[1, 2], &[], "b").is_empty());
    }
}
