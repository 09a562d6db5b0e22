//! Keys of access control (Java 5.3 and later: `AuthConfig`).
use super::Unit::Seconds;
use super::reasons::{ACCESS, SET_BY_BROKER};
use super::{Fixed, Key, UNSET, boolean, int, text};

/// Access control.
pub(super) static AUTH: &[Key] = &[
    text("configName", UNSET).never(SET_BY_BROKER),
    text("clusterName", UNSET).never(SET_BY_BROKER),
    text("authConfigPath", UNSET).never(SET_BY_BROKER),
    boolean("authenticationEnabled", false).waits(ACCESS),
    text("authenticationProvider", UNSET).waits(ACCESS),
    text("authenticationMetadataProvider", UNSET).waits(ACCESS),
    text("authenticationStrategy", UNSET).waits(ACCESS),
    text("authenticationWhitelist", UNSET).waits(ACCESS),
    text("initAuthenticationUser", UNSET).waits(ACCESS),
    text("innerClientAuthenticationCredentials", UNSET).waits(ACCESS),
    boolean("authorizationEnabled", false).waits(ACCESS),
    text("authorizationProvider", UNSET).waits(ACCESS),
    text("authorizationMetadataProvider", UNSET).waits(ACCESS),
    text("authorizationStrategy", UNSET).waits(ACCESS),
    text("authorizationWhitelist", UNSET).waits(ACCESS),
    boolean("migrateAuthFromV1Enabled", false).waits(ACCESS),
    int("userCacheMaxNum", Fixed("1000")).waits(ACCESS),
    int("userCacheExpiredSecond", Fixed("600")).unit(Seconds).waits(ACCESS),
    int("userCacheRefreshSecond", Fixed("60")).unit(Seconds).waits(ACCESS),
    int("aclCacheMaxNum", Fixed("1000")).waits(ACCESS),
    int("aclCacheExpiredSecond", Fixed("600")).unit(Seconds).waits(ACCESS),
    int("aclCacheRefreshSecond", Fixed("60")).unit(Seconds).waits(ACCESS),
    int("statefulAuthenticationCacheMaxNum", Fixed("10000")).waits(ACCESS),
    int("statefulAuthenticationCacheExpiredSecond", Fixed("60")).unit(Seconds).waits(ACCESS),
    int("statefulAuthorizationCacheMaxNum", Fixed("10000")).waits(ACCESS),
    int("statefulAuthorizationCacheExpiredSecond", Fixed("60")).unit(Seconds).waits(ACCESS),
];
