//! What of Java shows on the wire: hash codes, and the order in which its hash maps are walked.

/// Size of a `HashMap`'s table before it grows.
const MAP_CAPACITY: usize = 16;

/// `String.hashCode()`: over UTF-16 units, wrapping.
pub fn string_hash(text: &str) -> i32 {
    let step = |hash: i32, unit: u16| hash.wrapping_mul(31).wrapping_add(i32::from(unit));
    if text.is_ascii() {
        return text.bytes().fold(0, |hash, byte| step(hash, u16::from(byte)));
    }
    text.encode_utf16().fold(0, step)
}

/// `MessageQueue.hashCode()`.
pub fn message_queue_hash(topic: &str, broker_name: &str, queue_id: i32) -> i32 {
    let parts = [string_hash(broker_name), queue_id, string_hash(topic)];
    parts.iter().fold(1, |hash: i32, part| hash.wrapping_mul(31).wrapping_add(*part))
}

/// Table size of a `HashMap` made without a size, after `len` entries were put.
pub fn map_capacity(len: usize) -> usize {
    let mut capacity = MAP_CAPACITY;
    while len > capacity / 4 * 3 {
        capacity *= 2;
    }
    capacity
}

/// Table size of a `ConcurrentHashMap` made for `initial` entries (`None`: without a size), after
/// `len` entries were put. It grows one entry earlier than a `HashMap`.
pub fn concurrent_capacity(initial: Option<usize>, len: usize) -> usize {
    // JDK 17: 1 + initial / 0.75, rounded up to a power of two.
    let asked = initial.map(|entries| (1 + entries.saturating_mul(4) / 3).next_power_of_two());
    let mut capacity = asked.unwrap_or(MAP_CAPACITY);
    while len >= capacity / 4 * 3 {
        capacity *= 2;
    }
    capacity
}

/// The order in which a hash map with a table of `capacity` (a power of two) is walked: positions
/// of `hashes`, which are the keys' hash codes in the order they were put.
///
/// Entries of one bucket keep the order they were put in. Buckets that Java would turn into trees
/// (eight entries and more) are not modelled: their order in the walk is the same.
pub fn walk_order(hashes: &[i32], capacity: usize) -> Vec<usize> {
    let mask = u32::try_from(capacity - 1).unwrap_or(u32::MAX);
    let bucket = |hash: i32| {
        let hash = hash.cast_unsigned();
        (hash ^ hash >> 16) & mask
    };
    let mut order: Vec<(u32, usize)> =
        hashes.iter().enumerate().map(|(at, &hash)| (bucket(hash), at)).collect();
    order.sort_by_key(|(bucket, _)| *bucket);
    order.into_iter().map(|(_, at)| at).collect()
}

/// `keys` in the order in which a `HashMap<String, _>`, made without a size and filled in this
/// order, is walked.
pub fn map_order<'a>(keys: &[&'a str]) -> Vec<&'a str> {
    let hashes: Vec<i32> = keys.iter().map(|key| string_hash(key)).collect();
    let order = walk_order(&hashes, map_capacity(keys.len()));
    order.into_iter().filter_map(|at| keys.get(at).copied()).collect()
}
