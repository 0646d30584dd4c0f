//! Servers that do not serve.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::fake_engine::FakeContainer;
use crate::support::options::Options;

use super::Uses;
use super::objects::Key;
use super::repair::is_under;

/// A server that does not serve: Traefik keeps it without an address, or with the one that a label gives.
pub(super) fn idle_server(
    key: &Key,
    servers: &mut Vec<Value>,
    world: &[FakeContainer],
    options: &Options,
    uses: &mut Uses,
) {
    let let_in = world.iter().filter(|it| options.lets_in(it));
    let (serving, idle): (Vec<_>, Vec<_>) = let_in.partition(|it| is_serving(it));
    let mut urls: BTreeSet<&str> = idle.iter().filter_map(|it| label_url(it, key)).collect();
    urls.extend(idle.iter().map(|_| ""));
    for url in serving.iter().filter_map(|it| label_url(it, key)) {
        urls.remove(url);
    }
    let before = servers.len();
    servers.retain(|server| {
        let url = server.get("url").or_else(|| server.get("address"));
        !urls.contains(url.and_then(Value::as_str).unwrap_or_default())
    });
    if servers.len() < before {
        *uses.entry("idle-server").or_default() += 1;
    }
}

/// Does it run, and is it healthy as far as anybody knows.
pub(crate) fn is_serving(it: &FakeContainer) -> bool {
    it.state == "running" && it.health.as_ref().is_none_or(|word| word == "healthy")
}

/// The URL that a container's labels give to a service, if it is one: of spellings that differ in case the last counts.
fn label_url<'a>(it: &'a FakeContainer, key: &Key) -> Option<&'a str> {
    let url = format!("traefik.{}.{}.loadbalancer.server.url", key.0, key.1);
    let spellings = it.labels.iter().rev();
    let mut urls = spellings.filter(|(label, _)| label.eq_ignore_ascii_case(&url));
    let last = urls.next().filter(|_| names(it, key));
    last.map(|(_, value)| value.as_str())
        .filter(|url| !url.is_empty())
}

/// Do its labels name this object. Within a container case does not count, and the first spelling is the name.
pub(super) fn names(it: &FakeContainer, (section, name): &Key) -> bool {
    let prefix = format!("traefik.{section}.{name}");
    let mut labels = it.labels.keys().filter(|label| is_under(label, &prefix));
    let first = labels.next().and_then(|label| label.get(..prefix.len()));
    first.is_some_and(|label| label.ends_with(name.as_str()))
}
