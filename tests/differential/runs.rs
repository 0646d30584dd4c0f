//! The runs themselves.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};

use crate::corpus;
use crate::generate;
use crate::judge::{Uses, Verdict, judge};
use crate::minimise::minimise;
use crate::rules::{Proof, RULES};
use crate::support::options;
use crate::support::pair::Pair;
use crate::support::world::{World, show};
use crate::tally::Tally;

/// Of the labels one in so many is tried in each run, others each time; `POINTSMAN_DIFF_EVERY=1` tries all of them.
const EVERY: u64 = 5;

/// After this many failures a run has shown enough.
fn enough() -> usize {
    number("POINTSMAN_DIFF_FAILURES").map_or(5, |number| usize::try_from(number).unwrap())
}

async fn case(pair: &mut Pair, title: &str, world: World, tally: &mut Tally) {
    let mut verdict = judge(pair, &world).await;
    if let Verdict::Unexplained(why) = verdict {
        let (_, why) = minimise(pair, world, why).await;
        println!("=== {title} with options {}\n{why}\n", pair.options.name);
        verdict = Verdict::Unexplained(why);
    }
    tally.add(verdict);
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var_os(name)?;
    let number = text.to_str().and_then(|text| text.parse().ok());
    assert!(number.is_some(), "{name} is a number, not {text:?}");
    number
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the Traefik binary"]
async fn every_label_of_the_reference_is_read_as_traefik_reads_it() {
    let mut tally = Tally::default();
    let mut pair = Pair::start(options::all().remove(0)).await;
    let every = number("POINTSMAN_DIFF_EVERY").unwrap_or(EVERY).max(1);
    let first =
        number("POINTSMAN_DIFF_FIRST").unwrap_or_else(|| RandomState::new().hash_one(0) % every);
    println!("POINTSMAN_DIFF_EVERY={every} POINTSMAN_DIFF_FIRST={first}");
    let [first, every] = [first, every].map(|number| usize::try_from(number).unwrap());
    for (keys, world) in corpus::worlds().into_iter().skip(first).step_by(every) {
        case(&mut pair, &keys.join(" "), world, &mut tally).await;
        if tally.unexplained.len() >= enough() {
            break;
        }
    }
    tally.print();
    assert_eq!(tally.unexplained.len(), 0, "every difference is deliberate");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the Traefik binary"]
async fn each_deliberate_difference_is_what_it_is_said_to_be() {
    let mut missing: BTreeSet<&str> = here().collect();
    missing.remove("panic-label"); // has a test of its own
    for options in options::all() {
        let worlds = match options.name {
            "default" => corpus::deliberate::worlds(),
            "bind" => corpus::deliberate::bound(),
            _ => continue,
        };
        let mut pair = Pair::start(options).await;
        for (rule, world) in worlds {
            let uses = seen(&mut pair, rule, &world).await;
            assert_eq!(uses.keys().collect::<Vec<_>>(), [&rule], "nothing else");
            missing.remove(rule);
        }
    }
    assert!(missing.is_empty(), "shown by no world: {missing:?}");
}

/// The differences that a world shows. What Traefik does at random may be the same by chance.
async fn seen(pair: &mut Pair, rule: &str, world: &World) -> Uses {
    for _ in 0..50 {
        match judge(pair, world).await {
            Verdict::Explained(uses) => return uses,
            Verdict::Identical if rule.starts_with("random-") => {}
            Verdict::Identical => panic!("no difference for {rule}:\n{}", show(world)),
            Verdict::Unexplained(why) => panic!("{rule}: {why}"),
        }
    }
    panic!("Traefik never takes another one: {rule}");
}

fn here() -> impl Iterator<Item = &'static str> {
    let rules = RULES.iter().filter(|(_, proof)| *proof == Proof::Here);
    rules.map(|(name, _)| *name)
}

/// All cases, spread over the sets of options; or those of one set, for a failure that is to be seen again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the Traefik binary"]
async fn random_worlds_are_routed_as_traefik_routes_them() {
    let mut seed =
        number("POINTSMAN_DIFF_SEED").unwrap_or_else(|| RandomState::new().hash_one(0) >> 16);
    let cases = number("POINTSMAN_DIFF_CASES").unwrap_or(200);
    let only = std::env::var_os("POINTSMAN_DIFF_OPTIONS");
    let sets = options::all().into_iter();
    let sets: Vec<_> = sets
        .filter(|set| only.as_ref().is_none_or(|only| only == set.name))
        .collect();
    let each = cases.div_ceil(sets.len() as u64);
    println!("POINTSMAN_DIFF_SEED={seed} POINTSMAN_DIFF_CASES={cases}");
    let mut tally = Tally::default();
    for options in sets {
        let title = format!(
            "POINTSMAN_DIFF_OPTIONS={} POINTSMAN_DIFF_CASES=1",
            options.name
        );
        let mut pair = Pair::start(options).await;
        for _ in 0..each {
            let title = format!("{title} POINTSMAN_DIFF_SEED={seed}");
            case(&mut pair, &title, generate::world(seed), &mut tally).await;
            seed += 1;
            if tally.unexplained.len() >= enough() {
                break;
            }
        }
    }
    tally.print();
    assert_eq!(tally.unexplained.len(), 0, "every difference is deliberate");
}
