//! Version ordinals (Java: `MQVersion.Version`). A snapshot and a release of each `x.y.z` follow
//! each other, so from 4.0.0 on a patch is worth 2 and a minor version 20. Versions before are
//! named below only as far as something depends on them.

/// What our own commands carry: RocketMQ 5.5.0. With 0, Java clients would refuse SQL92.
pub const OURS: i32 = V5_5_0;

/// From here on a broker takes the client-side push of an offset reset (220).
pub const V3_0_7_SNAPSHOT: i32 = 28;

/// From here on the body of a broker's registration is more than a topic table.
pub const V3_0_11: i32 = 37;

/// From here on a client answers 307 and 309.
pub const V3_1_8_SNAPSHOT: i32 = 62;

/// From here on a consumer's own `maxReconsumeTimes` counts.
pub const V3_4_9: i32 = 121;

/// The first ordinal of the regular numbering.
pub const V4_0_0: i32 = 213;

/// A signature of a request up to here leaves `_UNIQUE_KEY_QUERY` out.
pub const V4_9_3: i32 = 399;

/// From here on a client wants routes in standard JSON.
pub const V4_9_4: i32 = 401;

/// From here on a compressed registration carries a section of queue mappings.
pub const V5_0_0: i32 = 413;

/// Clients above this understand GO_AWAY.
pub const V5_3_1: i32 = 475;

/// The release this server imitates.
pub const V5_5_0: i32 = 513;

/// The version text that Java prints for an ordinal: `V5_5_0`, `V5_5_0_SNAPSHOT`, and the ordinal
/// itself where the numbering is not regular (before 4.0.0) or out of range.
pub fn name(ordinal: i32) -> String {
    // Java: a value past the last ordinal is shown as HIGHER_VERSION.
    if !(V4_0_0 - 1..=611).contains(&ordinal) {
        return if ordinal > 611 { "HIGHER_VERSION".to_owned() } else { format!("V{ordinal}") };
    }
    let steps = ordinal - (V4_0_0 - 1);
    let (major, minor, patch) = (4 + steps / 200, steps % 200 / 20, steps % 20 / 2);
    let snapshot = if steps % 2 == 0 { "_SNAPSHOT" } else { "" };
    format!("V{major}_{minor}_{patch}{snapshot}")
}
