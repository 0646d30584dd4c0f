//! A failure made as small as it goes: whatever can be left out while it stays a failure, is.

use crate::judge::{Verdict, judge};
use crate::support::pair::Pair;
use crate::support::world::World;

/// Gives the smallest world found and what is wrong with it.
pub(crate) async fn minimise(pair: &mut Pair, world: World, why: String) -> (World, String) {
    let (mut world, mut why) = (world, why);
    loop {
        let mut smaller = None;
        for candidate in candidates(&world) {
            if let Verdict::Unexplained(why) = judge(pair, &candidate).await {
                smaller = Some((candidate, why));
                break;
            }
        }
        let Some(found) = smaller else {
            return (world, why);
        };
        (world, why) = found;
    }
}

/// The same with one thing less.
fn candidates(world: &World) -> Vec<World> {
    let mut all = Vec::new();
    for at in 0..world.len() {
        let mut less = world.clone();
        less.remove(at);
        all.push(less);
    }
    for (at, container) in world.iter().enumerate() {
        let mut vary = |change: &dyn Fn(&mut crate::support::fake_engine::FakeContainer)| {
            let mut less = world.clone();
            change(&mut less[at]);
            all.push(less);
        };
        for key in container.labels.keys() {
            vary(&|it| drop(it.labels.remove(key)));
        }
        for network in container.networks.keys() {
            vary(&|it| drop(it.networks.remove(network)));
        }
        for port in 0..container.ports.len() {
            vary(&|it| drop(it.ports.remove(port)));
        }
        if container.health.is_some() {
            vary(&|it| it.health = None);
        }
    }
    all
}
