//! A strict reader of documents, written from Traefik's schema and from nothing of ours: it refuses whatever would make
//! Traefik refuse a document, or hang, or shut routers that need not be shut.

mod schema;
pub(crate) mod text;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value};

use schema::{Kind, Schema};

static TRAEFIK: LazyLock<Schema> = LazyLock::new(Schema::traefik);

/// Everything that is wrong with a document; empty when Traefik 3.7 takes it.
pub(crate) fn faults(body: &[u8]) -> Vec<String> {
    let mut faults = text::faults(body);
    match serde_json::from_slice::<Value>(body) {
        Ok(document) => {
            let mut reader = Reader {
                schema: &TRAEFIK,
                faults: Vec::new(),
            };
            reader.value(&document, &Kind::Object("document".to_owned()), "");
            faults.extend(reader.faults);
            faults.extend(missing_children(&document));
        }
        Err(error) => faults.push(format!("it is no JSON: {error}")),
    }
    faults
}

struct Reader {
    schema: &'static Schema,
    faults: Vec<String>,
}

impl Reader {
    fn fault(&mut self, path: &str, what: &str) {
        self.faults.push(format!("{path}: {what}"));
    }

    fn value(&mut self, value: &Value, kind: &Kind, path: &str) {
        match (kind, value) {
            (_, Value::Null) => self.fault(path, "null"),
            (Kind::Text, Value::String(_)) | (Kind::Flag, Value::Bool(_)) => {}
            (Kind::Number, Value::Number(number)) if number.is_i64() => {}
            (Kind::Duration, Value::String(text)) => {
                if !text::is_duration(text) {
                    self.fault(path, "no duration that Go can count");
                }
            }
            (Kind::List(of), Value::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    self.value(item, of, &format!("{path}[{at}]"));
                }
            }
            (Kind::Named(of), Value::Object(fields)) => {
                self.not_empty(fields, path);
                for (name, field) in fields {
                    self.value(field, of, &format!("{path}.{name}"));
                }
            }
            (Kind::Free, free) => self.free(free, path),
            (Kind::Object(name), Value::Object(fields)) => {
                self.not_empty(fields, path);
                self.fields(fields, name, path);
            }
            (Kind::Switch(name), Value::Object(fields)) => self.fields(fields, name, path),
            _ => self.fault(path, &format!("{value} is not {kind:?}")),
        }
    }

    fn not_empty(&mut self, fields: &Map<String, Value>, path: &str) {
        if fields.is_empty() {
            self.fault(path, "an empty object");
        }
    }

    fn fields(&mut self, fields: &Map<String, Value>, name: &str, path: &str) {
        for (key, field) in fields {
            match self.schema.field(name, key) {
                Some(kind) => self.value(field, &kind, &format!("{path}.{key}")),
                None => self.fault(path, &format!("unknown field {key}")),
            }
        }
    }

    /// What a plugin is told: text, lists and maps.
    fn free(&mut self, value: &Value, path: &str) {
        match value {
            Value::Null => self.fault(path, "null"),
            Value::Array(items) => items.iter().for_each(|item| self.free(item, path)),
            Value::Object(fields) => fields.values().for_each(|field| self.free(field, path)),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// Children without a share, children that are not there, and services that contain themselves.
fn missing_children(document: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for root in ["http", "tcp", "udp"] {
        let empty = Map::new();
        let services = document[root]["services"].as_object().unwrap_or(&empty);
        let children: BTreeMap<&str, Vec<&Value>> = services
            .iter()
            .map(|(name, service)| (name.as_str(), children(service)))
            .collect();
        for (name, listed) in &children {
            for child in listed {
                let called = child["name"]
                    .as_str()
                    .or(child.as_str())
                    .unwrap_or_default();
                let local = called.strip_suffix("@http").unwrap_or(called);
                if !local.contains('@') && !services.contains_key(local) {
                    faults.push(format!("{root} service {name} has no child {called}"));
                }
                if child["weight"].as_i64().is_some_and(|weight| weight <= 0) {
                    faults.push(format!(
                        "{root} service {name} has child {called} without a share"
                    ));
                }
            }
            if comes_back(name, &children) {
                faults.push(format!("{root} service {name} contains itself"));
            }
        }
    }
    faults
}

fn children(service: &Value) -> Vec<&Value> {
    let lists = ["weighted", "highestRandomWeight"].map(|kind| &service[kind]["services"]);
    let mut children: Vec<&Value> = lists
        .into_iter()
        .filter_map(Value::as_array)
        .flatten()
        .collect();
    children.extend(
        service["mirroring"]["mirrors"]
            .as_array()
            .into_iter()
            .flatten(),
    );
    let single = [
        &service["mirroring"]["service"],
        &service["failover"]["service"],
        &service["failover"]["fallback"],
    ];
    children.extend(single.into_iter().filter(|child| child.is_string()));
    children
}

fn comes_back(name: &str, all: &BTreeMap<&str, Vec<&Value>>) -> bool {
    let mut seen: Vec<&str> = Vec::new();
    let mut next = vec![name];
    while let Some(at) = next.pop() {
        for child in all.get(at).into_iter().flatten() {
            let child = child["name"]
                .as_str()
                .or(child.as_str())
                .unwrap_or_default();
            let child = child.strip_suffix("@http").unwrap_or(child);
            if child == name {
                return true;
            }
            if !seen.contains(&child) {
                seen.push(child);
                next.push(child);
            }
        }
    }
    false
}
