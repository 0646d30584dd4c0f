//! The rollout record as it is stored.

use serde::{Deserialize, Serialize};

use crate::routing::ids::{self, EnvKey, Version};
use crate::routing::rollout::{self, Record, Weight};
use crate::routing::time::Timestamp;

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
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Placed {
    version: String,
    generation: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Slot {
    Blue,
    Green,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Shift {
    weight: u64,
    phase: Phase,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Phase {
    Pending { deadline_ms: u64 },
    Running,
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
            shift: shift.map(Shift::from),
            previous: previous.as_ref().map(ToString::to_string),
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
        };
        Ok((parse_key(&self.key)?, record))
    }
}

impl From<&rollout::Placed> for Placed {
    fn from(placed: &rollout::Placed) -> Self {
        let rollout::Placed {
            version,
            placed_generation,
        } = placed;
        Self {
            version: version.to_string(),
            generation: *placed_generation,
        }
    }
}

impl Placed {
    fn decode(self) -> Result<rollout::Placed, RecordError> {
        Ok(rollout::Placed {
            version: Version::parse(&self.version)?,
            placed_generation: self.generation,
        })
    }
}

impl From<rollout::Shift> for Shift {
    fn from(shift: rollout::Shift) -> Self {
        let rollout::Shift { weight, phase } = shift;
        Self {
            weight: weight.percent().into(),
            phase: match phase {
                rollout::Phase::Pending { deadline } => Phase::Pending {
                    deadline_ms: deadline.as_millis(),
                },
                rollout::Phase::Running => Phase::Running,
            },
        }
    }
}

impl Shift {
    fn decode(self) -> Result<rollout::Shift, RecordError> {
        Ok(rollout::Shift {
            weight: Weight::new(self.weight)?,
            phase: match self.phase {
                Phase::Pending { deadline_ms } => rollout::Phase::Pending {
                    deadline: Timestamp::from_millis(deadline_ms),
                },
                Phase::Running => rollout::Phase::Running,
            },
        })
    }
}
