//! The Docker station's counters as metrics.

use std::sync::Arc;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use crate::docker::Stats;

/// Registers them under `docker_`.
pub(super) fn register(registry: &mut Registry, stats: Arc<Stats>) {
    registry
        .sub_registry_with_prefix("docker")
        .register_collector(Box::new(EngineCollector(stats)));
}

#[derive(Debug)]
struct EngineCollector(Arc<Stats>);

impl Collector for EngineCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let stats = &self.0;
        for (name, help, counter) in [
            ("events", "Events read from the Engine", &stats.events),
            (
                "reads",
                "Reads of single containers, each for all that were due",
                &stats.reads,
            ),
            ("lists", "Complete lists", &stats.lists),
            (
                "reconnects",
                "Times the connection was lost",
                &stats.reconnects,
            ),
            (
                "stale_reads",
                "Reads that contradicted a die event and were not believed",
                &stats.stale_reads,
            ),
            (
                "drift",
                "Differences that a complete list showed and no event explained",
                &stats.drift,
            ),
            (
                "undecodable",
                "Containers or events that could not be decoded",
                &stats.undecodable,
            ),
        ] {
            let counter = ConstCounter::new(counter.get());
            counter.encode(encoder.encode_descriptor(
                name,
                help,
                None,
                counter.metric_type(),
            )?)?;
        }
        let connected = ConstGauge::new(i64::from(stats.is_connected()));
        let help = "1 while the event stream is open and the list was read";
        connected.encode(encoder.encode_descriptor(
            "connected",
            help,
            None,
            connected.metric_type(),
        )?)
    }
}
