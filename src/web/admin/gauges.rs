//! What Prometheus is told of the envs: made anew from their status whenever it asks, so nothing has to be kept.

use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::api::{Applied, DiagnosticEntry, SlotWeights, Status};
use crate::routing::ids::Slot;

/// Label names and values.
type Labels = Vec<(&'static str, String)>;

/// A gauge with labels, filled and handed over.
#[derive(Default)]
struct Series(Family<LabelSet, Gauge>);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct LabelSet(Labels);

impl EncodeLabelSet for LabelSet {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.0.encode(encoder)
    }
}

impl Series {
    fn set(&self, labels: Labels, value: impl Into<i64>) {
        self.0.get_or_create(&LabelSet(labels)).set(value.into());
    }

    fn count(&self, labels: Labels) {
        self.0.get_or_create(&LabelSet(labels)).inc();
    }

    fn register(self, registry: &mut Registry, name: &str, help: &str) {
        registry.register(name, help, self.0);
    }
}

/// All of them.
pub(super) fn registry(
    statuses: &[Status],
    findings: &[DiagnosticEntry],
    behind: usize,
) -> Registry {
    let mut root = Registry::default();
    let registry = root.sub_registry_with_prefix("pointsman");
    slots(registry, statuses);
    envs(registry, statuses);
    let diagnostics = Series::default();
    for finding in findings {
        diagnostics.count(vec![("code", finding.code.clone())]);
    }
    diagnostics.register(
        registry,
        "diagnostics",
        "Findings of `pointsman diagnose`, by code",
    );
    let lagging: Gauge = Gauge::default();
    lagging.set(i64::try_from(behind).unwrap_or(i64::MAX));
    registry.register(
        "proxies_behind",
        "Traefiks that do not have the newest document: pollers by what they were served, APIs by what they confirmed",
        lagging,
    );
    root
}

/// How many of them have something other than the newest.
pub(super) fn behind(applied: &[Applied], newest: Option<&str>) -> usize {
    let lacks = |applied: &&Applied| applied.revision.as_deref() != newest;
    applied.iter().filter(lacks).count()
}

fn slots(registry: &mut Registry, statuses: &[Status]) {
    let (healthy, expected) = (Series::default(), Series::default());
    let (active, intended, effective) = (Series::default(), Series::default(), Series::default());
    for status in statuses {
        for (slot, placed) in [
            (Slot::Blue, &status.slots.blue),
            (Slot::Green, &status.slots.green),
        ] {
            let Some(placed) = placed else {
                continue;
            };
            let of_slot = || {
                let mut labels = of_env(status);
                labels.push(("slot", slot.to_string()));
                labels.push(("version", placed.version.to_string()));
                labels
            };
            healthy.set(of_slot(), placed.health.healthy);
            expected.set(of_slot(), placed.health.expected);
            active.set(of_slot(), status.active == Some(slot));
            intended.set(of_slot(), share(status.weights.intended, slot));
            effective.set(of_slot(), share(status.weights.effective, slot));
        }
    }
    healthy.register(
        registry,
        "slot_servers_healthy",
        "Servers of a slot that take traffic",
    );
    expected.register(
        registry,
        "slot_servers_expected",
        "Servers that a slot should have",
    );
    active.register(registry, "slot_active", "1 for the slot with the live host");
    intended.register(
        registry,
        "slot_weight_intended_percent",
        "Share of live traffic as the record says",
    );
    effective.register(
        registry,
        "slot_weight_effective_percent",
        "Share of live traffic as Traefik is told, after health",
    );
}

fn envs(registry: &mut Registry, statuses: &[Status]) {
    let (held, frozen) = (Series::default(), Series::default());
    let (maintenance, previews) = (Series::default(), Series::default());
    for status in statuses {
        if let Some(reason) = status.held.as_ref().map(|held| held.reason.clone()) {
            let mut labels = of_env(status);
            labels.push(("reason", reason));
            held.set(labels, 1);
        }
        frozen.set(of_env(status), status.frozen.is_some());
        maintenance.set(of_env(status), status.maintenance.is_some());
        let count = i64::try_from(status.previews.len()).unwrap_or(i64::MAX);
        previews.set(of_env(status), count);
    }
    held.register(registry, "env_held", "1 while a shift waits, by why");
    frozen.register(registry, "env_frozen", "1 while an env is frozen");
    maintenance.register(
        registry,
        "env_maintenance",
        "1 while the live host answers 503 on purpose",
    );
    previews.register(registry, "env_previews", "Versions in no slot");
}

fn of_env(status: &Status) -> Labels {
    vec![
        ("app", status.app.to_string()),
        ("env", status.env.to_string()),
    ]
}

const fn share(weights: SlotWeights, slot: Slot) -> u8 {
    match slot {
        Slot::Blue => weights.blue,
        Slot::Green => weights.green,
    }
}
