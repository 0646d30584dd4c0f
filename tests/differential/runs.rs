//! The runs themselves.

use crate::corpus;
use crate::generate;
use crate::judge::{Verdict, judge};
use crate::minimise::minimise;
use crate::support::options;
use crate::support::pair::Pair;
use crate::support::world::World;
use crate::tally::Tally;

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
    for (keys, world) in corpus::worlds() {
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
async fn random_worlds_are_routed_as_traefik_routes_them() {
    let seed = number("POINTSMAN_DIFF_SEED").unwrap_or(1);
    let cases = number("POINTSMAN_DIFF_CASES").unwrap_or(400);
    let sets = options::all();
    let each = cases.div_ceil(sets.len() as u64);
    let mut tally = Tally::default();
    for options in sets {
        let mut pair = Pair::start(options).await;
        for seed in seed..seed + each {
            let world = generate::world(seed);
            case(
                &mut pair,
                &format!("POINTSMAN_DIFF_SEED={seed}"),
                world,
                &mut tally,
            )
            .await;
            if tally.unexplained.len() >= enough() {
                break;
            }
        }
    }
    tally.print();
    assert_eq!(tally.unexplained.len(), 0, "every difference is deliberate");
}
