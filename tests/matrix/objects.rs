//! Every object that can be written: per section the fullest ones, one for each kind, and one for each field alone.

use std::collections::BTreeSet;

use pointsman::routing::table::fragment::{Fragment, Object, members};
use pointsman::routing::traefik::http::{Router, Service};
use pointsman::routing::traefik::middleware::Middleware;
use pointsman::routing::traefik::tcp::{TcpMiddleware, TcpRouter, TcpService};
use pointsman::routing::traefik::tls::{TlsOptions, TlsStore};
use pointsman::routing::traefik::transport::{ServersTransport, TcpServersTransport};
use pointsman::routing::traefik::udp::{UdpRouter, UdpService};
use pointsman::routing::traefik::{Document, Section};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::fullest::fullest;
use super::traefik::Version;

/// The fullest value of a section's type. Labels describe a server otherwise than the document does, so servers are
/// put in by hand.
fn full(section: Section) -> Value {
    match section {
        Section::HttpRouters => value(&fullest::<Router>()),
        Section::HttpServices => {
            let mut service: Service = fullest();
            service.load_balancer.as_mut().unwrap().servers = vec![fullest()];
            value(&service)
        }
        Section::HttpMiddlewares => value(&fullest::<Middleware>()),
        Section::HttpServersTransports => value(&fullest::<ServersTransport>()),
        Section::TcpRouters => value(&fullest::<TcpRouter>()),
        Section::TcpServices => {
            let mut service: TcpService = fullest();
            service.load_balancer.as_mut().unwrap().servers = vec![fullest()];
            value(&service)
        }
        Section::TcpMiddlewares => value(&fullest::<TcpMiddleware>()),
        Section::TcpServersTransports => value(&fullest::<TcpServersTransport>()),
        Section::UdpRouters => value(&fullest::<UdpRouter>()),
        Section::UdpServices => {
            let mut service: UdpService = fullest();
            service.load_balancer.as_mut().unwrap().servers = vec![fullest()];
            value(&service)
        }
        Section::TlsOptions => value(&fullest::<TlsOptions>()),
        Section::TlsStores => value(&fullest::<TlsStore>()),
    }
}

fn value<T: Serialize>(object: &T) -> Value {
    serde_json::to_value(object).unwrap()
}

/// Where a field stands, list positions not counted, and an object that holds nothing else.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    pub(crate) path: String,
    pub(crate) object: Value,
}

/// Every field of a section, each in an object of its own.
pub(crate) fn leaves(section: Section) -> Vec<Leaf> {
    let below = leaves_of(&full(section));
    let place = |leaf: Leaf| Leaf {
        path: format!("{section}{}", leaf.path),
        ..leaf
    };
    below.into_iter().map(place).collect()
}

fn leaves_of(value: &Value) -> Vec<Leaf> {
    let inner: Vec<Leaf> = match value {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, field)| {
                leaves_of(field).into_iter().map(move |leaf| Leaf {
                    path: format!(".{key}{}", leaf.path),
                    object: json!({key: leaf.object}),
                })
            })
            .collect(),
        Value::Array(items) => {
            let inner = items.iter().flat_map(leaves_of);
            inner
                .map(|leaf| Leaf {
                    object: json!([leaf.object]),
                    ..leaf
                })
                .collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    if inner.is_empty() {
        return vec![Leaf {
            path: String::new(),
            object: value.clone(),
        }];
    }
    inner
}

/// Every object inside a value, emptied, in an object that holds nothing else: some mean "on, with defaults", and the
/// others must not be written.
fn hollows(value: &Value) -> Vec<Value> {
    match value {
        Value::Object(fields) => {
            let inner = fields.iter().flat_map(|(key, field)| {
                let inner = hollows(field).into_iter();
                inner.map(move |hollow| json!({key: hollow}))
            });
            std::iter::once(json!({})).chain(inner).collect()
        }
        Value::Array(items) => {
            let inner = items.iter().flat_map(hollows);
            inner.map(|hollow| json!([hollow])).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// All objects of a section: the fullest, each kind of it, each field alone, each object in it emptied.
fn objects(section: Section) -> Vec<Value> {
    let full = full(section);
    let kinds = full.as_object().expect("sections hold objects").clone();
    let one = |(key, field): (String, Value)| Value::Object(Map::from_iter([(key, field)]));
    let alone = leaves(section).into_iter().map(|leaf| leaf.object);
    let each = kinds
        .into_iter()
        .map(one)
        .chain(alone)
        .chain(hollows(&full));
    std::iter::once(full.clone()).chain(each).collect()
}

/// All objects of all sections, as they are rendered for a release; and what was told.
pub(crate) fn document(traefik: Version) -> (Document, BTreeSet<String>) {
    let mut fragment = Fragment::default();
    for section in Section::ALL {
        for (index, object) in objects(section).into_iter().enumerate() {
            // what says nothing is not written, which is a diagnostic and not an object
            let made = Object::new(section, format!("o{index}"), &object, Vec::new());
            fragment.objects.extend(made.ok());
        }
    }
    fragment.fit(traefik);
    let mut document = Document::default();
    let all: Vec<&Object> = fragment.objects.iter().collect();
    for section in Section::ALL {
        document.replace(section, "matrix", members(&all, section));
    }
    let told = fragment.diagnostics.into_iter().filter_map(|told| told.key);
    (document, told.collect())
}
