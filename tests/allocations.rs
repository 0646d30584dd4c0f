//! An event costs memory in proportion to what it changes, not to how many containers there are.
//!
//! Allocations are counted for this thread by the allocator of a crate made for that; it is in this binary alone.

#[path = "../benches/support/mod.rs"]
#[cfg(test)]
#[expect(dead_code, reason = "the benchmarks use more of it")]
mod support;

#[cfg(test)]
mod tests {
    use allocation_counter::measure;
    use pointsman::routing::rollout::Command;

    use super::support::table::{Host, change};
    use super::support::world::{app_of, is_managed};

    /// A host that is small, and one on which anything that grows with it would show.
    const SIZES: [usize; 2] = [100, 10_000];
    /// The persistent maps are a level or two deeper on the large host.
    const DEEPER: u64 = 100;
    /// And copy a path of that many nodes more, in each section that changes.
    const DEEPER_BYTES: u64 = 64 * 1024;

    /// One event that changes one server of several.
    const EVENT: u64 = 150;

    /// Whose containers.
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Managed {
        Yes,
        No,
    }

    /// Allocations and bytes of the middle one of many.
    fn middle(mut all: Vec<(u64, u64)>) -> (u64, u64) {
        all.sort_unstable();
        all[all.len() / 2]
    }

    fn cost(work: impl FnOnce()) -> (u64, u64) {
        let info = measure(work);
        (info.count_total, info.bytes_total)
    }

    /// Of events of one kind, on managed containers or on plain ones, all over the host.
    fn events(host: &mut Host, size: usize, managed: Managed) -> [(u64, u64); 4] {
        let mut costs = [(); 4].map(|()| Vec::new());
        let numbers = (0..).map(|round| round * 7_919 % size);
        let mut numbers =
            numbers.filter(|number| is_managed(app_of(*number)) == (managed == Managed::Yes));
        for _ in 0..20 {
            let number = numbers.next().expect("there is no end of rounds");
            for (turn, costs) in costs.iter_mut().enumerate() {
                let change = change(number, turn);
                costs.push(cost(|| {
                    assert!(host.take_in(change), "it changes the document");
                }));
            }
        }
        costs.map(middle)
    }

    fn switches(host: &mut Host, size: usize) -> (u64, u64) {
        let switch = |round: usize| {
            let app = round * 7_919 % (size / 8) * 2;
            cost(|| {
                host.command(app, Command::switch());
                assert!(host.publish(), "it changes the document");
            })
        };
        middle((0..20).map(switch).collect())
    }

    #[test]
    fn an_event_or_a_switch_allocates_the_same_on_any_host() {
        let seen = SIZES.map(|size| {
            let mut host = Host::of(size);
            let managed = events(&mut host, size, Managed::Yes);
            let plain = events(&mut host, size, Managed::No);
            let switch = switches(&mut host, size);
            println!(
                "{size} containers, allocations and bytes of stop, start, unhealthy, healthy: managed {managed:?}, plain \
                 {plain:?}; of a switch: {switch:?}"
            );
            for (allocations, _) in managed.iter().chain(&plain) {
                assert!(
                    *allocations <= EVENT,
                    "{allocations} allocations for an event that changes one server"
                );
            }
            [&managed[..], &plain[..], &[switch]].concat()
        });
        let [small, large] = seen;
        for (kind, (small, large)) in small.iter().zip(&large).enumerate() {
            assert!(
                large.0 <= small.0 + DEEPER,
                "{kind}: {large:?} allocations and bytes, on the small host {small:?}"
            );
            assert!(
                large.1 <= small.1 + DEEPER_BYTES,
                "{kind}: {large:?} allocations and bytes, on the small host {small:?}"
            );
        }
    }
}
