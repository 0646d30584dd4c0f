//! The document and the changes of a migration as text for people.
//!
//! Objects one after the other, in the order of the document, each with its fields as YAML writes them. Values of fields
//! that may hold secrets are not shown; `--json` has the document as Traefik gets it.

use serde_json::Value;

use crate::routing::model::secrecy;

use super::migrate::{Change, Kind};

/// All objects; the mark of the revision is none.
pub(super) fn document(document: &Value) -> String {
    let mut blocks = Vec::new();
    for (protocol, sections) in fields(document) {
        for (section, objects) in fields(sections) {
            let named = fields(objects).filter(|(name, _)| !name.starts_with("pointsman-rev-"));
            for (name, object) in named {
                let mut lines = vec![format!("{protocol} {} {name}", noun(section))];
                let key = format!("traefik.{protocol}.{section}.{name}");
                write(object, &key, 1, &mut lines);
                blocks.push(lines.join("\n"));
            }
        }
    }
    if blocks.is_empty() {
        return "nothing is routed".to_owned();
    }
    blocks.join("\n\n")
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn noun(section: &str) -> &str {
    section.strip_suffix('s').unwrap_or(section)
}

fn write(value: &Value, key: &str, depth: usize, lines: &mut Vec<String>) {
    for (name, field) in fields(value) {
        let key = format!("{key}.{name}");
        let start = format!("{}{name}:", "  ".repeat(depth));
        match field {
            Value::Object(inner) if inner.is_empty() => lines.push(format!("{start} {{}}")),
            Value::Object(_) => {
                lines.push(start);
                write(field, &key, depth + 1, lines);
            }
            Value::Array(items) => {
                lines.push(start);
                for item in items {
                    write_item(item, &key, depth + 1, lines);
                }
            }
            scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {
                lines.push(format!("{start} {}", text(scalar, &key)));
            }
        }
    }
}

fn write_item(item: &Value, key: &str, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    if !item.is_object() {
        lines.push(format!("{indent}- {}", text(item, key)));
        return;
    }
    let first = lines.len();
    write(item, key, depth + 1, lines);
    if let Some(line) = lines.get_mut(first) {
        *line = format!("{indent}- {}", line.trim_start());
    }
}

/// One line, whatever is in it.
fn text(scalar: &Value, key: &str) -> String {
    let Value::String(text) = scalar else {
        return scalar.to_string();
    };
    match secrecy::shown(key, text) {
        None => "(not shown)".to_owned(),
        Some(text) if text.is_empty() || text.contains(char::is_control) => format!("{text:?}"),
        Some(text) => text,
    }
}

/// What changes, by kind.
pub(super) fn migration(changes: &[Change]) -> String {
    let mut blocks = Vec::new();
    for kind in Kind::ALL {
        let of_kind: Vec<&Change> = changes
            .iter()
            .filter(|change| change.kind == kind)
            .collect();
        if of_kind.is_empty() {
            continue;
        }
        let mut lines = vec![format!("{} ({}):", kind.title(), of_kind.len())];
        lines.extend(of_kind.iter().map(|change| line(change)));
        let mut advice: Vec<&str> = of_kind
            .iter()
            .map(|change| change.advice.as_str())
            .collect();
        advice.dedup();
        lines.extend(advice.iter().map(|advice| format!("  -> {advice}")));
        blocks.push(lines.join("\n"));
    }
    if blocks.is_empty() {
        return "nothing changes".to_owned();
    }
    blocks.join("\n\n")
}

fn line(change: &Change) -> String {
    let key = change.key.as_ref();
    let key = key.map_or_else(String::new, |key| format!(", {key}"));
    format!(
        "  {}{key}: {} -> {}",
        change.subject, change.old, change.new
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_blocks_and_secrets_are_not_shown() {
        let value = serde_json::json!({"http": {
            "routers": {"web": {"rule": "Host(`a`)", "entryPoints": ["web"], "tls": {}}},
            "services": {"web": {"loadBalancer": {"servers": [{"url": "http://10.0.0.2:80", "weight": 2}]}}},
            "middlewares": {
                "pointsman-rev-0": {"addPrefix": {"prefix": "/"}},
                "auth": {"basicAuth": {"users": ["me:hash"], "realm": ""}},
            },
        }});
        let expected = "\
http middleware auth
  basicAuth:
    realm: \"\"
    users:
      - (not shown)

http router web
  entryPoints:
    - web
  rule: Host(`a`)
  tls: {}

http service web
  loadBalancer:
    servers:
      - url: http://10.0.0.2:80
        weight: 2";
        assert_eq!(document(&value), expected, "text");
    }
}
