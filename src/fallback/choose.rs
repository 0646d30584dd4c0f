//! Another version behind the live routers of a document that nobody serves any more. Pure.

use serde_json::{Value, json};
use thiserror::Error;

use crate::routing::ids::{EnvKey, Version};

/// A version that is to have the live traffic of its env.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The env.
    pub key: EnvKey,
    /// The version.
    pub version: Version,
}

/// Why a choice cannot be carried out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ChoiceError {
    /// It is damaged.
    #[error("the document is no JSON object")]
    NotJson,
    /// Nothing of it is there.
    #[error(
        "the last confirmed document has no service of {version} in {key} to send live traffic to"
    )]
    NotThere {
        /// The env.
        key: EnvKey,
        /// The version.
        version: Version,
    },
}

/// Sends live traffic to a version. Rules and middlewares stay those of the version that was active.
pub fn choose(document: &[u8], choice: &Choice) -> Result<Vec<u8>, ChoiceError> {
    let mut document: Value =
        serde_json::from_slice(document).map_err(|_broken| ChoiceError::NotJson)?;
    let mut chosen = 0;
    for root in ["http", "tcp", "udp"] {
        let services = document
            .get_mut(root)
            .and_then(|root| root.get_mut("services"));
        let Some(Value::Object(services)) = services else {
            continue;
        };
        let parents: Vec<(String, String)> = services
            .keys()
            .filter_map(|name| Some((name.clone(), child(name, choice)?)))
            .filter(|(_, child)| services.contains_key(child))
            .collect();
        for (parent, child) in parents {
            services.insert(
                parent,
                json!({"weighted": {"services": [{"name": child, "weight": 1}]}}),
            );
            chosen += 1;
        }
    }
    if chosen == 0 {
        let Choice { key, version } = choice.clone();
        return Err(ChoiceError::NotThere { key, version });
    }
    Ok(document.to_string().into_bytes())
}

/// What a parent's child of the version would be called.
fn child(parent: &str, choice: &Choice) -> Option<String> {
    let prefix = format!("{}-", choice.key.prefix());
    let local = parent.strip_prefix(&prefix)?;
    Some(format!("{prefix}{local}-{}", choice.version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn live_traffic_goes_to_the_version_that_is_chosen() {
        let document = json!({"http": {"services": {
            "whoami-dev-web": {"weighted": {"services": [{"name": "whoami-dev-web-v2", "weight": 100}]}},
            "whoami-dev-web-v1": {"loadBalancer": {"servers": [{"url": "http://10.0.0.1"}]}},
            "whoami-dev-web-v2": {"loadBalancer": {"servers": [{"url": "http://10.0.0.2"}]}},
            "whoami-prod-web": {"weighted": {"services": [{"name": "whoami-prod-web-v1", "weight": 100}]}}}}});
        let choice = |version: &str| Choice {
            key: EnvKey::parse("whoami", "dev").unwrap(),
            version: Version::parse(version).unwrap(),
        };
        let body = document.to_string();
        let chosen = choose(body.as_bytes(), &choice("v1")).unwrap();
        let chosen: Value = serde_json::from_slice(&chosen).unwrap();
        let services = &chosen["http"]["services"];
        let children = &services["whoami-dev-web"]["weighted"]["services"];
        assert_eq!(
            *children,
            json!([{"name": "whoami-dev-web-v1", "weight": 1}]),
            "v1"
        );
        assert_eq!(
            services["whoami-prod-web"], document["http"]["services"]["whoami-prod-web"],
            "alone"
        );
        let missing = choose(body.as_bytes(), &choice("v9")).unwrap_err();
        assert!(matches!(missing, ChoiceError::NotThere { .. }), "{missing}");
    }
}
