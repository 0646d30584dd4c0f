//! What the two listeners count, and the one exposition of everybody's metrics.
//!
//! Other stations add theirs while the registry is made, so nothing needs a lock or a global. What is a plain
//! fact of the moment (published revision, proxies) is read when Prometheus asks, not kept up to date.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::proxies::Proxies;
use crate::snapshot::Reader;

/// All counters, cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    polls: Family<PollLabels, Counter>,
    held: Gauge<i64, AtomicI64>,
    commands: Family<CommandLabels, Counter>,
    connections: Family<ListenerLabels, Gauge>,
    refused: Family<ListenerLabels, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PollLabels {
    result: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct CommandLabels {
    verb: &'static str,
    result: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ListenerLabels {
    listener: &'static str,
}

impl Metrics {
    /// A registry with ours; `extend` adds the other stations'. Names get the prefix `pointsman_`.
    pub fn new(reader: Reader, proxies: Proxies, extend: impl FnOnce(&mut Registry)) -> Self {
        let mut root = Registry::default();
        let registry = root.sub_registry_with_prefix("pointsman");
        let (polls, held) = (Family::default(), Gauge::default());
        let (commands, connections, refused) =
            (Family::default(), Family::default(), Family::default());
        registry.register(
            "build",
            "Version of this program",
            Info::new(vec![("version", env!("CARGO_PKG_VERSION"))]),
        );
        registry.register(
            "polls",
            "Requests for the document, by result",
            Family::clone(&polls),
        );
        registry.register(
            "held_requests",
            "Requests held until the document changes",
            Gauge::clone(&held),
        );
        registry.register(
            "commands",
            "Verbs asked for, by verb and result (accepted, or the code of the refusal)",
            Family::clone(&commands),
        );
        registry.register(
            "connections",
            "Open connections",
            Family::clone(&connections),
        );
        registry.register(
            "connections_refused",
            "Connections closed because there were too many",
            Family::clone(&refused),
        );
        registry.register_collector(Box::new(Facts { reader, proxies }));
        extend(registry);
        Self {
            registry: Arc::new(root),
            polls,
            held,
            commands,
            connections,
            refused,
        }
    }

    pub(super) fn polled(&self, result: &'static str) {
        self.polls.get_or_create(&PollLabels { result }).inc();
    }

    pub(super) fn holding(&self) -> Up {
        Up::new(self.held.clone())
    }

    pub(super) fn commanded(&self, verb: &'static str, result: &str) {
        let result = result.to_owned();
        let labels = CommandLabels { verb, result };
        self.commands.get_or_create(&labels).inc();
    }

    pub(super) fn listener(&self, listener: &'static str) -> ListenerMetrics {
        let labels = ListenerLabels { listener };
        ListenerMetrics {
            connections: self.connections.get_or_create_owned(&labels),
            refused: self.refused.get_or_create_owned(&labels),
        }
    }

    /// The exposition in the text format of `OpenMetrics`: what is counted, and what was looked up for it.
    pub(super) fn encode(&self, moment: &Registry) -> Result<String, fmt::Error> {
        let mut out = String::new();
        text::encode_registry(&mut out, &self.registry)?;
        text::encode_registry(&mut out, moment)?;
        text::encode_eof(&mut out).map(|()| out)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// One listener's share.
#[derive(Clone, Debug)]
pub(super) struct ListenerMetrics {
    connections: Gauge,
    refused: Counter,
}

impl ListenerMetrics {
    pub(super) fn connected(&self) -> Up {
        Up::new(self.connections.clone())
    }

    pub(super) fn refused(&self) {
        self.refused.inc();
    }
}

/// One more, until dropped.
#[derive(Debug)]
pub(super) struct Up(Gauge);

impl Up {
    fn new(gauge: Gauge) -> Self {
        gauge.inc();
        Self(gauge)
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Facts of the moment.
#[derive(Debug)]
struct Facts {
    reader: Reader,
    proxies: Proxies,
}

impl Collector for Facts {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let snapshot = self.reader.load();
        let published = ConstCounter::new(snapshot.as_ref().map_or(0, |s| s.sequence()));
        published.encode(encoder.encode_descriptor(
            "published_revisions",
            "Revisions published since the start",
            None,
            published.metric_type(),
        )?)?;
        let bytes = snapshot.as_ref().map_or(0, |snapshot| snapshot.body().len);
        let bytes = ConstGauge::new(i64::try_from(bytes).unwrap_or(i64::MAX));
        bytes.encode(encoder.encode_descriptor(
            "document_bytes",
            "Size of the published document",
            None,
            bytes.metric_type(),
        )?)?;
        let count = i64::try_from(self.proxies.list().len()).unwrap_or(i64::MAX);
        let proxies = ConstGauge::new(count);
        proxies.encode(encoder.encode_descriptor(
            "proxies",
            "Connections that poll the document",
            None,
            proxies.metric_type(),
        )?)
    }
}
