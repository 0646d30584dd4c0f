//! The pure parts: what was told, what is due, what agrees.

use std::time::Duration;

use tokio::time::Instant;

use super::mark::{Age, Mark};
use super::mirror::{Look, Mirror};
use super::schedule::Schedule;
use crate::docker::wire::{Kind, Listed};
use crate::docker::{Timing, convert};
use crate::routing::ids::ContainerId;
use crate::routing::model::{Change, Container, State};

const WINDOW: Duration = Duration::from_millis(500);

fn id(text: &str) -> ContainerId {
    ContainerId::parse(text).unwrap()
}

fn read(state: &str, ip: &str) -> Container {
    let text = format!(
        r#"{{"Id":"a","State":"{state}","NetworkSettings":{{"Networks":{{"n":{{"NetworkID":"N","IPAddress":"{ip}"}}}}}}}}"#
    );
    convert::container(serde_json::from_str::<Listed>(&text).unwrap()).unwrap()
}

fn running() -> Container {
    read("running", "172.18.0.2")
}

fn mark(kinds: &[Kind]) -> Mark {
    let mut mark = Mark::default();
    for kind in kinds {
        mark.add(kind.clone(), Age::New);
    }
    mark
}

#[test]
fn the_list_is_believed_again_when_the_window_is_over() {
    let died = Instant::now();
    let mut mirror = Mirror::new(WINDOW);
    mirror.look(running(), died);
    assert_eq!(
        mirror.died(&id("a"), died),
        Some(Change::Exited(id("a"))),
        "told at once"
    );
    assert_eq!(mirror.died(&id("a"), died), None, "and once");
    let inside = died + WINDOW / 2;
    assert_eq!(mirror.look(running(), inside), Look::Stale, "not believed");
    let Look::Changed(Change::Apply(told)) = mirror.look(running(), died + WINDOW) else {
        panic!("it does run, and its start was missed");
    };
    assert_eq!(told.state, State::Running, "told");
}

#[test]
fn an_exited_container_is_told_again_without_its_address() {
    let died = Instant::now();
    let mut mirror = Mirror::new(WINDOW);
    mirror.look(running(), died);
    mirror.died(&id("a"), died);
    assert!(
        matches!(mirror.look(read("exited", ""), died), Look::Changed(_)),
        "Exited changes the state only"
    );
    assert_eq!(
        mirror.look(read("exited", ""), died),
        Look::Same,
        "then nothing is new"
    );
}

#[test]
fn a_start_after_the_death_lifts_the_doubt() {
    let died = Instant::now();
    let mut mirror = Mirror::new(WINDOW);
    mirror.look(running(), died);
    mirror.died(&id("a"), died);
    mirror.started(&id("a"));
    assert!(
        matches!(mirror.look(running(), died), Look::Changed(_)),
        "believed at once"
    );
}

#[test]
fn a_complete_list_cannot_raise_the_dead() {
    let died = Instant::now();
    let mut mirror = Mirror::new(WINDOW);
    mirror.died(&id("a"), died);
    let resync = mirror.resync(vec![running()], died);
    let [Change::ResyncApply(told)] = resync.changes.as_slice() else {
        panic!("one container")
    };
    assert_eq!(told.state, State::Exited, "dead");
    assert_eq!(told.networks["n"].address, None, "without an address");
    assert_eq!(resync.disbelieved, [id("a")], "to be read again");
    mirror.destroyed(&id("a"), died);
    let much_later = died + WINDOW * 10;
    assert!(
        mirror
            .resync(vec![running()], much_later)
            .changes
            .is_empty(),
        "destroyed for good"
    );
}

#[test]
fn one_running_container_makes_a_list_believable() {
    let now = Instant::now();
    let mut mirror = Mirror::new(WINDOW);
    assert!(!mirror.has_vanished(&[]), "nothing ran before");
    mirror.look(running(), now);
    assert!(mirror.has_vanished(&[]), "nothing is left");
    assert!(mirror.has_vanished(&[read("exited", "")]), "nothing runs");
    assert!(!mirror.has_vanished(&[running()]), "something runs");
}

#[test]
fn a_death_is_read_after_the_first_wait_and_the_rest_at_once() {
    let now = Instant::now();
    let settle = Timing::default().settle;
    let mut schedule = Schedule::new(settle);
    schedule.add(id("a"), mark(&[Kind::Died]), now);
    schedule.add(id("b"), mark(&[Kind::Started]), now);
    assert_eq!(
        schedule.due(now),
        [id("b")],
        "the list would still lie about a"
    );
    assert_eq!(schedule.due(now + settle[0]).len(), 2, "now it does not");
    schedule.lags(&id("a"));
    assert_eq!(schedule.due(now + settle[0]), [id("b")], "a waits again");
    assert_eq!(schedule.due(now + settle[1]).len(), 2, "the second wait");
    schedule.lags(&id("a"));
    assert!(!schedule.contains(&id("a")), "the list has the last word");
    schedule.add(id("c"), mark(&[Kind::Died]), now);
    schedule.add(id("c"), mark(&[Kind::Left("n".to_owned())]), now);
    assert_eq!(
        schedule.due(now),
        [id("b")],
        "what leaves by dying waits as well"
    );
    schedule.add(id("c"), mark(&[Kind::Started]), now);
    assert_eq!(schedule.due(now).len(), 2, "a start does not");
}

#[test]
fn what_events_say_is_compared_with_what_was_read() {
    let joined = || Kind::Joined("N".to_owned());
    let left = || Kind::Left("N".to_owned());
    let healthy = || Kind::Health("healthy".to_owned());
    let cases = [
        (vec![Kind::Started], running(), true),
        (vec![Kind::Started], read("running", ""), false),
        (vec![Kind::Started], read("exited", ""), false),
        (vec![Kind::Started, Kind::Died], running(), false),
        (vec![Kind::Died, Kind::Started], running(), true),
        (vec![Kind::Paused], running(), false),
        (vec![Kind::Paused, Kind::Unpaused], running(), true),
        (vec![joined()], running(), true),
        (vec![joined()], read("running", ""), false),
        (vec![joined()], read("created", ""), true),
        (vec![joined(), left()], running(), false),
        (vec![left()], read("running", ""), false),
        // it goes on being listed with the networks that it left by ending
        (vec![Kind::Died, left()], read("exited", ""), true),
        (vec![healthy()], running(), false),
        (vec![healthy(), Kind::Started], running(), true),
        (vec![Kind::Other], running(), true),
    ];
    for (kinds, container, agrees) in cases {
        let said = format!("{kinds:?} and {:?}", container.state);
        assert_eq!(mark(&kinds).agrees(&container), agrees, "{said}");
    }
}

#[test]
fn only_a_known_health_is_old_news() {
    let health = |word: &str| Kind::Health(word.to_owned());
    let known = running();
    assert!(
        mark(&[health("none")]).is_old_news(Some(&known)),
        "it has none"
    );
    assert!(
        !mark(&[health("healthy")]).is_old_news(Some(&known)),
        "news"
    );
    assert!(
        !mark(&[health("none"), Kind::Other]).is_old_news(Some(&known)),
        "and something else"
    );
    assert!(
        !mark(&[health("none")]).is_old_news(None),
        "nothing is known of it"
    );
    assert!(
        !mark(&[health("dreamy")]).is_old_news(Some(&known)),
        "an unknown word is looked after"
    );
}

#[test]
fn a_doubted_read_is_repeated_until_one_is_believed() {
    let now = Instant::now();
    let settle = Timing::default().settle;
    let mut schedule = Schedule::new(settle);
    schedule.add(id("a"), mark(&[Kind::Died]), now);
    for _ in 0..10 {
        schedule.doubted(&id("a"));
    }
    assert!(schedule.contains(&id("a")), "never given up");
    let pace = schedule.next().unwrap().duration_since(now);
    assert_eq!(pace, settle[1] * 10, "one read per last wait");
}
