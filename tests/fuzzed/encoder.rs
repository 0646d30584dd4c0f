//! Any JSON through both encoders: they say the same, it is text that Traefik's YAML reader takes, and the one that writes
//! at once writes what the one by way of a tree gives.

use pointsman::routing::traefik::Section;
use pointsman::routing::traefik::encode::{is_long_key, object, to_json};
use pointsman::routing::traefik::lean::{Lean, lean};
use serde_json::Value;

use super::strict::text;

/// What it is told about every value inside another.
fn any(value: &Value, is: &dyn Fn(&Value) -> bool) -> bool {
    let inside = match value {
        Value::Array(items) => items.iter().any(|item| any(item, is)),
        Value::Object(fields) => fields.values().any(|field| any(field, is)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    inside || is(value)
}

fn has_long_key(value: &Value) -> bool {
    any(value, &|inner| {
        let fields = inner.as_object().into_iter().flatten();
        fields.map(|(key, _)| key).any(|key| is_long_key(key))
    })
}

/// Panics when it does not hold.
pub(crate) fn hold(data: &[u8]) {
    let value = match serde_json::from_slice::<Value>(data) {
        Ok(value) => value,
        Err(_) => Value::String(String::from_utf8_lossy(data).into_owned()),
    };
    // no field has fractions, and JSON readers round them in their own ways
    if any(&value, &Value::is_f64) {
        return;
    }
    let json = to_json(&value);
    let read: Value = serde_json::from_slice(&json).expect("it is JSON");
    assert_eq!(read, value, "says the same");
    if !has_long_key(&value) {
        assert_eq!(text::faults(&json), Vec::<String>::new());
    }
    for section in Section::ALL {
        let by_tree = object(section, &value);
        if let Some(tree) = &by_tree {
            assert!(!any(tree, &Value::is_null), "a null is left in {tree}");
        }
        let expected = match &by_tree {
            None => Lean::Nothing,
            Some(tree) if has_long_key(tree) => Lean::LongKey,
            Some(tree) => Lean::Written(to_json(tree)),
        };
        assert_eq!(lean(section, &value, Vec::new()), expected, "{section:?}");
    }
}
