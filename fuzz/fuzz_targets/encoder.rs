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

fuzz_target!(|data: &[u8]| {
    let value = match serde_json::from_slice::<Value>(data) {
        Ok(value) => value,
        Err(_) => Value::String(String::from_utf8_lossy(data).into_owned()),
    };
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
