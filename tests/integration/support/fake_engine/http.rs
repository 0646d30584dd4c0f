//! The fake daemon's HTTP: routes, codes and the event stream's endless body.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame as HttpFrame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::UnixListener;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::container::FakeContainer;
use super::world::{Frame, World, network_id};
use super::{Shared, refusal, removal, world};

pub(super) type Answer = Response<BoxBody<Bytes, std::io::Error>>;

/// Accepts for ever; its connections end with it.
pub(super) async fn serve(listener: UnixListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        connections.spawn(async move {
            let service = service_fn(|request| answer(Arc::clone(&shared), request));
            // clients that go away are no news
            drop(
                http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await,
            );
        });
    }
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Answer, std::convert::Infallible> {
    let method = request.method().as_str().to_owned();
    let path = request.uri().path().to_owned();
    let query = decode(request.uri().query().unwrap_or_default());
    let mark = if query.is_empty() { "" } else { "?" };
    shared
        .calls
        .send_modify(|calls| calls.push(format!("{method} {path}{mark}{query}")));
    let mut stalled = shared.stalled.subscribe();
    stalled.wait_for(|stalled| !stalled).await.unwrap();
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Ok(route(&shared, &method, &path, &query, &body).await)
}

async fn route(
    shared: &Arc<Shared>,
    method: &str,
    path: &str,
    query: &str,
    body: &Value,
) -> Answer {
    let (version, path) = unversioned(path);
    let refused = refuse(&shared.world(), version, method, path);
    if let Some(refused) = refused {
        return refused;
    }
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    match (method, parts.as_slice()) {
        ("GET", ["version"]) => {
            let (oldest, newest) = shared.world().versions.clone();
            let version =
                json!({ "Version": "20.10.24", "ApiVersion": newest, "MinAPIVersion": oldest });
            dated(json_answer(200, &version), &shared.world())
        }
        ("GET" | "HEAD", ["_ping"]) => ping(&shared.world()),
        ("GET", ["events"]) => events(shared, query),
        ("GET", ["containers", "json"]) => list(shared, query).await,
        ("GET", ["containers", id, "json"]) => match find_container(&shared.world(), id) {
            Some(container) => json_answer(200, &container.inspected()),
            None => json_answer(404, &refusal(&format!("No such container: {id}"))),
        },
        ("GET", ["info"]) => {
            let pools = &shared.world().address_pools;
            json_answer(200, &json!({ "ID": "fake", "DefaultAddressPools": pools }))
        }
        ("GET", ["networks"]) => networks(&shared.world()),
        ("POST", ["networks", id, "connect"]) => connect(&mut shared.world(), id, body),
        ("POST", ["networks", id, "disconnect"]) => disconnect(&mut shared.world(), id, body),
        ("DELETE", ["networks", id]) => remove_network(&mut shared.world(), id),
        ("POST", ["containers", id, "stop"]) => removal::stop(shared, id).await,
        ("DELETE", ["containers", id]) => removal::remove_container(&mut shared.world(), id),
        ("GET", ["volumes"]) => removal::volumes(&shared.world(), query),
        ("DELETE", ["volumes", name]) => removal::remove_volume(&mut shared.world(), name),
        ("DELETE", ["images", id]) => removal::remove_image(&mut shared.world(), &decode(id)),
        _ => json_answer(404, &refusal("page not found")),
    }
}

fn unversioned(path: &str) -> (Option<&str>, &str) {
    let versioned = path
        .strip_prefix("/v")
        .and_then(|rest| rest.split_once('/'));
    match versioned {
        Some((version, rest)) if version.starts_with("1.") => (Some(version), rest),
        _ => (None, path),
    }
}

fn refuse(world: &World, version: Option<&str>, method: &str, path: &str) -> Option<Answer> {
    let minor = |version: &str| version.strip_prefix("1.").unwrap().parse::<u32>().unwrap();
    let (oldest, newest) = &world.versions;
    if version.is_some_and(|version| minor(version) > minor(newest)) {
        return Some(json_answer(400, &refusal("client version is too new")));
    }
    if version.is_some_and(|version| minor(version) < minor(oldest)) {
        return Some(json_answer(400, &refusal("client version is too old")));
    }
    let call = format!("{method} /{}", path.trim_start_matches('/'));
    let mut answers = world.faults.answers.iter();
    let (_, status, message) = answers.find(|(prefix, ..)| call.starts_with(prefix))?;
    Some(json_answer(*status, &refusal(message)))
}

fn dated(mut answer: Answer, world: &World) -> Answer {
    let date = world.now().strftime("%a, %d %b %Y %H:%M:%S GMT");
    let date = date.to_string().parse().unwrap();
    answer.headers_mut().insert(hyper::header::DATE, date);
    answer
}

fn ping(world: &World) -> Answer {
    let mut answer = text_answer(200, "OK");
    let version = world.versions.1.parse().unwrap();
    answer.headers_mut().insert("api-version", version);
    answer
}

fn events(shared: &Arc<Shared>, query: &str) -> Answer {
    let moment = |key: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, text) = pairs.find(|(name, _)| *name == key)?;
        Some(world::nanoseconds(text))
    };
    let since = moment("since");
    if let Some(until) = moment("until") {
        let kept = shared.world().kept(since, until);
        return text_answer(200, &kept);
    }
    let (stream_tx, stream_rx) = World::stream_queue();
    let gap = shared.world().faults.subscribe_gap;
    if gap.is_zero() {
        shared.world().subscribe(stream_tx, since);
    } else {
        let late = Arc::clone(shared);
        shared.subscriptions.lock().unwrap().spawn(async move {
            tokio::time::sleep(gap).await;
            late.world().subscribe(stream_tx, since);
        });
    }
    Response::new(EventBody(stream_rx).boxed())
}

/// The snapshot is taken at once and sent after the delay.
async fn list(shared: &Arc<Shared>, query: &str) -> Answer {
    let (containers, delay) = {
        let world = shared.world();
        let filters = query
            .split('&')
            .find_map(|pair| pair.strip_prefix("filters="));
        let filters = filters.map(removal::Filters::parse);
        let wanted = |container: &&FakeContainer| {
            filters
                .as_ref()
                .is_none_or(|filters| filters.pass(container))
        };
        let now = Instant::now();
        let listed = world
            .containers
            .values()
            .filter(wanted)
            .map(|container| container.listed(now));
        (listed.collect::<Vec<_>>(), world.faults.list_delay)
    };
    tokio::time::sleep(delay).await;
    json_answer(200, &json!(containers))
}

fn networks(world: &World) -> Answer {
    let network = |network: &super::FakeNetwork| {
        json!({ "Name": network.name, "Id": network_id(&network.name), "Internal": network.internal,
            "Labels": network.labels, "Driver": "bridge", "Scope": "local", "Containers": {},
            "IPAM": { "Driver": "default", "Options": null, "Config": network.subnet.iter()
                .map(|subnet| json!({ "Subnet": subnet, "Gateway": "" })).collect::<Vec<_>>() } })
    };
    json_answer(
        200,
        &json!(world.networks.values().map(network).collect::<Vec<_>>()),
    )
}

pub(super) fn find_container<'a>(world: &'a World, id: &str) -> Option<&'a FakeContainer> {
    world
        .containers
        .values()
        .find(|container| container.id == id || container.name == id)
}

fn find_network(world: &World, id: &str) -> Option<String> {
    world
        .networks
        .keys()
        .find(|name| network_id(name) == id || *name == id)
        .cloned()
}

fn connect(world: &mut World, id: &str, body: &Value) -> Answer {
    let Some(network) = find_network(world, id) else {
        return json_answer(404, &refusal(&format!("network {id} not found")));
    };
    let Some(container) = find_container(world, body["Container"].as_str().unwrap()).cloned()
    else {
        return json_answer(404, &refusal("No such container"));
    };
    if container.network_mode == "host" {
        return json_answer(
            400,
            &refusal(
                "container sharing network namespace with another container or host cannot be connected to any other network",
            ),
        );
    }
    if container.networks.contains_key(&network) {
        let message = format!(
            "endpoint with name {} already exists in network {network}",
            container.name
        );
        return json_answer(403, &refusal(&message));
    }
    world.connect(
        &container.name,
        &network,
        "172.30.0.9",
        body["EndpointConfig"].clone(),
    );
    text_answer(200, "")
}

fn disconnect(world: &mut World, id: &str, body: &Value) -> Answer {
    let force = body["Force"].as_bool().unwrap();
    let network = match find_network(world, id) {
        Some(network) => network,
        None if force => id.to_owned(),
        None => return json_answer(404, &refusal(&format!("network {id} not found"))),
    };
    let Some(container) = find_container(world, body["Container"].as_str().unwrap()).cloned()
    else {
        return json_answer(404, &refusal("No such container"));
    };
    if !container.networks.contains_key(&network) {
        let message = format!(
            "container {} is not connected to network {network}",
            container.id
        );
        return json_answer(500, &refusal(&message));
    }
    world.disconnect(&container.name, &network);
    text_answer(200, "")
}

fn remove_network(world: &mut World, id: &str) -> Answer {
    let Some(network) = find_network(world, id) else {
        return json_answer(404, &refusal(&format!("network {id} not found")));
    };
    let mut containers = world.containers.values();
    if containers.any(|container| container.is_alive() && container.networks.contains_key(&network))
    {
        return json_answer(
            403,
            &refusal(&format!(
                "error while removing network: network {network} has active endpoints"
            )),
        );
    }
    world.networks.remove(&network);
    text_answer(204, "")
}

pub(super) fn json_answer(status: u16, value: &Value) -> Answer {
    text_answer(status, &value.to_string())
}

pub(super) fn text_answer(status: u16, text: &str) -> Answer {
    let body = Full::new(Bytes::copy_from_slice(text.as_bytes()));
    let mut answer = Response::new(body.map_err(|never| match never {}).boxed());
    *answer.status_mut() = status.try_into().unwrap();
    answer
}

fn decode(query: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = query.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let hex: String = rest.by_ref().take(2).map(char::from).collect();
            bytes.push(u8::from_str_radix(&hex, 16).unwrap());
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).unwrap()
}

/// Frames as they come; ends when the sender does.
struct EventBody(mpsc::Receiver<Frame>);

impl Body for EventBody {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<HttpFrame<Bytes>, std::io::Error>>> {
        let frame = |frame: Option<Frame>| frame.map(|bytes| bytes.map(HttpFrame::data));
        self.0.poll_recv(context).map(frame)
    }
}
