//! Host names of one env: templates to names, and names back to what they stand for.
//!
//! A service with a host prefix has a dotted and a one-label form of each name; the one-label forms fit a
//! wildcard certificate. What is not valid DNS is left out; a first label that is too long is cut with a hash.

use std::borrow::Cow;
use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use crate::routing::ids::{Version, slug};
use crate::routing::labels::managed::{is_dns_label, is_dns_name};
use crate::routing::model::EnvRecord;
use crate::routing::traefik::rule::canonical_host;

/// Which router a host belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The live host.
    Live,
    /// The host of the staged slot.
    Staged,
    /// A version's own hosts.
    Preview(Version),
}

/// All names of a place, for a host prefix or none; valid DNS only, without repetition, in the order of the
/// product's table.
pub fn names(env: &EnvRecord, place: &Place, prefix: Option<&str>) -> Vec<String> {
    let (dotted, joined) = bases(env, place);
    let wanted = match prefix {
        Some(prefix) => [format!("{prefix}.{dotted}"), format!("{prefix}-{joined}")],
        None => [dotted, joined],
    };
    let mut names = Vec::new();
    for name in wanted.into_iter().filter(|name| is_dns_name(name)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The verbatim form, to which `prefix.` goes, and the one-label form, to which `prefix-` goes.
fn bases(env: &EnvRecord, place: &Place) -> (String, String) {
    match place {
        Place::Live => both(&env.hosts.live, env, None),
        Place::Staged => both(&env.hosts.staged, env, None),
        Place::Preview(version) => both(&env.hosts.preview, env, Some(version)),
    }
}

fn both(template: &str, env: &EnvRecord, version: Option<&Version>) -> (String, String) {
    let Some(version) = version else {
        let name = fit(&fill(template, env, ""));
        return (name.clone(), name);
    };
    let verbatim = fill(template, env, &version.as_str().to_ascii_lowercase());
    (verbatim, fit(&fill(template, env, &version.slug())))
}

/// A template with its placeholders filled in; what is none stays.
fn fill(template: &str, env: &EnvRecord, version: &str) -> String {
    let mut filled = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let known = after
            .split_once('}')
            .and_then(|(name, behind)| Some((placed(name, env, version)?, behind)));
        let (text, behind) = known.unwrap_or((Cow::Borrowed("{"), after));
        filled.push_str(&text);
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

/// What a placeholder stands for.
fn placed<'a>(name: &str, env: &'a EnvRecord, version: &'a str) -> Option<Cow<'a, str>> {
    match name {
        "version_slug" => Some(Cow::Owned(slug(version))),
        "version" => Some(Cow::Borrowed(version)),
        "app" => Some(Cow::Borrowed(env.key.app.as_str())),
        "env" => Some(Cow::Borrowed(env.key.env.as_str())),
        "domain" => Some(Cow::Borrowed(&env.domain)),
        _ => None,
    }
}

/// Cuts a first label that DNS would refuse, so that it stays unique.
fn fit(name: &str) -> String {
    let (first, rest) = name.split_once('.').unwrap_or((name, ""));
    if first.len() <= 63 {
        return name.to_owned();
    }
    let mut hasher = SipHasher13::new_with_keys(0, 0);
    hasher.write(first.as_bytes());
    let kept: String = first.chars().take(54).collect();
    format!(
        "{}-{:08x}.{rest}",
        kept.trim_end_matches('-'),
        hasher.finish() & 0xffff_ffff
    )
}

/// Recognises own hosts in rules.
#[derive(Debug)]
pub struct OwnHosts {
    /// Longest first: preview, slug, staged, live forms.
    bases: Vec<(String, bool)>,
    prefix: Option<String>,
}

/// What an own host in a rule stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The host prefix it was written with.
    pub prefix: Option<String>,
}

impl OwnHosts {
    /// For the labels of one container of `version` with its own `pointsman.host` prefix.
    pub fn new(env: &EnvRecord, version: &Version, prefix: Option<&str>) -> Self {
        let mut bases = Vec::new();
        for place in [Place::Preview(version.clone()), Place::Staged, Place::Live] {
            let is_live = place == Place::Live;
            bases.extend(
                names(env, &place, None)
                    .into_iter()
                    .map(|name| (name, is_live)),
            );
        }
        bases.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        Self {
            bases,
            prefix: prefix.map(str::to_owned),
        }
    }

    /// Is this host one of ours, and with which prefix. The one-label form of the live host is taken only with the
    /// container's own prefix: `v2-whoami.example.com` is another version's preview, not `v2` of the live host.
    pub fn recognise(&self, host: &str) -> Option<Own> {
        let host = canonical_host(host);
        let plain = self.bases.iter().any(|(base, _)| *base == host);
        if plain {
            return Some(Own { prefix: None });
        }
        self.bases.iter().find_map(|(base, is_live)| {
            let head = host.strip_suffix(base.as_str())?;
            let dotted = head.strip_suffix('.');
            let joined = head
                .strip_suffix('-')
                .filter(|head| !is_live || self.prefix.as_deref() == Some(*head));
            let prefix = dotted.or(joined).filter(|prefix| is_dns_label(prefix))?;
            Some(Own {
                prefix: Some(prefix.to_owned()),
            })
        })
    }
}
