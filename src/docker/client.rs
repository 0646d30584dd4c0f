//! The door to the Engine: connect first, then speak the version that was agreed on.
//!
//! [`Client`] only knows where the Engine is. [`Client::connect`] asks which versions it speaks and gives an [`Engine`],
//! which has the few verbs that we use and no other; what removes stacks is in `removal`. Deviation from the usual crate (bollard):
//! its time-outs do not cover bodies, one unknown word ends its streams, and we need some fifteen calls.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use hyper::body::Incoming;
use serde_json::json;

use crate::routing::ids::ContainerId;
use crate::routing::model::Container;

use super::endpoint::Endpoint;
use super::error::Error;
use super::http::{self, Call, Connection};
use super::json_objects::{JsonObjects, Piece};
use super::timing::Timing;
use super::version::ApiVersion;
use super::wire::{Event, Inspected, Listed, Network, VersionAnswer};
use super::{convert, query};

/// A container above this size is passed over, and named in the log.
const CONTAINER_BYTES: usize = 4 * 1024 * 1024;
/// An event above this size is not held; it counts as an unknown event.
pub(super) const EVENT_BYTES: usize = 16 * 1024 * 1024;
/// The largest answer that is not a list of containers.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Where the Engine is. Cheap to clone; opens nothing by itself.
#[derive(Clone, Debug)]
pub struct Client {
    endpoint: Arc<Endpoint>,
}

/// An Engine whose version is known. Holds no connection: each call opens its own.
#[derive(Clone, Debug)]
pub(super) struct Engine {
    endpoint: Arc<Endpoint>,
    version: ApiVersion,
    /// The daemon's clock when the version was asked, in seconds since the epoch.
    date: Option<i64>,
    timing: Arc<Timing>,
}

/// Whether to disconnect what a running container would not give up, or a network that is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Force {
    Yes,
    No,
}

/// Containers, and how many could not be read.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub containers: Vec<Container>,
    pub undecodable: usize,
}

impl Client {
    /// For an Engine at this endpoint.
    pub fn new(endpoint: Endpoint) -> Self {
        Self {
            endpoint: Arc::new(endpoint),
        }
    }

    /// Where.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Asks for the Engine's versions and agrees on one.
    pub(super) async fn connect(&self, timing: &Arc<Timing>) -> Result<Engine, Error> {
        let call = Call::get("/version".to_owned(), timing.call_deadline);
        let (date, answer) = match collect(&self.endpoint, &call).await {
            Ok((headers, body)) => {
                let answer = serde_json::from_slice::<VersionAnswer>(&body);
                let answer = answer.map_err(|error| call.decode_error(error.to_string()))?;
                (http::date(&headers), answer)
            }
            // a socket proxy may allow no more than the ping
            Err(error) if error.status().is_some_and(|status| status < 500) => {
                self.ping_version(timing).await?
            }
            Err(error) => return Err(error),
        };
        let newest = ApiVersion::parse(&answer.api_version)
            .ok_or_else(|| call.decode_error("no ApiVersion"))?;
        let oldest = ApiVersion::parse(&answer.min_api_version).unwrap_or(ApiVersion::OLDEST);
        Ok(Engine {
            endpoint: Arc::clone(&self.endpoint),
            version: ApiVersion::negotiate(oldest, newest)?,
            date,
            timing: Arc::clone(timing),
        })
    }

    async fn ping_version(&self, timing: &Timing) -> Result<(Option<i64>, VersionAnswer), Error> {
        let call = Call::get("/_ping".to_owned(), timing.call_deadline);
        let (headers, _body) = collect(&self.endpoint, &call).await?;
        let version = headers
            .get("api-version")
            .and_then(|value| value.to_str().ok());
        let answer = VersionAnswer {
            api_version: version.unwrap_or_default().to_owned(),
            ..VersionAnswer::default()
        };
        Ok((http::date(&headers), answer))
    }
}

impl Engine {
    /// The version that is spoken.
    pub(super) const fn version(&self) -> ApiVersion {
        self.version
    }

    /// The daemon's clock at the connect, in seconds since the epoch.
    pub(super) const fn date(&self) -> Option<i64> {
        self.date
    }

    /// Does the daemon answer at all.
    pub(super) async fn ping(&self) -> Result<(), Error> {
        let call = Call::get("/_ping".to_owned(), self.timing.ping_deadline);
        collect(&self.endpoint, &call).await.map(|_answer| ())
    }

    /// Opens the event stream for containers and networks. It begins a little before the connect, because the Engine sends
    /// the head before it subscribes.
    pub(super) async fn events(&self) -> Result<(Call, Connection, Incoming), Error> {
        let margin = i64::try_from(self.timing.since_margin.as_secs()).unwrap_or(i64::MAX);
        let since = self
            .date
            .map(|date| format!("&since={}", date.saturating_sub(margin)));
        let filters = query::encode(r#"{"type":["container","network"]}"#);
        let query = format!("/events?filters={filters}{}", since.unwrap_or_default());
        let call = Call::get(self.path(&query), self.timing.call_deadline);
        let (connection, body) = http::open_stream(&self.endpoint, &call).await?;
        Ok((call, connection, body))
    }

    /// The kept events of these actions about containers between these two moments of the daemon's clock, in nanoseconds; both are in it.
    pub(super) async fn past_events(
        &self,
        (since_ns, until_ns): (i64, i64),
        actions: &[&str],
        take: &mut (dyn FnMut(Event) + Send),
    ) -> Result<(), Error> {
        let filters = json!({ "type": ["container"], "event": actions });
        let filters = query::encode(&filters.to_string());
        let (since, until) = (timestamp(since_ns), timestamp(until_ns));
        let query = format!("/events?filters={filters}&since={since}&until={until}");
        let call = Call::get(self.path(&query), self.timing.call_deadline);
        let mut objects = JsonObjects::stream(EVENT_BYTES);
        let mut sink = |chunk: &[u8]| {
            let pieces = objects.push(chunk);
            let stray = |error| call.decode_error(format!("{error:?} between events"));
            for piece in pieces.map_err(stray)? {
                if let Piece::Object(bytes) = piece
                    && let Ok(event) = serde_json::from_slice(&bytes)
                {
                    take(event);
                }
            }
            Ok(())
        };
        http::exchange(&self.endpoint, &call, &mut sink).await?;
        Ok(())
    }

    /// All containers in any state.
    pub(super) async fn list_all(&self) -> Result<Listing, Error> {
        self.list(self.path("/containers/json?all=1")).await
    }

    /// Those of these containers that there are.
    pub(super) async fn list_ids(&self, ids: &[ContainerId]) -> Result<Listing, Error> {
        let ids: Vec<&str> = ids.iter().map(ContainerId::as_str).collect();
        self.list_filtered(&json!({ "id": ids })).await
    }

    /// Those in any state that pass the Engine's filters.
    pub(super) async fn list_filtered(
        &self,
        filters: &serde_json::Value,
    ) -> Result<Listing, Error> {
        let filters = query::encode(&filters.to_string());
        self.list(self.path(&format!("/containers/json?all=1&filters={filters}")))
            .await
    }

    async fn list(&self, path: String) -> Result<Listing, Error> {
        let call = Call::get(path, self.timing.call_deadline);
        let mut listing = Listing::default();
        let mut objects = JsonObjects::list(CONTAINER_BYTES);
        let mut sink = |chunk: &[u8]| {
            let pieces = objects.push(chunk);
            let stray = |error| call.decode_error(format!("{error:?} in the list of containers"));
            pieces
                .map_err(stray)?
                .into_iter()
                .for_each(|piece| listing.take(piece));
            Ok(())
        };
        http::exchange(&self.endpoint, &call, &mut sink).await?;
        if objects.is_complete() {
            Ok(listing)
        } else {
            Err(call.decode_error("the list of containers has no end"))
        }
    }

    /// One container in full. May wait for the container's lock while it starts or stops.
    pub(super) async fn inspect(&self, id: &ContainerId) -> Result<Inspected, Error> {
        let path = format!("/containers/{}/json", query::encode(id.as_str()));
        self.ask(&path).await
    }

    /// All networks by name. Of two with one name (Docker allows it) the last stands.
    pub(super) async fn networks(&self) -> Result<BTreeMap<String, Network>, Error> {
        let networks: Vec<Network> = self.ask("/networks").await?;
        let by_name = networks
            .into_iter()
            .map(|network| (network.name.clone(), network));
        Ok(by_name.collect())
    }

    /// Connects a container to a network.
    pub(super) async fn network_connect(
        &self,
        network_id: &str,
        container: &ContainerId,
        endpoint_config: &serde_json::Value,
    ) -> Result<(), Error> {
        let body = json!({ "Container": container.as_str(), "EndpointConfig": endpoint_config });
        self.post(network_id, "connect", &body).await
    }

    /// Disconnects a container from a network.
    pub(super) async fn network_disconnect(
        &self,
        network: &str,
        container: &ContainerId,
        force: Force,
    ) -> Result<(), Error> {
        let body = json!({ "Container": container.as_str(), "Force": force == Force::Yes });
        self.post(network, "disconnect", &body).await
    }

    /// Removes a network; Docker refuses while a running container is on it.
    pub(super) async fn network_remove(&self, network_id: &str) -> Result<(), Error> {
        self.delete(&format!("/networks/{}", query::encode(network_id)))
            .await
    }

    /// Removes what is at a path.
    pub(super) async fn delete(&self, path: &str) -> Result<(), Error> {
        self.send(Method::DELETE, path, self.timing.call_deadline)
            .await
    }

    /// A call without a body whose answer says nothing.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        deadline: Duration,
    ) -> Result<(), Error> {
        let call = Call::new(method, self.path(path), deadline);
        collect(&self.endpoint, &call).await.map(|_answer| ())
    }

    /// What is at a path.
    pub(super) async fn ask<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.ask_within(path, self.timing.call_deadline).await
    }

    /// The same, with a deadline of its own.
    pub(super) async fn ask_within<T: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        deadline: Duration,
    ) -> Result<T, Error> {
        let call = Call::get(self.path(path), deadline);
        let (_headers, body) = collect(&self.endpoint, &call).await?;
        serde_json::from_slice(&body).map_err(|error| call.decode_error(error.to_string()))
    }

    async fn post(&self, network: &str, verb: &str, body: &serde_json::Value) -> Result<(), Error> {
        let path = self.path(&format!("/networks/{}/{verb}", query::encode(network)));
        let mut call = Call::new(Method::POST, path, self.timing.call_deadline);
        call.body = Some(body.to_string());
        collect(&self.endpoint, &call).await.map(|_answer| ())
    }

    fn path(&self, rest: &str) -> String {
        format!("/v{}{rest}", self.version)
    }
}

impl Listing {
    fn take(&mut self, piece: Piece) {
        let bytes = match piece {
            Piece::Object(bytes) => bytes,
            Piece::TooLarge(start) => {
                let start = String::from_utf8_lossy(&start).into_owned();
                tracing::warn!(
                    start,
                    "a container with more than 4 MiB of labels is passed over"
                );
                self.undecodable += 1;
                return;
            }
        };
        match serde_json::from_slice::<Listed>(&bytes) {
            Ok(listed) => self.containers.extend(convert::container(listed)),
            Err(error) => {
                tracing::warn!(%error, "a container of the list cannot be read and is passed over");
                self.undecodable += 1;
            }
        }
    }
}

/// As the Engine reads a moment: seconds and their nine decimals.
fn timestamp(at_ns: i64) -> String {
    let (seconds, nanos) = (
        at_ns.div_euclid(1_000_000_000),
        at_ns.rem_euclid(1_000_000_000),
    );
    format!("{seconds}.{nanos:09}")
}

async fn collect(endpoint: &Endpoint, call: &Call) -> Result<(hyper::HeaderMap, Vec<u8>), Error> {
    let mut body = Vec::new();
    let mut sink = |chunk: &[u8]| {
        if body.len() + chunk.len() > ANSWER_BYTES {
            return Err(call.decode_error("longer than 64 MiB"));
        }
        body.extend_from_slice(chunk);
        Ok(())
    };
    let headers = http::exchange(endpoint, call, &mut sink).await?;
    Ok((headers, body))
}
