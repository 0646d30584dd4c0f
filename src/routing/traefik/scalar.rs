//! Reading conventions that Traefik's label language adds to plain values.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// The name by which a label deserializer recognises a field that may be given without content
/// (`tls=true`, `sticky.cookie`): present and on with defaults, or switched off as a whole.
pub const ALLOW_EMPTY: &str = "$allow_empty";

/// For optional structs that labels may switch on without content.
pub fn allow_empty<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    struct Optional<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Optional<T> {
        type Value = Option<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("true, false or sub-fields")
        }
        fn visit_none<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(None)
        }
        fn visit_some<D: Deserializer<'de>>(
            self,
            deserializer: D,
        ) -> Result<Self::Value, D::Error> {
            T::deserialize(deserializer).map(Some)
        }
        fn visit_newtype_struct<D: Deserializer<'de>>(
            self,
            deserializer: D,
        ) -> Result<Self::Value, D::Error> {
            Option::deserialize(deserializer)
        }
    }
    deserializer.deserialize_newtype_struct(ALLOW_EMPTY, Optional(PhantomData))
}

/// The name by which a label deserializer recognises a map of texts: whatever path is below it is a key.
pub const FLAT_MAP: &str = "$flat_map";

/// For maps of texts; a key with dots in it is a path of labels.
pub fn flat_map<'de, D>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error>
where
    D: Deserializer<'de>,
{
    deserializer.deserialize_newtype_struct(FLAT_MAP, MapOf(PhantomData))
}

/// The name by which a label deserializer recognises an entry of a map that is a map itself: a value of its own says
/// nothing.
pub const MAP_ENTRY: &str = "$map_entry";

/// For maps that are entries of a map.
pub fn map_entry<'de, D, T>(deserializer: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    deserializer.deserialize_newtype_struct(MAP_ENTRY, MapOf(PhantomData))
}

struct MapOf<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for MapOf<T> {
    type Value = BTreeMap<String, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sub-fields")
    }
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        BTreeMap::deserialize(MapAccessDeserializer::new(map))
    }
    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Self::Value, D::Error> {
        BTreeMap::deserialize(deserializer)
    }
}

/// For texts of which nothing says as much as none.
pub fn non_empty<'de, D>(deserializer: D) -> Result<Option<String>, D::Error>
where
    D: Deserializer<'de>,
{
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.filter(|text| !text.is_empty()))
}

/// A field that is on or absent and says no more (`healthCheck: {}`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Empty {}

/// Go counts nanoseconds in 63 bits; a longer duration makes Traefik refuse the whole document.
const LONGEST: std::time::Duration = std::time::Duration::from_secs(9_223_372_036);

/// A duration as Traefik takes it: whole seconds, or Go syntax. Kept as written.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Duration(String);

impl Duration {
    /// A duration of whole milliseconds.
    pub fn from_millis(millis: u64) -> Self {
        Self(format!("{millis}ms"))
    }

    /// In milliseconds; 0 when it is negative.
    pub fn as_millis(&self) -> u64 {
        if let Ok(seconds) = self.0.parse::<i64>() {
            return u64::try_from(seconds).map_or(0, |seconds| seconds.saturating_mul(1000));
        }
        let text = self.0.strip_prefix('+').unwrap_or(&self.0);
        let parsed = crate::go_duration::parse(text).unwrap_or_default();
        u64::try_from(parsed.as_millis()).unwrap_or(u64::MAX)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        // as Traefik reads it: seconds when it is an integer of 64 bits, else Go's syntax
        if text.parse::<i64>().is_err() {
            let positive = text.strip_prefix(['-', '+']).unwrap_or(&text);
            let parsed = crate::go_duration::parse(positive).map_err(serde::de::Error::custom)?;
            if parsed > LONGEST {
                let message =
                    format!("{text:?} is longer than the 292 years that Traefik can count");
                return Err(serde::de::Error::custom(message));
            }
        }
        Ok(Self(text))
    }
}
