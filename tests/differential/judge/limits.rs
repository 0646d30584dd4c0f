//! What Pointsman refuses although Traefik takes it: each kind checked against the labels themselves.

use crate::support::fake_engine::FakeContainer;

use super::faults::Blame;
use super::repair::is_under;

/// Is it what the rule is for.
pub(crate) fn check(rule: &str, blame: &Blame, container: &FakeContainer) -> Result<(), String> {
    let is_so = match (rule, blame) {
        ("deep-key", Blame::Label(key)) => key.split('.').count() > 32,
        // Traefik has use for one name only
        ("object-name", Blame::Object(section, _)) if section.starts_with("tls.") => true,
        ("object-name", Blame::Object(_, name)) => {
            name.contains('@') || name.len() > 500 || name.starts_with("pointsman-rev-")
        }
        // no kind at all, for a container that does not serve
        ("says-nothing", Blame::Object(section, name)) => {
            below(container, section, name).all(|(path, _)| path.starts_with(".middlewares"))
        }
        ("list-separator", Blame::Object(section, name)) => {
            below(container, section, name).any(|(_, value)| value.contains('\u{2551}'))
        }
        ("server-limits", Blame::Object(section, name)) => {
            below(container, section, name).any(|(path, value)| is_beyond(&path, value))
        }
        _ => false,
    };
    let why = || format!("no case for {rule}: {blame:?} of {}", container.name);
    is_so.then_some(()).ok_or_else(why)
}

/// Paths in lower case, below an object.
fn below<'a>(
    container: &'a FakeContainer,
    section: &str,
    name: &str,
) -> impl Iterator<Item = (String, &'a str)> {
    let prefix = format!("traefik.{section}.{name}");
    let labels = container.labels.iter();
    labels.filter_map(move |(label, value)| {
        let path = is_under(label, &prefix).then(|| label.get(prefix.len()..))??;
        Some((path.to_ascii_lowercase(), value.as_str()))
    })
}

fn is_beyond(path: &str, value: &str) -> bool {
    match path {
        ".loadbalancer.server.scheme" => {
            !value.is_empty() && !["http", "https", "h2c"].contains(&value)
        }
        ".loadbalancer.server.weight" => value.parse::<i64>().is_ok_and(|weight| weight <= 0),
        ".loadbalancer.server.port" => {
            !value.is_empty() && value.parse::<u16>().ok().is_none_or(|port| port == 0)
        }
        _ => false,
    }
}

/// Text of a rule that Traefik reads and Pointsman does not: escapes, comments.
pub(crate) fn is_exotic(rule: &str) -> bool {
    ["\\", "//", "/*"].iter().any(|mark| rule.contains(mark))
}
