//! The document as Traefik's file provider may have it beside the document itself. Pure.
//!
//! * Every router has a priority far below all that the document itself gives; among themselves they keep their order.
//! * What cannot stand twice is left out: UDP routers (two of one entry point take turns), TLS stores and the default TLS
//!   options (each may be defined once), the marker of the revision.
//! * A router with TLS options of its own document is left out: for a host with two sets of options Traefik takes its
//!   default ones, which may let in whom the right ones would not.
//! * The file provider runs its files through a template engine, so no text holds two opening braces in a row.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use thiserror::Error;

use crate::routing::traefik::encode::to_json;

/// Where the lowest of the fallback's routers stands.
const BOTTOM: i64 = -(1 << 60);
/// What Traefik calls a revision's marker.
const MARKER: &str = "pointsman-rev-";
/// Where this document's own objects are when something names them with their provider.
const OWN: &str = "@http";

/// Why a document cannot be converted.
#[derive(Debug, Error)]
pub enum ConvertError {
    /// It is damaged.
    #[error("the document is no JSON object")]
    NotJson,
}

/// The file's content.
pub fn for_file_provider(document: &[u8]) -> Result<Vec<u8>, ConvertError> {
    let document = serde_json::from_slice(document);
    let Ok(Value::Object(mut document)) = document else {
        return Err(ConvertError::NotJson);
    };
    let mut ranked = Vec::new();
    for protocol in ["http", "tcp"] {
        if let Some(routers) = section(&mut document, protocol, "routers") {
            routers.retain(|_, router| !has_own_tls_options(router));
            ranked.extend(routers.values().map(priority));
        }
    }
    ranked.sort_unstable();
    ranked.dedup();
    for protocol in ["http", "tcp"] {
        let routers = section(&mut document, protocol, "routers");
        for router in routers.into_iter().flat_map(|map| map.values_mut()) {
            let rank = ranked.binary_search(&priority(router)).unwrap_or_default();
            let rank = i64::try_from(rank).unwrap_or(i64::MAX >> 8);
            if let Value::Object(fields) = router {
                fields.insert("priority".to_owned(), Value::from(BOTTOM + rank));
            }
        }
    }
    leave_out(&mut document);
    let mut document = Value::Object(document);
    let mut own = BTreeSet::new();
    names(&document, &mut own);
    unqualify(&mut document, &own);
    Ok(without_templates(&to_json(&document)))
}

/// What Traefik would take: the one that is said, else the length of the rule.
fn priority(router: &Value) -> i64 {
    let said = router.get("priority").and_then(Value::as_i64);
    said.filter(|priority| *priority != 0).unwrap_or_else(|| {
        let rule = router.get("rule").and_then(Value::as_str);
        i64::try_from(rule.map_or(0, str::len)).unwrap_or(i64::MAX)
    })
}

fn has_own_tls_options(router: &Value) -> bool {
    let options = router.get("tls").and_then(|tls| tls.get("options"));
    let name = options.and_then(Value::as_str).unwrap_or_default();
    !name.is_empty() && name != "default" && (!name.contains('@') || name.ends_with(OWN))
}

fn section<'a>(
    document: &'a mut Map<String, Value>,
    root: &str,
    key: &str,
) -> Option<&'a mut Map<String, Value>> {
    document.get_mut(root)?.get_mut(key)?.as_object_mut()
}

fn leave_out(document: &mut Map<String, Value>) {
    document.remove("udp");
    if let Some(middlewares) = section(document, "http", "middlewares") {
        middlewares.retain(|name, _| !name.starts_with(MARKER));
    }
    if let Some(Value::Object(tls)) = document.get_mut("tls") {
        tls.remove("stores");
        if let Some(Value::Object(options)) = tls.get_mut("options") {
            options.remove("default");
        }
    }
    // what is empty would make Traefik refuse the file
    let is_empty = |value: &Value| value.as_object().is_some_and(Map::is_empty);
    for root in document.values_mut().filter_map(Value::as_object_mut) {
        root.retain(|_, section| !is_empty(section));
    }
    document.retain(|_, root| !is_empty(root));
}

/// Of all objects.
fn names(document: &Value, into: &mut BTreeSet<String>) {
    let roots = document.as_object().into_iter().flat_map(Map::values);
    let sections = roots.filter_map(Value::as_object).flat_map(Map::values);
    let objects = sections.filter_map(Value::as_object).flat_map(Map::keys);
    into.extend(objects.cloned());
}

/// The document's own objects are the file's here.
fn unqualify(value: &mut Value, own: &BTreeSet<String>) {
    match value {
        Value::String(text) => {
            if let Some(name) = text.strip_suffix(OWN).filter(|name| own.contains(*name)) {
                *text = name.to_owned();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| unqualify(item, own)),
        Value::Object(fields) => fields.values_mut().for_each(|field| unqualify(field, own)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Two opening braces in a row stand in texts only, never between them.
fn without_templates(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len());
    let mut before = 0;
    for byte in json {
        if (before, *byte) == (b'{', b'{') {
            out.extend_from_slice(b"\\u007b");
        } else {
            out.push(*byte);
        }
        before = *byte;
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn converted(document: &Value) -> Value {
        let text = for_file_provider(document.to_string().as_bytes()).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    #[test]
    fn routers_stand_below_all_others_and_keep_their_order() {
        let rule = "Host(`example.com`)";
        let file = converted(&json!({
            "http": {"routers": {
                "above": {"rule": rule, "priority": i64::MAX - 1000, "service": "s"},
                "said": {"rule": rule, "priority": 40, "service": "s"},
                "long": {"rule": rule, "service": "s"},
                "zero": {"rule": rule, "service": "s", "priority": 0},
                "low": {"rule": rule, "priority": -(1_i64 << 40), "service": "s"}}},
            "tcp": {"routers": {"t": {"rule": "HostSNI(`*`)", "service": "s"}}}}));
        let at = |root: &str, name: &str| {
            let priority = file[root]["routers"][name]["priority"].as_i64().unwrap();
            assert!(priority < -(1 << 50), "{name} is at {priority}");
            priority
        };
        assert!(at("http", "above") > at("http", "said"), "their order");
        assert!(at("http", "said") > at("http", "long"), "their order");
        assert_eq!(
            at("http", "long"),
            at("http", "zero"),
            "by the rule's length"
        );
        assert!(at("http", "long") > at("tcp", "t"), "as Traefik counts");
        assert!(at("tcp", "t") > at("http", "low"), "their order");
    }

    #[test]
    fn what_cannot_stand_twice_is_left_out() {
        let file = converted(&json!({
            "http": {
                "routers": {
                    "open": {"rule": "r", "service": "s", "tls": {"options": "modern@file"}},
                    "mutual": {"rule": "r", "service": "s", "tls": {"options": "mutual"}},
                    "own": {"rule": "r", "service": "s", "tls": {"options": "mutual@http"}}},
                "middlewares": {"pointsman-rev-0123456789abcdef": {"addPrefix": {"prefix": "/"}}}},
            "udp": {"routers": {"u": {"service": "s"}}},
            "tls": {"stores": {"default": {}}, "options": {"default": {}}}}));
        let routers: Vec<&String> = file["http"]["routers"]
            .as_object()
            .unwrap()
            .keys()
            .collect();
        assert_eq!(routers, ["open"], "not those whose TLS options would clash");
        assert_eq!(
            file["http"].as_object().unwrap().len(),
            1,
            "no empty section: {file}"
        );
        assert_eq!(file.as_object().unwrap().len(), 1, "no empty root: {file}");
    }

    #[test]
    fn own_names_lose_their_provider_and_others_keep_it() {
        let file = converted(&json!({"http": {
            "routers": {"r": {"rule": "r", "service": "s@http", "middlewares": ["m@http", "auth@file", "gone@http"]}},
            "services": {"s": {"loadBalancer": {"servers": []}}},
            "middlewares": {"m": {"addPrefix": {"prefix": "/"}}}}}));
        let router = &file["http"]["routers"]["r"];
        assert_eq!(router["service"], "s", "its own");
        assert_eq!(
            router["middlewares"],
            json!(["m", "auth@file", "gone@http"]),
            "others"
        );
    }

    #[test]
    fn no_template_is_left_for_the_file_provider() {
        let document = json!({"http": {"middlewares": {"m": {"addPrefix": {"prefix": "/{{{ env `SECRET` }}"}}}}});
        let text = for_file_provider(document.to_string().as_bytes()).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(!text.contains("{{"), "{text}");
        let back: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(back, document, "the same text");
    }
}
