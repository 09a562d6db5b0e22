//! Keys of the network (Java: `NettyServerConfig`, `NettyClientConfig`).
use super::Unit::{Bytes, Count, Milliseconds, Seconds};
use super::reasons::{GRACEFUL, LOOKUP, NETTY, POOLS, TLS};
use super::{CPUS, Fixed, Key, boolean, int, long, text};

/// Connections that were accepted.
pub(super) static SERVER: &[Key] = &[
    text("bindAddress", Fixed("0.0.0.0")).acts("local address the ports are opened on"),
    int("serverWorkerThreads", Fixed("8")).never(POOLS),
    int("serverCallbackExecutorThreads", Fixed("0")).never(POOLS),
    int("serverSelectorThreads", Fixed("3")).never(POOLS),
    int("serverOnewaySemaphoreValue", Fixed("256")).never(NETTY),
    int("serverAsyncSemaphoreValue", Fixed("64")).never(NETTY),
    int("serverChannelMaxIdleTimeSeconds", Fixed("120"))
        .unit(Seconds)
        .range(1, 86_400)
        .acts("silence after which a connection is closed"),
    int("serverSocketSndBufSize", Fixed("0"))
        .unit(Bytes)
        .range(0, 1_073_741_824)
        .acts("send buffer of a connection; 0 leaves it to the kernel"),
    int("serverSocketRcvBufSize", Fixed("0"))
        .unit(Bytes)
        .range(0, 1_073_741_824)
        .acts("receive buffer of a connection; 0 leaves it to the kernel"),
    int("writeBufferHighWaterMark", Fixed("0")).never(NETTY),
    int("writeBufferLowWaterMark", Fixed("0")).never(NETTY),
    int("serverSocketBacklog", Fixed("1024"))
        .unit(Count)
        .range(1, 65_535)
        .acts("connections waiting to be accepted"),
    boolean("serverNettyWorkerGroupEnable", true).never(POOLS),
    boolean("serverPooledByteBufAllocatorEnable", true).never(NETTY),
    boolean("enableShutdownGracefully", false).never(GRACEFUL),
    int("shutdownWaitTimeSeconds", Fixed("30")).unit(Seconds).never(GRACEFUL),
    boolean("useEpollNativeSelector", false).never(NETTY),
];

/// Connections that the process opens itself.
pub(super) static CLIENT: &[Key] = &[
    int("clientWorkerThreads", Fixed("4")).never(POOLS),
    int("clientCallbackExecutorThreads", CPUS).never(POOLS),
    int("clientOnewaySemaphoreValue", Fixed("65535")).never(NETTY),
    int("clientAsyncSemaphoreValue", Fixed("65535")).never(NETTY),
    int("connectTimeoutMillis", Fixed("3000"))
        .unit(Milliseconds)
        .range(1, 600_000)
        .acts("how long a connection to a name server may take to open"),
    long("channelNotActiveInterval", Fixed("60000")).unit(Milliseconds).never(NETTY),
    boolean("isScanAvailableNameSrv", true).waits(LOOKUP),
    int("clientChannelMaxIdleTimeSeconds", Fixed("120")).unit(Seconds).never(NETTY),
    int("clientSocketSndBufSize", Fixed("0")).unit(Bytes).never(NETTY),
    int("clientSocketRcvBufSize", Fixed("0")).unit(Bytes).never(NETTY),
    boolean("clientPooledByteBufAllocatorEnable", false).never(NETTY),
    boolean("clientCloseSocketIfTimeout", true).never(NETTY),
    boolean("useTLS", false).waits(TLS),
    text("socksProxyConfig", Fixed("{}")).never(NETTY),
    boolean("disableCallbackExecutor", false).never(POOLS),
    boolean("disableNettyWorkerGroup", false).never(POOLS),
    long("maxReconnectIntervalTimeSeconds", Fixed("60")).unit(Seconds).never(NETTY),
    boolean("enableReconnectForGoAway", true).never(NETTY),
];
