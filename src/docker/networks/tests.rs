//! The decision, without an Engine.

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{Plan, Proxy, plan};
use crate::docker::client::Force;
use crate::docker::version::ApiVersion;
use crate::docker::wire::Network;
use crate::routing::model::Gateway;

const OLD: ApiVersion = ApiVersion::OLDEST;
const NEW: ApiVersion = ApiVersion::GATEWAY_PRIORITY;

/// A trailing `!` makes it internal.
fn networks(names: &[&str]) -> BTreeMap<String, Network> {
    let network = |text: &&str| {
        let name = text.trim_end_matches('!').to_owned();
        let network = Network {
            id: format!("id-{name}"),
            name: name.clone(),
            internal: text.ends_with('!'),
            ..Network::default()
        };
        (name, network)
    };
    names.iter().map(network).collect()
}

/// A trailing `*` makes it ours.
fn proxy(attached: &[&str]) -> Proxy {
    let attachment = |text: &&str| (text.trim_end_matches('*').to_owned(), text.ends_with('*'));
    Proxy {
        running: true,
        name: "Traefik",
        rule: Gateway::Stays,
        mode: "default".to_owned(),
        attached: attached.iter().map(attachment).collect(),
    }
}

fn wanted(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn attached(plan: &Plan) -> Vec<&str> {
    plan.attach
        .iter()
        .map(|attach| attach.network.as_str())
        .collect()
}

#[test]
fn bytes_decide_what_sorts_before_the_gateway() {
    let all = networks(&["Z", "m", "n", "\u{e9}", "l!"]);
    let decided = plan(
        OLD,
        &proxy(&["m"]),
        &all,
        &wanted(&["Z", "n", "\u{e9}", "l"]),
    );
    assert_eq!(
        attached(&decided),
        ["l", "n", "\u{e9}"],
        "behind m in bytes, or internal"
    );
    assert_eq!(
        decided.refuse.keys().collect::<Vec<_>>(),
        ["Z"],
        "upper case sorts first"
    );
}

#[test]
fn who_accepts_the_cut_is_attached_anyway() {
    let all = networks(&["a", "b", "m"]);
    let careless = Proxy {
        rule: Gateway::MayMove,
        ..proxy(&["m"])
    };
    let decided = plan(OLD, &careless, &all, &wanted(&["a", "b"]));
    assert_eq!(attached(&decided), ["a", "b"], "the operator's choice");
    assert!(decided.refuse.is_empty(), "{decided:?}");
}

#[test]
fn an_internal_network_is_not_the_gateway() {
    let all = networks(&["a!", "m", "b"]);
    let decided = plan(OLD, &proxy(&["a", "m"]), &all, &wanted(&["b"]));
    assert!(decided.refuse.contains_key("b"), "the gateway is m, not a");
}

#[test]
fn a_proxy_without_a_gateway_cannot_lose_it() {
    let all = networks(&["i!", "x", "y"]);
    let decided = plan(OLD, &proxy(&["i"]), &all, &wanted(&["x", "y"]));
    assert_eq!(
        attached(&decided),
        ["x", "y"],
        "the first becomes it, the second sorts behind"
    );
}

#[test]
fn gateway_priorities_end_the_worry() {
    let all = networks(&["a", "m"]);
    let decided = plan(NEW, &proxy(&["m"]), &all, &wanted(&["a"]));
    assert_eq!(
        decided.attach[0].gateway_priority,
        Some(-1000),
        "far behind"
    );
    let decided = plan(OLD, &proxy(&["a"]), &all, &wanted(&["m"]));
    assert_eq!(
        decided.attach[0].gateway_priority, None,
        "an old Engine does not know the field"
    );
}

#[test]
fn only_ours_and_only_unwanted_is_detached() {
    let all = networks(&["a", "x", "y", "z"]);
    let decided = plan(OLD, &proxy(&["a", "x*", "y", "z*"]), &all, &wanted(&["z"]));
    let detached: Vec<_> = decided
        .detach
        .iter()
        .map(|d| (d.reference.as_str(), d.force))
        .collect();
    assert_eq!(
        detached,
        [("id-x", Force::No)],
        "z is wanted, a and y are not ours"
    );
    assert_eq!(attached(&decided), Vec::<&str>::new(), "z is there already");
}

#[test]
fn an_attachment_whose_network_is_gone_is_taken_off_by_name() {
    let decided = plan(OLD, &proxy(&["gone*"]), &networks(&[]), &wanted(&["gone"]));
    assert_eq!(decided.detach[0].reference, "gone", "it has no id any more");
    assert_eq!(
        decided.detach[0].force,
        Force::Yes,
        "else Docker looks for the network"
    );
    assert_eq!(
        attached(&decided),
        Vec::<&str>::new(),
        "nothing to attach to"
    );
}

#[test]
fn unknown_and_pseudo_networks_are_left_alone() {
    let all = networks(&["host", "none", "m"]);
    let decided = plan(
        OLD,
        &proxy(&["m"]),
        &all,
        &wanted(&["host", "none", "not-yet"]),
    );
    let only_waiting = Plan {
        postponed: wanted(&["not-yet"]),
        ..Plan::default()
    };
    assert_eq!(decided, only_waiting, "nothing to do yet");
}

#[test]
fn doing_what_the_plan_says_leaves_nothing_to_do() {
    let all = networks(&["b", "k!", "m", "x", "y", "z"]);
    let want = wanted(&["b", "k", "x", "y"]);
    let mut traefik = proxy(&["m", "z*"]);
    let first = plan(OLD, &traefik, &all, &want);
    for detach in &first.detach {
        traefik.attached.remove(&detach.network);
    }
    for attach in &first.attach {
        traefik.attached.insert(attach.network.clone(), true);
    }
    let second = plan(OLD, &traefik, &all, &want);
    assert_eq!(
        (second.attach.len(), second.detach.len()),
        (0, 0),
        "settled"
    );
    assert_eq!(
        second.refuse, first.refuse,
        "and refused for the same reason"
    );
}
