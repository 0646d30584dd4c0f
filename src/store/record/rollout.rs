//! The rollout record as it is stored.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::routing::ids::{self, EnvKey, Version};
use crate::routing::rollout::{self, Record};
use crate::routing::time::Timestamp;

use super::shift::{Shift, parse_incarnation};
use super::{RecordError, parse_key};

/// [`Record`], with the env it belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::store) struct Rollout {
    #[serde(rename = "env")]
    key: String,
    generation: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    blue: Option<Placed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    green: Option<Placed>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    active: Option<Slot>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shift: Option<Shift>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    frozen: Option<Freeze>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maintenance: Option<Maintenance>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    retired: Vec<Retired>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Placed {
    version: String,
    generation: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<Failed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Slot {
    Blue,
    Green,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Failed {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    incarnation: Option<String>,
    why: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Freeze {
    by: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    why: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until_ms: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Maintenance {
    by: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    message: String,
    retry_after_s: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Retired {
    version: String,
    by: String,
    at_ms: u64,
    /// Absent where the time itself decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made_until_s: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    removal: Option<Removal>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Removal {
    volumes: bool,
    keep_images: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    images: BTreeSet<String>,
    /// Absent where it is that of the version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    made_until_s: Option<u64>,
}

impl Rollout {
    /// The record of one env.
    pub(in crate::store) fn new(key: &EnvKey, record: &Record) -> Self {
        // without `..`: a field added to the live type breaks the build here
        let Record {
            generation,
            slots: rollout::Slots { blue, green },
            active,
            shift,
            previous,
            frozen,
            maintenance,
            retired,
        } = record;
        Self {
            key: key.to_string(),
            generation: *generation,
            blue: blue.as_ref().map(Placed::from),
            green: green.as_ref().map(Placed::from),
            active: active.map(|slot| match slot {
                ids::Slot::Blue => Slot::Blue,
                ids::Slot::Green => Slot::Green,
            }),
            shift: shift.as_ref().map(Shift::from),
            previous: previous.as_ref().map(ToString::to_string),
            frozen: frozen.as_ref().map(Freeze::from),
            maintenance: maintenance.as_ref().map(Maintenance::from),
            retired: retired.iter().map(Retired::from).collect(),
        }
    }

    /// The record and its env.
    pub(in crate::store) fn decode(self) -> Result<(EnvKey, Record), RecordError> {
        let record = Record {
            generation: self.generation,
            slots: rollout::Slots {
                blue: self.blue.map(Placed::decode).transpose()?,
                green: self.green.map(Placed::decode).transpose()?,
            },
            active: self.active.map(|slot| match slot {
                Slot::Blue => ids::Slot::Blue,
                Slot::Green => ids::Slot::Green,
            }),
            shift: self.shift.map(Shift::decode).transpose()?,
            previous: self
                .previous
                .map(|version| Version::parse(&version))
                .transpose()?,
            frozen: self.frozen.map(Freeze::decode),
            maintenance: self.maintenance.map(Maintenance::decode),
            retired: self
                .retired
                .into_iter()
                .map(Retired::decode)
                .collect::<Result<_, _>>()?,
        };
        Ok((parse_key(&self.key)?, record))
    }
}

impl From<&rollout::Placed> for Placed {
    fn from(placed: &rollout::Placed) -> Self {
        let rollout::Placed {
            version,
            placed_generation,
            failed,
        } = placed;
        let failed = failed.as_ref().map(|failed| {
            let rollout::Failed { incarnation, why } = failed;
            Failed {
                incarnation: incarnation.map(|it| it.to_string()),
                why: why.clone(),
            }
        });
        Self {
            version: version.to_string(),
            generation: *placed_generation,
            failed,
        }
    }
}

impl Placed {
    fn decode(self) -> Result<rollout::Placed, RecordError> {
        let failed = self.failed.map(|Failed { incarnation, why }| {
            let incarnation = parse_incarnation(incarnation.as_deref())?;
            Ok::<_, RecordError>(rollout::Failed { incarnation, why })
        });
        Ok(rollout::Placed {
            version: Version::parse(&self.version)?,
            placed_generation: self.generation,
            failed: failed.transpose()?,
        })
    }
}

impl From<&rollout::Freeze> for Freeze {
    fn from(freeze: &rollout::Freeze) -> Self {
        let rollout::Freeze { by, why, until } = freeze.clone();
        Self {
            by,
            why,
            until_ms: until.map(Timestamp::as_millis),
        }
    }
}

impl Freeze {
    fn decode(self) -> rollout::Freeze {
        rollout::Freeze {
            by: self.by,
            why: self.why,
            until: self.until_ms.map(Timestamp::from_millis),
        }
    }
}

impl From<&rollout::Maintenance> for Maintenance {
    fn from(maintenance: &rollout::Maintenance) -> Self {
        let rollout::Maintenance {
            by,
            message,
            retry_after_s,
        } = maintenance.clone();
        Self {
            by,
            message,
            retry_after_s,
        }
    }
}

impl Maintenance {
    fn decode(self) -> rollout::Maintenance {
        rollout::Maintenance {
            by: self.by,
            message: self.message,
            retry_after_s: self.retry_after_s,
        }
    }
}

impl From<(&Version, &rollout::Retired)> for Retired {
    fn from((version, retired): (&Version, &rollout::Retired)) -> Self {
        let rollout::Retired {
            by,
            at,
            made_until,
            removal,
        } = retired.clone();
        let removal = removal.map(|removal| {
            let rollout::Removal {
                volumes,
                keep_images,
                project,
                images,
                made_until: removed_until,
            } = removal;
            Removal {
                volumes,
                keep_images,
                project,
                images,
                made_until_s: (removed_until != made_until).then_some(removed_until),
            }
        });
        Self {
            version: version.to_string(),
            by,
            at_ms: at.as_millis(),
            made_until_s: Some(made_until),
            removal,
        }
    }
}

impl Retired {
    fn decode(self) -> Result<(Version, rollout::Retired), RecordError> {
        let made_until = self.made_until_s.unwrap_or(self.at_ms / 1000);
        let removal = self.removal.map(|removal| rollout::Removal {
            volumes: removal.volumes,
            keep_images: removal.keep_images,
            project: removal.project,
            images: removal.images,
            made_until: removal.made_until_s.unwrap_or(made_until),
        });
        let retired = rollout::Retired {
            by: self.by,
            at: Timestamp::from_millis(self.at_ms),
            made_until,
            removal,
        };
        Ok((Version::parse(&self.version)?, retired))
    }
}
