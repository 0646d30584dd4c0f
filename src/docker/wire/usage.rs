//! What uses the disk and memory: `GET /system/df`, `GET /containers/{id}/stats`, `GET /volumes`.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::lenient::{number, or_default, text, text_map};

/// The disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct DiskUsage {
    /// All images together.
    #[serde(deserialize_with = "number")]
    pub layers_size: u64,
    #[serde(deserialize_with = "or_default")]
    pub images: Vec<DiskImage>,
    #[serde(deserialize_with = "or_default")]
    pub containers: Vec<DiskContainer>,
    #[serde(deserialize_with = "or_default")]
    pub volumes: Vec<Volume>,
    #[serde(deserialize_with = "or_default")]
    pub build_cache: Vec<DiskCache>,
}

/// One image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct DiskImage {
    #[serde(deserialize_with = "text")]
    pub id: String,
    #[serde(deserialize_with = "number")]
    pub size: u64,
    #[serde(deserialize_with = "number")]
    pub shared_size: u64,
    #[serde(deserialize_with = "number")]
    pub containers: u64,
}

/// One container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct DiskContainer {
    #[serde(deserialize_with = "text")]
    pub id: String,
    #[serde(deserialize_with = "number")]
    pub size_rw: u64,
}

/// A piece of the build cache.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct DiskCache {
    #[serde(deserialize_with = "number")]
    pub size: u64,
}

/// All volumes that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct Volumes {
    #[serde(deserialize_with = "or_default")]
    pub volumes: Vec<Volume>,
}

/// One volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct Volume {
    #[serde(deserialize_with = "text")]
    pub name: String,
    #[serde(deserialize_with = "text_map")]
    pub labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    pub usage_data: VolumeUse,
}

/// Its size; a driver that does not know it says -1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(in crate::docker) struct VolumeUse {
    #[serde(deserialize_with = "number")]
    pub size: u64,
}

/// One look at a running container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(in crate::docker) struct Stats {
    #[serde(deserialize_with = "or_default")]
    pub memory_stats: MemoryStats,
}

/// Its memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(in crate::docker) struct MemoryStats {
    #[serde(deserialize_with = "number")]
    pub usage: u64,
    /// Control groups 1: `total_inactive_file`, 2: `inactive_file`.
    #[serde(deserialize_with = "text_map")]
    pub stats: BTreeMap<String, String>,
}

impl MemoryStats {
    /// Without what the kernel would give up at once, as `docker stats` shows it; `None` when there is nothing.
    pub(in crate::docker) fn used(&self) -> Option<u64> {
        let known = ["total_inactive_file", "inactive_file"];
        let inactive = known.iter().find_map(|key| self.stats.get(*key));
        let inactive = inactive.and_then(|text| text.parse().ok()).unwrap_or(0);
        (self.usage > 0).then(|| self.usage.saturating_sub(inactive))
    }
}
