//! What is answered otherwise than by Java, with the reason.

/// Java takes what is missing for null, and what is no number for null or 0; it then goes on, acts
/// on that, or fails where it is used.
const NULL: &str = "refused here, with the name of the field";

const TOO_LONG: &str = "what every client is told has a maximum";

/// The starts of the names of requests, and why they are answered otherwise.
const OTHERWISE: [(&str, &str); 10] = [
    ("103 brokerAddr \"a", TOO_LONG),
    ("103 brokerName \"a", TOO_LONG),
    ("103 clusterName \"a", TOO_LONG),
    ("103 haServerAddr \"a", TOO_LONG),
    ("41 body \"{", "a lock without a group and a client would be nobody's"),
    (
        "11 queueOffset \"-7\"",
        "the group is told of the reset (222); Java forgot it when it failed over a missing offset",
    ),
    ("12 maxNum \"-7\"", "none is what was asked for; Java fails"),
    ("15 queueId \"-7\"", "no topic has such a queue"),
    ("17 readQueueNums \"-7\"", "a number of queues must be one"),
    ("17 writeQueueNums \"-7\"", "a number of queues must be one"),
];

/// Why a request is answered so and not as Java does it, if that is on purpose.
pub fn otherwise(name: &str, words: &str) -> Option<&'static str> {
    if words.starts_with("header field ") {
        return Some(NULL);
    }
    OTHERWISE.iter().find(|(start, _)| name.starts_with(start)).map(|(_, why)| *why)
}
