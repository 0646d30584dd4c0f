//! What came of notifications and questions, as a metric.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// Counts deliveries; cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Stats {
    deliveries: Family<Labels, Counter>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Labels {
    event: &'static str,
    result: &'static str,
}

impl Stats {
    /// Registers them.
    pub fn register(&self, registry: &mut Registry) {
        registry.register(
            "hook_deliveries",
            "Hooks told or asked, by event and result (delivered, failed, dropped; open, hold or abort for a gate)",
            Family::clone(&self.deliveries),
        );
    }

    pub(super) fn counted(&self, event: &'static str, result: &'static str) {
        let labels = Labels { event, result };
        self.deliveries.get_or_create(&labels).inc();
    }
}
