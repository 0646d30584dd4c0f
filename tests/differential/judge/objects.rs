//! A configuration as a flat list of named objects, without what has no meaning.

use std::collections::BTreeMap;

use serde_json::Value;

/// `http.routers` and the like, and a name.
pub(crate) type Key = (String, String);

/// A configuration's objects.
pub(crate) type Objects = BTreeMap<Key, Value>;

/// The container that tells one case from the next.
pub(crate) const SENTINEL: &str = "sentinel";

/// All objects but those of the sentinel and Pointsman's marker; servers in a fixed order.
pub(crate) fn objects(config: &Value) -> Objects {
    let mut objects = Objects::new();
    for (protocol, sections) in fields(config) {
        for (section, named) in fields(sections) {
            for (name, object) in fields(named) {
                if !is_ours(section, name) {
                    let mut object = object.clone();
                    sort_servers(&mut object);
                    objects.insert((format!("{protocol}.{section}"), name.clone()), object);
                }
            }
        }
    }
    objects
}

fn fields(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn is_ours(section: &str, name: &str) -> bool {
    let is_mark = name.starts_with("case-") || name.starts_with("pointsman-rev-");
    name == SENTINEL || section == "middlewares" && is_mark
}

/// A balancer's servers, if the object is one.
pub(crate) fn servers(object: &mut Value) -> Option<&mut Vec<Value>> {
    object
        .get_mut("loadBalancer")?
        .get_mut("servers")?
        .as_array_mut()
}

fn sort_servers(object: &mut Value) {
    if let Some(servers) = servers(object) {
        servers.sort_by_key(Value::to_string);
    }
}

/// One line for each object that is not the same on both sides.
pub(crate) fn difference(traefik: &Objects, pointsman: &Objects) -> Vec<String> {
    let all: std::collections::BTreeSet<&Key> = traefik.keys().chain(pointsman.keys()).collect();
    let differs = all
        .into_iter()
        .filter(|key| traefik.get(*key) != pointsman.get(*key));
    let show = |object: Option<&Value>| object.map_or("nothing".to_owned(), Value::to_string);
    let line = |key: &Key| {
        let (there, here) = (show(traefik.get(key)), show(pointsman.get(key)));
        format!(
            "{} {:?}\n    Traefik:   {there}\n    Pointsman: {here}",
            key.0, key.1
        )
    };
    differs.map(line).collect()
}
