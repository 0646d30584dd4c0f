//! Any JSON through the encoder: it says the same, and is text that Traefik's YAML reader takes.
#![no_main]

#[path = "../../tests/strict/text.rs"]
mod text;

use libfuzzer_sys::fuzz_target;
use pointsman::routing::traefik::Section;
use pointsman::routing::traefik::encode::{has_long_key, object, to_json};
use serde_json::Value;

fn is_bare(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(is_bare),
        Value::Object(fields) => fields.values().any(is_bare),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Fractions: no field has them, and JSON readers round them in their own ways.
fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(items) => items.iter().any(has_fraction),
        Value::Object(fields) => fields.values().any(has_fraction),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

fuzz_target!(|data: &[u8]| {
    let value = match serde_json::from_slice::<Value>(data) {
        Ok(value) => value,
        Err(_) => Value::String(String::from_utf8_lossy(data).into_owned()),
    };
    if has_fraction(&value) {
        return;
    }
    let json = to_json(&value);
    assert_eq!(serde_json::from_slice::<Value>(&json).expect("it is JSON"), value, "says the same");
    if !has_long_key(&value) {
        assert_eq!(text::faults(&json), Vec::<String>::new());
    }
    for section in Section::ALL {
        if let Some(pruned) = object(section, &value) {
            assert!(!is_bare(&pruned), "a null is left in {pruned}");
        }
    }
});
