//! Attaching and detaching, with the Engine's answers understood: what is so already is a success.

use serde_json::{Map, Value, json};

use crate::docker::client::Engine;
use crate::docker::error::Error;
use crate::docker::wire::ListedEndpoint;
use crate::routing::ids::ContainerId;
use crate::routing::model::Attached;

use super::plan::{Attach, Detach};

/// The mark on an attachment that we made. Bridge networks take unknown driver options and keep them (Engine 20.10:
/// also over a restart of the container).
const MARK: (&str, &str) = ("pointsman.attached", "true");

/// Who it is, for the log.
pub(super) const fn name(who: Attached) -> &'static str {
    match who {
        Attached::Proxy => "Traefik",
        Attached::Own => "Pointsman",
    }
}

/// Did we make this attachment.
pub(super) fn is_ours(endpoint: &ListedEndpoint) -> bool {
    let (key, value) = MARK;
    endpoint.driver_opts.get(key).map(String::as_str) == Some(value)
}

/// Attaches; a network that vanished meanwhile is left to the next pass.
pub(super) async fn attach(
    engine: &Engine,
    (who, id): (Attached, &ContainerId),
    attach: &Attach,
) -> Result<(), Error> {
    let connected = engine
        .network_connect(
            &attach.network_id,
            id,
            &endpoint_config(attach.gateway_priority),
        )
        .await;
    match connected {
        Ok(()) => {
            tracing::info!(network = attach.network, "attached {}", name(who));
            Ok(())
        }
        Err(error) if is_attached_already(&error) || error.status() == Some(404) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Detaches.
pub(super) async fn detach(
    engine: &Engine,
    (who, id): (Attached, &ContainerId),
    detach: &Detach,
) -> Result<(), Error> {
    let disconnected = engine
        .network_disconnect(&detach.reference, id, detach.force)
        .await;
    match disconnected {
        Ok(()) => {
            tracing::info!(network = detach.network, "detached {}", name(who));
            Ok(())
        }
        Err(error) if is_detached_already(&error) => Ok(()),
        Err(error) => Err(error),
    }
}

fn endpoint_config(gateway_priority: Option<i32>) -> Value {
    let (key, value) = MARK;
    let mut config = Map::new();
    config.insert("DriverOpts".to_owned(), json!({ key: value }));
    if let Some(priority) = gateway_priority {
        config.insert("GwPriority".to_owned(), json!(priority));
    }
    Value::Object(config)
}

fn is_attached_already(error: &Error) -> bool {
    let says = |words| {
        error
            .message()
            .is_some_and(|message| message.contains(words))
    };
    error.status() == Some(403) && says("already exists in network")
}

/// 404: the network or the container is gone, and the attachment with it.
fn is_detached_already(error: &Error) -> bool {
    let says = |words| {
        error
            .message()
            .is_some_and(|message| message.contains(words))
    };
    error.status() == Some(404) || says("is not connected to")
}
