//! What can happen, and the machine that it happens to.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};

use super::laws;
use super::model;
use crate::reconciler::clock::Clock;
use crate::reconciler::tests::{version, web};
use crate::reconciler::{
    Accepted, Closed, CommandError, CommandRequest, Farewell, Feed, Followers, Outlets, Proof,
    Reconciler, Request, Upkeep, VerdictRequest, handle_channel,
};
use crate::routing::ids::{ContainerId, EnvKey, Revision, Version};
use crate::routing::model::{
    Attachments, Change, Container, Health, Progress, RemovalOrder, RemovalReport, Removed, Targets,
};
use crate::routing::plan::{Gate, Plan, PlanStep, Weight, named};
use crate::routing::rollout::{
    Closure, Command, HookAnswer, Insist, Record, Removal, Until, Verdict,
};
use crate::routing::table::Options;
use crate::routing::time::Timestamp;
use crate::snapshot::{self, Reader};
use crate::store::testing::{Fault, Files, SimDisk, open};

/// Something that happens.
#[derive(Clone, Debug)]
pub(super) enum Act {
    /// Time passes.
    Wait(u64),
    /// A container of an env's version: there and healthy, starting, unhealthy, or made anew.
    Container { env: u8, version: u8, is: Is },
    /// Docker goes away, or comes back with a complete list.
    Docker(Reach),
    /// The proxies have everything, nothing new, or there are none.
    Proxies(Reach),
    /// An operator's verb, perhaps with an old generation, perhaps only rehearsed, perhaps repeated.
    Command { env: u8, command: Command, how: How },
    /// What a hook says about the running step.
    Verdict { env: u8, answer: HookAnswer },
    /// The daemon stops, or dies, and comes back; the wall clock may have moved meanwhile.
    Restart {
        how: Stop,
        jump_ms: i64,
        image: prop::sample::Index,
    },
    /// One of the next calls of the disk fails.
    DiskFault(usize),
    /// The Docker station does what it was told to remove, or cannot.
    Remove(Luck),
}

/// Whether something works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Luck {
    Good,
    Bad,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Is {
    Healthy,
    Starting,
    Unhealthy,
    Anew,
    Exited,
    Gone,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    There,
    Behind,
    Away,
}

/// How a daemon ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Nothing is lost.
    Clean,
    /// Power is lost.
    Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    Plainly,
    WithOldGeneration,
    Rehearsed,
    Twice,
}

fn any_command() -> impl Strategy<Value = Command> {
    let version = || (0u8..4).prop_map(|n| version(&format!("v{n}")));
    let weight = || (0u64..=100).prop_map(|percent| Weight::new(percent).unwrap());
    let insist = || {
        (prop::bool::weighted(0.2), prop::bool::weighted(0.2))
            .prop_map(|(force, supersede)| Insist { force, supersede })
    };
    let promote = (version(), prop::option::of(weight()), insist());
    prop_oneof![
        6 => promote.prop_map(|(version, weight, insist)| Command::Promote { version, weight, insist }),
        4 => insist().prop_map(|insist| Command::Switch { insist }),
        3 => Just(Command::Rollback),
        2 => (weight(), insist()).prop_map(|(weight, insist)| Command::Weight { weight, insist }),
        4 => (any_plan(), insist()).prop_map(|(plan, insist)| Command::Shift { plan: Some(plan), insist }),
        1 => Just(Command::Hold),
        2 => Just(Command::Resume),
        1 => Just(Command::Abort),
        1 => Just(Command::Finish),
        1 => Just(Command::Evict),
        1 => prop::option::of(until()).prop_map(|until| Command::Freeze { why: String::new(), until }),
        2 => Just(Command::Unfreeze),
        2 => (version(), removal(), insist()).prop_map(|(version, removal, insist)| Command::Retire { version, removal, insist }),
        1 => any::<bool>().prop_map(|on| Command::Maintenance(on.then(|| Closure {
            message: String::new(),
            retry_after_s: 60,
        }))),
    ]
}

fn removal() -> impl Strategy<Value = Option<Removal>> {
    prop::option::of(Just(Removal::default()))
}

fn until() -> impl Strategy<Value = Until> {
    prop_oneof![
        (0u64..100_000).prop_map(|millis| Until::At(Timestamp::from_millis(START + millis))),
        (0u64..100_000).prop_map(Until::After),
    ]
}

fn any_plan() -> impl Strategy<Value = Plan> {
    let gate = prop_oneof![
        4 => Just(Gate::None),
        1 => Just(Gate::Manual),
        1 => Just(Gate::After(20_000)),
        1 => Just(Gate::Hook(HOOK.to_owned())),
    ];
    let step = (0u64..100, 0u64..30_000, gate).prop_map(|(percent, min_dwell_ms, gate)| PlanStep {
        min_dwell_ms,
        gate,
        ..PlanStep::new(Weight::new(percent).unwrap())
    });
    let written = prop::collection::vec(step, 0..4).prop_map(|mut steps| {
        steps.sort_by_key(|step| step.weight);
        steps.push(PlanStep::new(Weight::FULL));
        Plan::new("written", steps).unwrap()
    });
    let names = prop::sample::select(vec!["flip", "blue-green", "canary", "shadow"]);
    prop_oneof![3 => written, 1 => names.prop_map(|name| named(name).unwrap())]
}

pub(super) fn any_act() -> impl Strategy<Value = Act> {
    let env = || 0u8..2;
    let is = prop_oneof![
        6 => Just(Is::Healthy),
        1 => Just(Is::Starting),
        2 => Just(Is::Unhealthy),
        1 => Just(Is::Anew),
        1 => Just(Is::Exited),
        1 => Just(Is::Gone),
    ];
    let reach =
        || prop_oneof![3 => Just(Reach::There), 1 => Just(Reach::Behind), 1 => Just(Reach::Away)];
    let how = prop_oneof![
        6 => Just(How::Plainly),
        1 => Just(How::WithOldGeneration),
        1 => Just(How::Rehearsed),
        1 => Just(How::Twice),
    ];
    let why = || "because".to_owned();
    let answer = prop_oneof![
        Just(HookAnswer::Open),
        Just(HookAnswer::Hold { why: why() }),
        Just(HookAnswer::Abort { why: why() }),
    ];
    let stop = prop_oneof![Just(Stop::Clean), Just(Stop::Power)];
    let restart = (stop, -3_600_000i64..3_600_000, any::<prop::sample::Index>());
    prop_oneof![
        6 => (0u64..200_000).prop_map(|millis| Act::Wait(millis + 1)),
        8 => (env(), 0u8..4, is).prop_map(|(env, version, is)| Act::Container { env, version, is }),
        1 => reach().prop_map(Act::Docker),
        2 => reach().prop_map(Act::Proxies),
        14 => (env(), any_command(), how).prop_map(|(env, command, how)| Act::Command { env, command, how }),
        2 => (env(), answer).prop_map(|(env, answer)| Act::Verdict { env, answer }),
        1 => restart.prop_map(|(how, jump_ms, image)| Act::Restart { how, jump_ms, image }),
        1 => (1usize..4).prop_map(Act::DiskFault),
        2 => prop_oneof![3 => Just(Luck::Good), 1 => Just(Luck::Bad)].prop_map(Act::Remove),
    ]
}

/// Whom gates ask.
const HOOK: &str = "smoke";

/// When it all begins.
const START: u64 = 1_700_000_000_000;

/// How far the proxies are, as the test says.
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

/// The daemon and everything around it.
pub(super) struct World {
    pub(super) daemon: Reconciler,
    pub(super) reader: Reader,
    /// The document as it was read last.
    pub(super) document: RefCell<(Option<Revision>, Rc<Value>)>,
    /// How much has happened.
    pub(super) acts: u64,
    /// What Docker has.
    pub(super) containers: BTreeMap<ContainerId, Container>,
    /// How many containers the Docker station has removed.
    pub(super) removed: usize,
    /// What it is told to remove.
    pub(super) orders: watch::Receiver<Vec<RemovalOrder>>,
    disk: SimDisk,
    clock: Arc<AtomicU64>,
    fleet: Arc<Mutex<Option<u64>>>,
    proxies: Reach,
    is_docker_there: bool,
    /// Docker's own clock, in seconds: behind ours, and not moved when ours is.
    engine: u64,
    /// At which act each container was made, and each version's removal was last asked for.
    made: BTreeMap<ContainerId, u64>,
    asked: BTreeMap<(EnvKey, Version), u64>,
    keys: u64,
}

pub(super) fn envs() -> [EnvKey; 2] {
    ["dev", "prod"].map(|env| EnvKey::parse("whoami", env).unwrap())
}

impl World {
    pub(super) fn new() -> Self {
        let disk = SimDisk::new(&Files::new(), Fault::None);
        let clock = Arc::new(AtomicU64::new(START));
        let fleet = Arc::new(Mutex::new(Some(0)));
        let (daemon, reader, orders) = start(&disk, &clock, &fleet);
        let mut world = Self {
            daemon,
            reader,
            removed: 0,
            orders,
            document: RefCell::default(),
            acts: 0,
            containers: BTreeMap::new(),
            disk,
            clock,
            fleet,
            proxies: Reach::There,
            is_docker_there: true,
            engine: START / 1000 - 7200,
            made: BTreeMap::new(),
            asked: BTreeMap::new(),
            keys: 0,
        };
        for env in 0..2 {
            world.container(env, 0, Is::Healthy);
        }
        world.list();
        world
    }

    pub(super) fn records(&self) -> BTreeMap<EnvKey, Record> {
        let record = |key: EnvKey| (key.clone(), self.daemon.table.rollout(&key));
        envs().into_iter().map(record).collect()
    }

    /// Has the daemon seen everything that Docker has.
    pub(super) const fn is_current(&self) -> bool {
        self.is_docker_there
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.clock.load(Ordering::Relaxed))
    }

    /// Lets it happen, and looks at every law.
    pub(super) fn perform(&mut self, act: &Act, context: &str) {
        self.acts += 1;
        let before = laws::Before::of(self);
        match act {
            Act::Wait(millis) => self.wait(*millis, context),
            Act::Container { env, version, is } => self.container(*env, *version, *is),
            Act::Docker(Reach::There) => self.list(),
            Act::Docker(Reach::Behind | Reach::Away) => {
                self.is_docker_there = false;
                self.tell(Change::Lost);
            }
            Act::Proxies(reach) => self.proxies = *reach,
            Act::Command { env, command, how } => self.command(*env, command, *how, context),
            Act::Verdict { env, answer } => self.verdict(*env, answer, context),
            Act::Restart {
                how,
                jump_ms,
                image,
            } => self.restart(*how, *jump_ms, *image, context),
            Act::DiskFault(after) => {
                let calls = self.disk.calls();
                self.disk.set_fault(Fault::Error(calls + after));
            }
            Act::Remove(luck) => self.remove(*luck),
        }
        self.follow();
        laws::check(self, &before, act, context);
    }

    /// The proxies fetch, or do not.
    fn follow(&mut self) {
        let newest = self.reader.load().map_or(0, |snapshot| snapshot.sequence());
        let mut applied = self.fleet.lock().unwrap();
        match self.proxies {
            Reach::There => *applied = Some(newest),
            Reach::Behind => *applied = Some(applied.unwrap_or(0).min(newest)),
            Reach::Away => *applied = None,
        }
    }

    /// Time passes with all the turns that the daemon would have taken.
    fn wait(&mut self, millis: u64, context: &str) {
        let end = self.now().plus_millis(millis);
        self.engine += millis / 1000;
        for _ in 0..50 {
            let pause = self.daemon.until_deadline();
            let pause = u64::try_from(pause.as_millis()).unwrap().max(1);
            let next = self.now().plus_millis(pause.max(millis / 40)).min(end);
            self.clock.store(next.as_millis(), Ordering::Relaxed);
            let before = laws::Before::of(self);
            self.daemon.turn();
            self.follow();
            laws::check(self, &before, &Act::Wait(0), context);
            if next == end {
                return;
            }
        }
        self.clock.store(end.as_millis(), Ordering::Relaxed);
        self.daemon.turn();
    }

    fn tell(&mut self, change: Change) {
        let (_changes_tx, mut changes_rx) = mpsc::channel(1);
        self.daemon.take_in(change, &mut changes_rx);
    }

    fn container(&mut self, env: u8, number: u8, is: Is) {
        let name = format!("v{number}");
        let id = ContainerId::parse(&format!("id-{env}-{name}")).unwrap();
        let is_new = is == Is::Anew || !self.containers.contains_key(&id);
        if is_new {
            self.engine += 1;
            self.made.insert(id.clone(), self.acts);
        }
        let made = self.engine;
        let mut container = self.containers.get(&id).cloned().unwrap_or_else(|| {
            let mut container = web(&name, env * 10 + number + 1);
            container.id = id.clone();
            container.created = made;
            let env = envs()[usize::from(env)].env.to_string();
            container
                .labels
                .insert("pointsman.env".to_owned(), env.clone());
            let domain = format!("{env}.example.com");
            container
                .labels
                .insert("pointsman.domain".to_owned(), domain);
            container
        });
        container.state = crate::routing::model::State::Running;
        match is {
            Is::Healthy => container.health = Health::Healthy,
            Is::Starting => container.health = Health::Starting,
            Is::Unhealthy => container.health = Health::Unhealthy,
            Is::Anew => {
                container.image = format!("sha256:{made}");
                container.created = made;
                container.health = Health::Starting;
            }
            Is::Exited => container.state = crate::routing::model::State::Exited,
            Is::Gone => {
                self.containers.remove(&id);
                if self.is_docker_there {
                    self.tell(Change::Remove(id));
                }
                return;
            }
        }
        self.containers.insert(id, container.clone());
        if self.is_docker_there {
            self.tell(Change::Apply(Box::new(container)));
        }
    }

    /// A complete list.
    fn list(&mut self) {
        self.is_docker_there = true;
        self.tell(Change::ResyncStart);
        for container in self.containers.values().cloned().collect::<Vec<_>>() {
            self.tell(Change::ResyncApply(Box::new(container)));
        }
        self.tell(Change::ResyncEnd);
    }

    /// Carries out the first order, as far as Docker answers.
    fn remove(&mut self, luck: Luck) {
        let order = self.orders.borrow().first().cloned();
        let Some(order) = order.filter(|_| self.is_docker_there) else {
            return;
        };
        let progress = match luck {
            Luck::Bad => Progress::Stuck {
                why: "it does not stop".to_owned(),
            },
            Luck::Good => Progress::Done(self.carry_out(&order)),
        };
        self.daemon.removals.hear(RemovalReport { order, progress });
        self.daemon.turn();
    }

    fn carry_out(&mut self, order: &RemovalOrder) -> Removed {
        let is_meant = |container: &&Container| {
            let has = |(key, value): (&String, &String)| container.labels.get(key) == Some(value);
            order.labels.iter().all(has) && container.created <= order.made_until
        };
        let meant = self.containers.values().filter(is_meant);
        let ids: Vec<ContainerId> = meant.map(|it| it.id.clone()).collect();
        for id in &ids {
            let (made, asked) = (self.made[id], self.asked[&order.stack]);
            assert!(
                made < asked,
                "{id:?} was made after {order:?} was asked for"
            );
            self.containers.remove(id);
            self.tell(Change::Remove(id.clone()));
        }
        self.removed += ids.len();
        Removed {
            containers: u32::try_from(ids.len()).unwrap(),
            ..Removed::default()
        }
    }

    fn command(&mut self, env: u8, command: &Command, how: How, context: &str) {
        let key = envs()[usize::from(env)].clone();
        let old = self.daemon.table.rollout(&key);
        let view = self.daemon.view(&key, self.now());
        self.keys += 1;
        if let Command::Retire { version, .. } = command {
            self.asked.insert((key.clone(), version.clone()), self.acts);
        }
        let request = CommandRequest {
            key: key.clone(),
            command: command.clone(),
            if_match: (how == How::WithOldGeneration).then(|| old.generation.wrapping_sub(1)),
            idempotency_key: (how == How::Twice).then(|| self.keys.to_string()),
            dry_run: how == How::Rehearsed,
            actor: "ann".to_owned(),
        };
        let answer = self.ask(&request);
        let new = self.daemon.table.rollout(&key);
        model::check(
            &model::Case {
                old: &old,
                new: &new,
                view: &view,
                request: &request,
                answer: &answer,
            },
            context,
        );
        if how == How::Twice && answer.is_ok() {
            let again = self.ask(&request);
            assert!(
                again.is_ok(),
                "{context}: a repeated key repeats the answer"
            );
            assert_eq!(
                self.daemon.table.rollout(&key),
                new,
                "{context}: and has no effect"
            );
        }
    }

    fn ask(&mut self, request: &CommandRequest) -> Result<Accepted, CommandError> {
        let (reply_tx, reply_rx) = oneshot::channel();
        let boxed = Box::new(request.clone());
        self.daemon.answer(Request::Command(boxed, reply_tx));
        answered(reply_rx)
    }

    fn verdict(&mut self, env: u8, answer: &HookAnswer, context: &str) {
        let key = envs()[usize::from(env)].clone();
        let Some(shift) = self.daemon.table.rollout(&key).shift else {
            return;
        };
        let verdict = Verdict {
            hook: HOOK.to_owned(),
            started_generation: shift.started_generation,
            step: shift.step,
            answer: answer.clone(),
        };
        let old = self.daemon.table.rollout(&key);
        let now = self.now();
        let heard = self.daemon.verdict(
            &VerdictRequest {
                key: key.clone(),
                verdict,
            },
            now,
        );
        if heard.is_err() {
            let new = self.daemon.table.rollout(&key);
            assert_eq!(new, old, "{context}: an answer that was not taken");
        }
        self.daemon.turn();
    }

    /// Whatever was acknowledged is there afterwards; of what was not, a whole transition or nothing.
    fn restart(&mut self, how: Stop, jump_ms: i64, image: prop::sample::Index, context: &str) {
        let acknowledged = self.records();
        self.disk.set_fault(Fault::None);
        let files = if how == Stop::Clean {
            self.disk.files()
        } else {
            let images: Vec<Files> = self.disk.crash_images().into_iter().collect();
            image.get(&images).clone()
        };
        self.disk = SimDisk::new(&files, Fault::None);
        let millis = self.now().as_millis().saturating_add_signed(jump_ms);
        self.clock.store(millis, Ordering::Relaxed);
        *self.fleet.lock().unwrap() = Some(0);
        let (daemon, reader, orders) = start(&self.disk, &self.clock, &self.fleet);
        (self.daemon, self.reader, self.orders) = (daemon, reader, orders);
        let loaded = self.records();
        for (key, known) in &acknowledged {
            let found = &loaded[key];
            let is_next = found.generation == known.generation + 1;
            assert!(
                found == known || is_next,
                "{context}: {key} was {known:?}, is {found:?}"
            );
        }
        self.daemon.boot();
        self.list();
    }
}

fn start(
    disk: &SimDisk,
    clock: &Arc<AtomicU64>,
    fleet: &Arc<Mutex<Option<u64>>>,
) -> (Reconciler, Reader, watch::Receiver<Vec<RemovalOrder>>) {
    let (store, loaded) = open(disk).unwrap();
    let (publisher, reader) = snapshot::channel();
    let (_handle, _requests_rx, turns) = handle_channel();
    let (attachments, _attachments_rx) = watch::channel(Attachments::default());
    let (orders_tx, orders) = watch::channel(Vec::new());
    let upkeep = Upkeep {
        orders: orders_tx,
        ..Upkeep::alone()
    };
    let outlets = Outlets {
        publisher,
        attachments,
        targets: watch::channel(Targets::default()).0,
        closed: watch::channel(Closed::new()).0,
        farewell: watch::channel(Farewell::default()).0,
        turns,
        followers: Box::new(Fleet(Arc::clone(fleet))),
        news: Feed::new(),
        questions: watch::Sender::new(Vec::new()),
        upkeep,
    };
    let mut daemon = Reconciler::new(Options::default(), store, loaded, outlets);
    daemon.clock = Clock::Set(Arc::clone(clock));
    (daemon, reader, orders)
}

/// The reconciler replies before it returns.
fn answered<T>(mut reply_rx: oneshot::Receiver<T>) -> T {
    reply_rx.try_recv().unwrap()
}
