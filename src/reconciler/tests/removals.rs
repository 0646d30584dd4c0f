//! In what order a stack goes, on a clock of the test's own: out of the document, applied, drained, detached, and only
//! then to the Docker station.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

use super::{key, promote, request, version, web};
use crate::reconciler::clock::Clock;
use crate::reconciler::removals::LOOK_MS;
use crate::reconciler::{
    Accepted, Closed, CommandError, Farewell, Feed, Followers, GcOutcome, GcRequest, GcRun,
    Outlets, Proof, Reconciler, Request, Upkeep, handle_channel,
};
use crate::routing::ids::ContainerId;
use crate::routing::model::{
    Attachments, Change, Container, EnvRecord, Leftover, Progress, RemovalOrder, RemovalReport,
    Removed, Retention, Targets,
};
use crate::routing::retention::Fate;
use crate::routing::rollout::{Command, Insist, Removal};
use crate::routing::table::Options;
use crate::snapshot;
use crate::store::testing::{Fault, Files, SimDisk, open};

const START: u64 = 1_700_000_000_000;
const SECOND: u64 = 1000;

#[derive(Clone, Debug)]
struct Fleet(Arc<Mutex<Option<u64>>>);

impl Followers for Fleet {
    fn applied(&self) -> Option<u64> {
        *self.0.lock().unwrap()
    }

    fn proof(&self) -> Proof {
        Proof::Served
    }
}

struct Bench {
    daemon: Reconciler,
    disk: SimDisk,
    clock: Arc<AtomicU64>,
    fleet: Arc<Mutex<Option<u64>>>,
    orders: watch::Receiver<Vec<RemovalOrder>>,
}

impl Bench {
    /// Versions of whoami/dev, the first of them live.
    fn with(containers: &[Container]) -> Self {
        let disk = SimDisk::new(&Files::new(), Fault::None);
        let mut bench = Self::on(disk, START);
        bench.list(containers);
        bench.run(promote("v1", None)).unwrap();
        bench.run(Command::switch()).unwrap();
        bench
    }

    fn on(disk: SimDisk, now: u64) -> Self {
        let (store, loaded) = open(&disk).unwrap();
        let (publisher, _reader) = snapshot::channel();
        let (_handle, _requests_rx, turns) = handle_channel();
        let fleet = Arc::new(Mutex::new(Some(u64::MAX)));
        let (orders, orders_rx) = watch::channel(Vec::new());
        let upkeep = Upkeep {
            orders,
            reports: mpsc::channel(1).1,
            ..Upkeep::alone()
        };
        let outlets = Outlets {
            publisher,
            attachments: watch::channel(Attachments::default()).0,
            targets: watch::channel(Targets::default()).0,
            closed: watch::channel(Closed::new()).0,
            farewell: watch::channel(Farewell::default()).0,
            turns,
            followers: Box::new(Fleet(Arc::clone(&fleet))),
            news: Feed::new(),
            questions: watch::Sender::new(Vec::new()),
            upkeep,
        };
        let clock = Arc::new(AtomicU64::new(now));
        let mut daemon = Reconciler::new(Options::default(), store, loaded, outlets);
        daemon.clock = Clock::Set(Arc::clone(&clock));
        Self {
            daemon,
            disk,
            clock,
            fleet,
            orders: orders_rx,
        }
    }

    /// The power is cut, and another daemon starts.
    fn restart(self, containers: &[Container]) -> Self {
        let now = self.clock.load(Ordering::Relaxed);
        let disk = SimDisk::new(&self.disk.files(), Fault::None);
        let mut bench = Self::on(disk, now);
        bench.daemon.boot();
        bench.list(containers);
        bench
    }

    fn list(&mut self, containers: &[Container]) {
        let now = self.daemon.clock.now();
        let mut changes = vec![Change::ResyncStart];
        changes.extend(
            containers
                .iter()
                .map(|it| Change::ResyncApply(Box::new(it.clone()))),
        );
        changes.push(Change::ResyncEnd);
        for change in changes {
            self.daemon.table.apply(change, now);
        }
        self.daemon.turn();
    }

    fn pass(&mut self, millis: u64) {
        self.clock.fetch_add(millis, Ordering::Relaxed);
        self.daemon.turn();
    }

    fn run(&mut self, command: Command) -> Result<Accepted, CommandError> {
        let (reply, mut answer) = oneshot::channel();
        let request = Box::new(request(command));
        self.daemon.answer(Request::Command(request, reply));
        answer.try_recv().unwrap_or(Err(CommandError::Stopped))
    }

    fn retire(&mut self, name: &str, removal: Removal) -> Result<Accepted, CommandError> {
        self.run(Command::Retire {
            version: version(name),
            removal: Some(removal),
            insist: Insist::NONE,
        })
    }

    fn keep_last(&mut self, count: u32) {
        let now = self.daemon.clock.now();
        let old = self.daemon.table.env(&key()).unwrap().clone();
        let record = EnvRecord {
            retention: Some(Retention {
                keep_last: Some(count),
                ..Retention::default()
            }),
            ..old
        };
        self.daemon.table.put_env(record);
        self.daemon.table.rebuild(now);
    }

    fn gc(&mut self) -> Result<GcOutcome, CommandError> {
        let request = GcRequest {
            run: Some(GcRun {
                removal: Removal::default(),
                actor: "ann".to_owned(),
            }),
            ..GcRequest::default()
        };
        let now = self.daemon.clock.now();
        self.daemon.gc(&request, now)
    }

    fn ordered(&self) -> Vec<String> {
        let orders = self.orders.borrow();
        orders
            .iter()
            .map(|order| order.stack.1.to_string())
            .collect()
    }

    fn stages(&self) -> Vec<&'static str> {
        let list = self.daemon.removals.list();
        list.iter().map(|it| it.stage).collect()
    }

    fn report(&mut self, name: &str, progress: Progress) {
        let orders = self.orders.borrow().clone();
        let of = |order: &RemovalOrder| order.stack == (key(), version(name));
        let order = orders.into_iter().find(of).unwrap();
        self.hear(order, progress);
    }

    fn hear(&mut self, order: RemovalOrder, progress: Progress) {
        self.daemon.removals.hear(RemovalReport { order, progress });
        self.daemon.turn();
    }

    fn retired(&self) -> usize {
        self.daemon.table.rollout(&key()).retired.len()
    }
}

fn three() -> [Container; 3] {
    [web("v1", 1), web("v2", 2), web("v3", 3)]
}

#[test]
fn a_stack_is_withdrawn_applied_drained_and_only_then_removed() {
    let mut bench = Bench::with(&three());
    *bench.fleet.lock().unwrap() = Some(1);
    bench.retire("v2", Removal::default()).unwrap();
    bench.pass(120 * SECOND);
    assert_eq!(bench.stages(), ["withdrawing"], "a Traefik still has it");
    *bench.fleet.lock().unwrap() = Some(u64::MAX);
    bench.pass(1);
    assert_eq!(bench.stages(), ["draining"], "all have the new document");
    bench.pass(35 * SECOND - 1);
    assert_eq!(bench.ordered(), Vec::<String>::new(), "5 s and the drain");
    bench.pass(1);
    bench.pass(1);
    assert_eq!(bench.ordered(), ["v2"], "then it goes");
    let why = "container x does not stop".to_owned();
    bench.report("v2", Progress::Stuck { why: why.clone() });
    let list = bench.daemon.removals.list();
    assert_eq!(list[0].detail, why, "and what is in the way is told");
    bench.report("v2", Progress::Done(Removed::default()));
    assert_eq!(
        (bench.ordered(), bench.stages(), bench.retired()),
        (vec![], vec![], 0),
        "until nothing is left"
    );
}

/// The same version, deployed anew: another container.
fn anew(name: &str, created: u64) -> Container {
    let mut container = web(name, 9);
    container.id = ContainerId::parse(&format!("id-{name}-{created}")).unwrap();
    container.created = created;
    container
}

// A removal that was asked for while an older one of the same version was under way took over how far that one was: the
// newer containers, which had traffic until then, were killed at once.
#[test]
fn newer_containers_have_their_own_way_to_go_from_its_beginning() {
    let mut bench = Bench::with(&three());
    bench.retire("v2", Removal::default()).unwrap();
    bench.pass(1);
    bench.list(&[web("v1", 1), anew("v2", 10), web("v3", 3)]);
    bench.pass(35 * SECOND);
    bench.pass(1);
    let older = bench.orders.borrow().clone();
    assert_eq!(older[0].made_until, 2, "the older ones go");
    bench.retire("v2", Removal::default()).unwrap();
    assert_eq!(
        (bench.stages(), bench.ordered()),
        (vec!["withdrawing"], vec![]),
        "the newer ones have just lost their traffic"
    );
    bench.hear(older[0].clone(), Progress::Done(Removed::default()));
    assert_eq!(
        bench.retired(),
        1,
        "the end of the older ones is not theirs"
    );
    bench.pass(1);
    bench.pass(35 * SECOND - 1);
    assert_eq!(bench.ordered(), Vec::<String>::new(), "5 s and the drain");
    bench.pass(1);
    bench.pass(1);
    assert_eq!(bench.orders.borrow()[0].made_until, 10, "then they go");
}

// The end of an order that was on its way when `--volumes` was added ended the newer order, too: the volumes stayed.
#[test]
fn what_is_said_of_an_older_order_does_not_count_for_the_newer_one() {
    let mut bench = Bench::with(&three());
    bench.retire("v2", Removal::default()).unwrap();
    bench.pass(1);
    bench.pass(35 * SECOND);
    bench.pass(1);
    let older = bench.orders.borrow()[0].clone();
    let with_volumes = Removal {
        volumes: true,
        ..Removal::default()
    };
    bench.retire("v2", with_volumes).unwrap();
    assert_eq!(bench.stages(), ["removing"], "the same containers");
    bench.hear(older, Progress::Done(Removed::default()));
    assert_eq!(
        (bench.ordered(), bench.retired()),
        (vec!["v2".to_owned()], 1),
        "the volumes are still there"
    );
    assert_eq!(bench.orders.borrow()[0].volumes, Leftover::Remove);
    bench.report("v2", Progress::Done(Removed::default()));
    assert_eq!(bench.retired(), 0, "now they are not");
}

// Our clock was compared with Docker's. With Docker's behind, a new deployment was never routed, and removed; with
// Docker's ahead, what was retired stayed published, and nothing was removed.
#[test]
fn what_was_there_is_judged_by_dockers_clock_alone() {
    for (engine, name) in [
        (START / 1000 - 3600, "behind"),
        (START / 1000 + 3600, "ahead"),
    ] {
        let mut bench = Bench::with(&[web("v1", 1), anew("v2", engine)]);
        bench.retire("v2", Removal::default()).unwrap();
        let listed = |bench: &Bench| {
            let now = bench.daemon.clock.now();
            let status = bench.daemon.table.status(&key(), now).unwrap();
            status.stacks.len()
        };
        assert_eq!(listed(&bench), 1, "{name}: withdrawn");
        bench.list(&[web("v1", 1), anew("v2", engine + 1)]);
        assert_eq!(listed(&bench), 2, "{name}: a new deployment");
        bench.pass(1);
        bench.pass(35 * SECOND);
        bench.pass(1);
        assert_eq!(bench.orders.borrow()[0].made_until, engine, "{name}");
        assert_eq!(listed(&bench), 2, "{name}: it stays");
    }
}

#[test]
fn nothing_to_detach_is_noticed_without_an_event() {
    let mut bench = Bench::with(&three());
    bench.retire("v2", Removal::default()).unwrap();
    bench.pass(1);
    bench.pass(35 * SECOND);
    assert_eq!(bench.stages(), ["detaching"], "the drain is over");
    let pause = bench.daemon.until_deadline();
    assert!(pause <= Duration::from_millis(LOOK_MS), "{pause:?}");
}

#[test]
fn nobody_who_asks_is_waited_for_no_longer_than_a_minute() {
    let mut bench = Bench::with(&three());
    *bench.fleet.lock().unwrap() = None;
    bench.retire("v2", Removal::default()).unwrap();
    bench.pass(59 * SECOND);
    assert_eq!(bench.stages(), ["withdrawing"], "it may come back");
    bench.pass(SECOND);
    assert_eq!(bench.stages(), ["draining"], "nobody routes here");
}

#[test]
fn a_restart_finds_what_was_to_go_and_begins_its_order_anew() {
    let with_image = |mut container: Container| {
        container.image = "sha256:1".to_owned();
        let label = "com.docker.compose.project".to_owned();
        container.labels.insert(label, "whoami-dev-v2".to_owned());
        container
    };
    let mut bench = Bench::with(&[web("v1", 1), with_image(web("v2", 2))]);
    let removal = Removal {
        volumes: true,
        ..Removal::default()
    };
    bench.retire("v2", removal).unwrap();
    bench.pass(1);
    bench.pass(35 * SECOND);
    bench.pass(1);
    assert_eq!(bench.ordered(), ["v2"], "it goes");
    // its containers are gone, its network and its image are not
    let mut bench = bench.restart(&[web("v1", 1)]);
    assert_eq!(bench.stages(), ["withdrawing"], "anew");
    bench.pass(1);
    bench.pass(35 * SECOND);
    bench.pass(1);
    let orders = bench.orders.borrow().clone();
    let order = &orders[0];
    assert_eq!(
        (order.project.as_deref(), order.volumes, order.images),
        (Some("whoami-dev-v2"), Leftover::Remove, Leftover::Remove),
        "as it was asked for"
    );
    assert!(
        order.image_ids.contains("sha256:1"),
        "and what it was made from"
    );
    assert_eq!(order.labels["pointsman.version"], "v2", "of v2 alone");
    bench.report("v2", Progress::Done(Removed::default()));
    assert_eq!(bench.retired(), 0, "finished");
}

#[test]
fn what_the_rules_let_go_goes_in_one_entry_and_the_rest_stays() {
    let all: Vec<Container> = (1..=5).map(|n| web(&format!("v{n}"), n)).collect();
    let mut bench = Bench::with(&all);
    bench.keep_last(2);
    let outcome = bench.gc().unwrap();
    let goes = outcome.stacks.iter();
    let goes = goes.filter(|it| matches!(it.verdict.fate, Fate::Goes(_)));
    let goes: Vec<&str> = goes.map(|it| it.verdict.version.as_str()).collect();
    assert_eq!(goes, ["v2", "v3"], "not v1, which is live");
    assert_eq!(bench.stages(), ["withdrawing"; 2], "both are under way");
    assert_eq!(bench.retired(), 2, "in the record");
    let again = bench.gc().unwrap();
    assert!(
        !again
            .stacks
            .iter()
            .any(|it| matches!(it.verdict.fate, Fate::Goes(_))),
        "once"
    );
    assert_eq!(again.revision, outcome.revision, "nothing new");
}

#[test]
fn who_was_live_a_moment_ago_is_not_let_go() {
    let mut bench = Bench::with(&three());
    bench.keep_last(1);
    bench.run(promote("v2", None)).unwrap();
    bench.run(Command::switch()).unwrap();
    bench.run(promote("v3", None)).unwrap();
    bench.run(Command::switch()).unwrap();
    let word = |bench: &mut Bench| {
        let outcome = bench.gc().unwrap();
        match &outcome.stacks[0].verdict.fate {
            Fate::Goes(cause) => cause.code(),
            Fate::Stays(shield) => shield.code(),
        }
    };
    assert_eq!(word(&mut bench), "draining", "v1");
    bench.pass(35 * SECOND);
    assert_eq!(word(&mut bench), "surplus", "its requests have ended");
}

// With its one routed container gone, nothing knew the stack: its other containers stayed for ever.
#[test]
fn a_stack_of_which_nothing_is_routed_is_known_and_can_go() {
    let worker = |name: &str, n: u8| {
        let mut worker = web(name, n);
        worker.labels.remove("pointsman.port");
        worker.ports.clear();
        worker
    };
    let all = [web("v1", 1), worker("v2", 2), web("v3", 3)];
    let mut bench = Bench::with(&all);
    bench.keep_last(1);
    let now = bench.daemon.clock.now();
    let stacks = bench.daemon.table.every_stack(now);
    let listed: Vec<_> = stacks
        .iter()
        .map(|stack| (stack.version.as_str(), stack.health.expected))
        .collect();
    assert_eq!(listed, [("v1", 1), ("v2", 0), ("v3", 1)], "without servers");
    let outcome = bench.gc().unwrap();
    let fate = &outcome.stacks[1].verdict.fate;
    assert!(matches!(fate, Fate::Goes(_)), "the rules apply: {fate:?}");
    bench.pass(1);
    bench.pass(35 * SECOND);
    bench.pass(1);
    assert_eq!(bench.ordered(), ["v2"], "as any other");
    let mut bench = Bench::with(&all);
    bench.retire("v2", Removal::default()).unwrap();
    assert_eq!(bench.stages(), ["withdrawing"], "and when somebody says so");
}

#[test]
fn a_full_disk_lets_nothing_go() {
    let all: Vec<Container> = (1..=4).map(|n| web(&format!("v{n}"), n)).collect();
    let mut bench = Bench::with(&all);
    bench.keep_last(1);
    bench.disk.set_fault(Fault::Full(1));
    let error = bench.gc().unwrap_err();
    assert!(error.code().starts_with("stor"), "{error}");
    assert_eq!((bench.stages(), bench.retired()), (vec![], 0), "all stay");
}

#[test]
fn the_daemon_does_not_remove_itself() {
    let mut own = web("v2", 2);
    let label = ("pointsman.role".to_owned(), "server".to_owned());
    own.labels.extend([label]);
    let mut bench = Bench::with(&[web("v1", 1), own]);
    let error = bench.retire("v2", Removal::default()).unwrap_err();
    assert_eq!(error.code(), "guarded", "{error}");
    bench.keep_last(1);
    let outcome = bench.gc().unwrap();
    assert!(
        outcome
            .stacks
            .iter()
            .all(|it| matches!(it.verdict.fate, Fate::Stays(_))),
        "{outcome:?}"
    );
}

#[test]
fn an_env_is_not_forgotten_while_something_of_it_is_removed() {
    let mut bench = Bench::with(&three());
    bench.retire("v2", Removal::default()).unwrap();
    let (reply, mut answer) = oneshot::channel();
    let actor = "ann".to_owned();
    let remove = Request::RemoveEnv(key(), actor, reply);
    bench.daemon.answer(remove);
    assert_eq!(answer.try_recv().unwrap().unwrap_err().code(), "in_use");
}
