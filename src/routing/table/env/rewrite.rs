//! A rule as written to the rule of the router being made.
//!
//! Own hosts become those of the router's place. Any other host is kept in the live router only. Whatever is left
//! is held to hosts: an alternative that names none is joined with the router's own, so that no preview can take
//! traffic that is not its own. Boolean constants appear only while rewriting.

use crate::routing::traefik::rule::{Rule, is_host_matcher};

use super::hosts::{Own, OwnHosts};

/// What a rule is rewritten for.
pub(crate) struct Target<'a> {
    /// Recognises own hosts.
    pub(crate) own: &'a OwnHosts,
    /// Hosts of the router's place for a host prefix.
    pub(crate) hosts: &'a dyn Fn(Option<&str>) -> Vec<String>,
    /// The prefix of the container itself: what a rule without any host is joined with.
    pub(crate) prefix: Option<&'a str>,
    /// May a foreign host stay: in the live router, when nobody else has it.
    pub(crate) foreign: &'a dyn Fn(&str) -> bool,
    /// May a pattern over hosts stay.
    pub(crate) patterns: bool,
    /// The matcher of whole hosts: `Host` or `HostSNI`.
    pub(crate) matcher: &'a str,
}

impl Target<'_> {
    /// The router's own hosts and nothing else.
    pub(crate) fn own_rule(&self) -> Option<Rule> {
        matchers(self.matcher, (self.hosts)(self.prefix))
    }
}

fn matchers(matcher: &str, hosts: Vec<String>) -> Option<Rule> {
    let rules = hosts.into_iter().map(|host| Rule::Matcher {
        name: matcher.to_owned(),
        args: vec![host],
    });
    Rule::any(rules.collect())
}

enum Part {
    Always,
    Never,
    Rule(Rule),
}

/// The rewritten rule; `None` when nothing is left of it.
pub(crate) fn rewrite(rule: &Rule, target: &Target<'_>) -> Option<Rule> {
    let own = || target.own_rule();
    match part(rule, target) {
        Part::Never => None,
        Part::Always => own(),
        Part::Rule(rule) => hold(rule, &own),
    }
}

/// Joins every alternative that names no host with the router's own hosts.
fn hold(rule: Rule, own: &dyn Fn() -> Option<Rule>) -> Option<Rule> {
    if names_host(&rule) {
        return Some(rule);
    }
    match rule {
        Rule::Or(rules) => Rule::any(
            rules
                .into_iter()
                .filter_map(|rule| hold(rule, own))
                .collect(),
        ),
        Rule::And(mut rules) => {
            rules.push(own()?);
            Some(Rule::And(rules))
        }
        Rule::Not(_) | Rule::Matcher { .. } => Rule::all(vec![rule, own()?]),
    }
}

/// Can the rule only match requests for hosts that it names.
fn names_host(rule: &Rule) -> bool {
    match rule {
        Rule::Or(rules) => rules.iter().all(names_host),
        Rule::And(rules) => rules.iter().any(names_host),
        Rule::Not(_) => false,
        Rule::Matcher { name, .. } => is_host_matcher(name) || is_pattern(name),
    }
}

fn is_pattern(matcher: &str) -> bool {
    matcher.eq_ignore_ascii_case("hostregexp") || matcher.eq_ignore_ascii_case("hostsniregexp")
}

fn part(rule: &Rule, target: &Target<'_>) -> Part {
    match rule {
        Rule::Or(rules) => any(rules.iter().map(|rule| part(rule, target))),
        Rule::And(rules) => all(rules.iter().map(|rule| part(rule, target))),
        Rule::Not(rule) => match part(rule, target) {
            Part::Always => Part::Never,
            Part::Never => Part::Always,
            Part::Rule(rule) => Part::Rule(Rule::Not(Box::new(rule))),
        },
        Rule::Matcher { name, args } if is_host_matcher(name) => {
            any(args.iter().map(|host| host_part(name, host, target)))
        }
        Rule::Matcher { name, .. } if is_pattern(name) && !target.patterns => Part::Never,
        Rule::Matcher { .. } => Part::Rule(rule.clone()),
    }
}

fn host_part(matcher: &str, host: &str, target: &Target<'_>) -> Part {
    let matchers = |hosts| matchers(matcher, hosts).map_or(Part::Never, Part::Rule);
    match target.own.recognise(host) {
        Some(Own { prefix }) => matchers((target.hosts)(prefix.as_deref())),
        None if (target.foreign)(host) => matchers(vec![host.to_owned()]),
        None => Part::Never,
    }
}

fn any(parts: impl Iterator<Item = Part>) -> Part {
    let mut rules: Vec<Rule> = Vec::new();
    for part in parts {
        match part {
            Part::Always => return Part::Always,
            Part::Never => {}
            Part::Rule(rule) if rules.contains(&rule) => {}
            Part::Rule(rule) => rules.push(rule),
        }
    }
    Rule::any(rules).map_or(Part::Never, Part::Rule)
}

fn all(parts: impl Iterator<Item = Part>) -> Part {
    let mut rules: Vec<Rule> = Vec::new();
    for part in parts {
        match part {
            Part::Never => return Part::Never,
            Part::Always => {}
            Part::Rule(rule) => rules.push(rule),
        }
    }
    Rule::all(rules).map_or(Part::Always, Part::Rule)
}
