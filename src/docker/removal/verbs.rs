//! The calls that take something away. What is gone already is a success.

use std::time::Duration;

use hyper::Method;
use serde_json::json;

use crate::docker::client::{Engine, Listing};
use crate::docker::convert::stopping;
use crate::docker::error::Error;
use crate::docker::query;
use crate::docker::wire::Volumes;
use crate::routing::ids::ContainerId;
use crate::routing::model::RemovalOrder;

use super::own::PROJECT;

/// Between two looks whether a container is gone.
const LOOK: Duration = Duration::from_millis(100);

/// Whether something went, or was gone before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gone {
    Now,
    Before,
}

/// Containers that carry the order's labels, in any state. Whoever uses it looks at the labels again.
pub(super) async fn list(engine: &Engine, order: &RemovalOrder) -> Result<Listing, Error> {
    let labels = order.labels.iter();
    let labels: Vec<String> = labels
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    engine.list_filtered(&json!({ "label": labels })).await
}

/// Tells a container to stop and waits for it: its own stop signal, its own time-out, as `docker stop` does.
pub(super) async fn stop(
    engine: &Engine,
    id: &ContainerId,
    margin: Duration,
) -> Result<Gone, Error> {
    let inspected = match engine.inspect(id).await {
        Err(error) if error.status() == Some(404) => return Ok(Gone::Before),
        inspected => inspected?,
    };
    let grace = Duration::from_millis(stopping(inspected).grace_ms);
    let path = format!("/containers/{}/stop", query::encode(id.as_str()));
    let stopped = engine.send(Method::POST, &path, grace + margin).await;
    gone(stopped, &[304])
}

/// Removes a stopped container, with the volumes that have no name. Docker may be at it already (`--rm`): then its end is
/// waited for.
pub(super) async fn remove_container(
    engine: &Engine,
    id: &ContainerId,
    margin: Duration,
) -> Result<Gone, Error> {
    let path = format!("/containers/{}?v=1", query::encode(id.as_str()));
    let removed = engine.delete(&path).await;
    let is_under_way = |error: &Error| {
        let why = error.message().unwrap_or_default();
        error.status() == Some(409) && why.contains("already in progress")
    };
    if !removed.as_ref().is_err_and(is_under_way) {
        return gone(removed, &[]);
    }
    let looks = margin.as_millis() / LOOK.as_millis();
    for _ in 0..looks {
        match engine.inspect(id).await {
            Err(error) if error.status() == Some(404) => return Ok(Gone::Now),
            inspected => drop(inspected?),
        }
        tokio::time::sleep(LOOK).await;
    }
    gone(removed, &[])
}

pub(super) async fn remove_network(engine: &Engine, id: &str) -> Result<Gone, Error> {
    gone(engine.network_remove(id).await, &[])
}

/// The named volumes of a compose project.
pub(super) async fn volumes(engine: &Engine, project: &str) -> Result<Vec<String>, Error> {
    let filters = json!({ "label": [format!("{PROJECT}={project}")] }).to_string();
    let path = format!("/volumes?filters={}", query::encode(&filters));
    let answer: Volumes = engine.ask(&path).await?;
    let of_project = answer
        .volumes
        .into_iter()
        .filter(|volume| volume.labels.get(PROJECT).map(String::as_str) == Some(project));
    Ok(of_project.map(|volume| volume.name).collect())
}

pub(super) async fn remove_volume(engine: &Engine, name: &str) -> Result<Gone, Error> {
    gone(
        engine
            .delete(&format!("/volumes/{}", query::encode(name)))
            .await,
        &[],
    )
}

/// Without force: Docker refuses when a container uses it, or several repositories name it.
pub(super) async fn remove_image(engine: &Engine, id: &str) -> Result<Gone, Error> {
    gone(
        engine
            .delete(&format!("/images/{}", query::encode(id)))
            .await,
        &[],
    )
}

fn gone(answer: Result<(), Error>, as_well: &[u16]) -> Result<Gone, Error> {
    match answer {
        Ok(()) => Ok(Gone::Now),
        Err(error) => match error.status() {
            Some(404) => Ok(Gone::Before),
            Some(status) if as_well.contains(&status) => Ok(Gone::Before),
            Some(_) | None => Err(error),
        },
    }
}
