//! Every wait of this station, in one place, so that a test can shorten them all.

use std::time::Duration;

/// How long things take, at most or at least. The default is what production uses.
#[derive(Clone, Debug)]
pub struct Timing {
    /// Head and body of one call.
    pub call_deadline: Duration,
    /// Between two pings on a connection of their own.
    pub ping_interval: Duration,
    /// One ping. A daemon that does not answer it is as good as gone.
    pub ping_deadline: Duration,
    /// Between two complete lists that are compared with what was told.
    pub relist_interval: Duration,
    /// After an event that the list did not yet confirm: when to read again.
    pub settle: [Duration; 2],
    /// How long a list may contradict a `die` without being believed. The lag grows with the daemon's load (measured on
    /// 20.10: 114 ms idle, 569 ms with 8 clients at work), so this is far above it; a real restart has its own `start`.
    pub death_doubt: Duration,
    /// Between the beginnings of two reads: under a storm of events this bounds the load on the daemon.
    pub read_gap: Duration,
    /// How long an event may lag behind the list that already shows its effect.
    pub drift_grace: Duration,
    /// First wait after a failure.
    pub backoff_min: Duration,
    /// Longest wait after failures in a row.
    pub backoff_max: Duration,
    /// How long "nothing runs any more" is not believed right after a reconnect.
    pub vanish_hold: Duration,
    /// How often the list is read meanwhile.
    pub vanish_relist: Duration,
    /// How long a socket may refuse before the operator is told about replaced socket files.
    pub refused_warning: Duration,
    /// How far before the daemon's own time the event stream is asked to begin.
    pub since_margin: Duration,
    /// Between two looks at Traefik's networks without a cause.
    pub network_recheck: Duration,
    /// Between two looks at a network that compose may have left behind.
    pub sweep_interval: Duration,
    /// How many looks before it is left alone.
    pub sweep_looks: u32,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            call_deadline: Duration::from_secs(10),
            ping_interval: Duration::from_secs(5),
            ping_deadline: Duration::from_secs(2),
            relist_interval: Duration::from_secs(30),
            settle: [Duration::from_millis(100), Duration::from_millis(500)],
            death_doubt: Duration::from_secs(10),
            read_gap: Duration::from_millis(10),
            drift_grace: Duration::from_secs(1),
            backoff_min: Duration::from_millis(50),
            backoff_max: Duration::from_secs(5),
            vanish_hold: Duration::from_secs(10),
            vanish_relist: Duration::from_secs(1),
            refused_warning: Duration::from_secs(30),
            since_margin: Duration::from_secs(2),
            network_recheck: Duration::from_secs(30),
            sweep_interval: Duration::from_millis(500),
            sweep_looks: 10,
        }
    }
}
