//! A plan as it is written down: in the env record, in the body of `shift`, and in a plan file.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::WeightInput;

/// A built-in plan's name, or steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum PlanInput {
    /// `"canary"`
    Name(String),
    /// `{"steps": [...]}`
    Steps(PlanBody),
}

/// Steps from no share to all of the traffic.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanBody {
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How a client stays with a version while the shift runs. Default `none`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub sticky: Sticky,
    /// What follows when the candidate is not ready in time. Default `abort`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub on_deadline: OnDeadline,
    /// In order; shares never fall, and the last is 100.
    pub steps: Vec<PlanStepBody>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanStepBody {
    /// The candidate's share of live traffic, 0 to 100.
    pub weight: WeightInput,
    /// The share of live requests that the candidate gets a copy of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror: Option<WeightInput>,
    /// How long it lasts at least, as Go writes durations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_dwell: Option<String>,
    /// After how long its gate is too late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_dwell: Option<String>,
    /// What has to open before it goes on. Default `none`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub gate: GateBody,
    /// Requests that all go to the candidate.
    #[serde(default, rename = "match", skip_serializing_if = "Vec::is_empty")]
    pub matches: Vec<MatchBody>,
}

/// What has to open before a plan goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GateBody {
    /// Nothing.
    #[default]
    None,
    /// A person's `resume`.
    Manual,
    /// `{"after": "30s"}`
    After(String),
    /// `{"hook": "name"}`
    Hook(String),
}

/// `{"header": "X-Canary", "value": "1"}` or `{"cookie": "c", "value": "v"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatchBody {
    /// A header's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// A cookie's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cookie: Option<String>,
    /// The value of either.
    pub value: String,
}

/// How a client stays with the version that it met first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sticky {
    /// It does not.
    #[default]
    None,
    /// By a cookie.
    Cookie,
    /// By its address.
    Address,
}

/// What follows when the candidate is not ready in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnDeadline {
    /// The shift is given up.
    #[default]
    Abort,
    /// It goes on waiting.
    Wait,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// By hand, so that a mistake inside the steps is named where it is.
impl<'de> Deserialize<'de> for PlanInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;

        impl<'de> Visitor<'de> for Either {
            type Value = PlanInput;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a plan: the name of one, or an object with steps")
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<PlanInput, E> {
                Ok(PlanInput::Name(name.to_owned()))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<PlanInput, A::Error> {
                PlanBody::deserialize(MapAccessDeserializer::new(map)).map(PlanInput::Steps)
            }
        }

        deserializer.deserialize_any(Either)
    }
}
