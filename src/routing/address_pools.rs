//! How many bridge networks the Engine can still make: its default address pools less what its networks have.
//!
//! Every compose project takes a network, and with the Engine's own pools there is room for some thirty; the next
//! `compose up` fails then. Pure. The answer is an upper bound: the Engine also leaves out what routes and resolvers of its
//! host use, which only the host knows. Pools of IPv6 are not counted: networks get an IPv4 subnet in any case.

use std::net::Ipv4Addr;

/// Below this many it is told.
pub const FEW: u64 = 3;
/// What the Engine has when it is told nothing, 20.10 to 29: bases with the length of each network's prefix.
const BUILT_IN: [(&str, u8); 7] = [
    ("172.17.0.0/16", 16),
    ("172.18.0.0/16", 16),
    ("172.19.0.0/16", 16),
    ("172.20.0.0/14", 16),
    ("172.24.0.0/14", 16),
    ("172.28.0.0/14", 16),
    ("192.168.0.0/16", 20),
];

/// Addresses of IPv4 that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subnet {
    first: u32,
    last: u32,
}

/// Addresses of which each new network gets an equal block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    base: Subnet,
    /// How many addresses a block has, less one.
    block_mask: u32,
}

impl Subnet {
    /// Reads `172.17.0.0/16`; `None` for anything else, IPv6 included.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address: Ipv4Addr = address.parse().ok()?;
        let mask = host_mask(length.parse().ok()?)?;
        let first = u32::from(address) & !mask;
        Some(Self {
            first,
            last: first | mask,
        })
    }
}

impl Pool {
    /// Blocks with a prefix of `size` bits in `base`; `None` when that is no pool of IPv4.
    pub fn parse(base: &str, size: u8) -> Option<Self> {
        let base = Subnet::parse(base)?;
        let block_mask = host_mask(size)?;
        (block_mask <= base.last - base.first).then_some(Self { base, block_mask })
    }

    /// The Engine's own.
    pub fn built_in() -> Vec<Self> {
        let parsed = BUILT_IN.iter();
        parsed
            .filter_map(|(base, size)| Self::parse(base, *size))
            .collect()
    }

    fn left(self, used: &[Subnet]) -> u64 {
        let block = u64::from(self.block_mask) + 1;
        let Subnet { first, last } = self.base;
        let blocks = (u64::from(last - first) + 1) / block;
        let number = |address: u32| u64::from(address - first) / block;
        let inside = used.iter();
        let inside = inside.filter(|it| it.first <= last && it.last >= first);
        let taken = inside.map(|it| (number(it.first.max(first)), number(it.last.min(last))));
        let mut taken: Vec<(u64, u64)> = taken.collect();
        taken.sort_unstable();
        blocks - united(&taken)
    }
}

/// How many numbers are in at least one of these ranges, which are sorted.
fn united(ranges: &[(u64, u64)]) -> u64 {
    let (mut sum, mut next) = (0, 0);
    for (first, last) in ranges {
        let from = next.max(*first);
        if *last >= from {
            sum += last - from + 1;
            next = last + 1;
        }
    }
    sum
}

/// The bits behind a prefix of that length.
fn host_mask(length: u8) -> Option<u32> {
    match length {
        0 => Some(u32::MAX),
        1..=32 => Some(u32::MAX.checked_shr(u32::from(length)).unwrap_or(0)),
        _ => None,
    }
}

/// How many more networks can be made.
pub fn left(pools: &[Pool], used: &[Subnet]) -> u64 {
    pools.iter().map(|pool| pool.left(used)).sum()
}

/// What to tell the operator when there is room for no more than that.
pub fn advice(left: u64) -> String {
    let room = match left {
        0 => "no further network: the next `docker compose up` of a new project fails".to_owned(),
        1 => "one more network".to_owned(),
        more => format!("{more} more networks"),
    };
    format!(
        "Docker's address pools have room for {room}, and each compose project takes one; remove what nobody needs (`pointsman gc \
         --plan`, `docker network prune`), or give the Engine more, e.g. \"default-address-pools\": [{{\"base\": \"10.200.0.0/14\", \
         \"size\": 24}}] in its daemon.json, which is room for 1024, and restart it; networks that exist keep their addresses"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_beside(used: &[&str]) -> u64 {
        let used: Vec<Subnet> = used.iter().filter_map(|it| Subnet::parse(it)).collect();
        left(&Pool::built_in(), &used)
    }

    #[test]
    fn the_engines_own_pools_have_room_for_31() {
        assert_eq!(left_beside(&[]), 31, "15 of 65,536 and 16 of 4,096");
    }

    #[test]
    fn each_block_that_is_touched_is_gone_once() {
        for (used, left) in [
            (&["172.17.0.0/16"][..], 30),
            (&["172.20.0.0/16", "172.21.0.0/16"], 29),
            // smaller than a block, twice in the same one, and one that spans four
            (&["172.30.5.0/24", "172.30.6.0/24"], 30),
            (&["192.168.0.0/18"], 27),
            (&["192.168.0.0/18", "192.168.16.0/20"], 27),
            // larger than a pool, beside all pools, and of another kind
            (&["172.16.0.0/12"], 16),
            (&["10.0.0.0/8"], 31),
            (&["fd00::/64", "nonsense", "1.2.3.4/33", ""], 31),
            (&["0.0.0.0/0"], 0),
        ] {
            assert_eq!(left_beside(used), left, "{used:?}");
        }
    }

    #[test]
    fn pools_of_an_operators_own_are_counted() {
        let pool = |base, size| Pool::parse(base, size);
        let own = pool("10.200.0.0/14", 24).unwrap();
        let used = Subnet::parse("10.200.7.0/24").unwrap();
        assert_eq!(left(&[own], &[used]), 1023);
        let whole = pool("10.0.0.0/8", 32).unwrap();
        assert_eq!(left(&[whole], &[]), 1 << 24, "in no time");
        let everything = pool("0.0.0.0/0", 0).unwrap();
        assert_eq!(left(&[everything], &[]), 1);
        assert_eq!(pool("10.0.0.0/16", 8), None, "a block larger than its pool");
        assert_eq!(pool("fd00::/48", 64), None, "of IPv6");
        assert_eq!(pool("10.0.0.0/8", 33), None, "no length");
    }

    #[test]
    fn advice_says_how_many_and_what_to_write() {
        assert!(advice(0).contains("no further network"), "{}", advice(0));
        assert!(advice(1).contains("one more network"), "{}", advice(1));
        assert!(advice(2).contains("2 more networks"), "{}", advice(2));
        assert!(advice(2).contains("default-address-pools"), "{}", advice(2));
    }

    #[test]
    fn nothing_overflows() {
        let mut seed = 1_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            u32::try_from(seed >> 32).unwrap()
        };
        for _ in 0..10_000 {
            let mut text = || format!("{}/{}", Ipv4Addr::from(next()), next() % 33);
            let (base, used) = (text(), [text(), text(), text()]);
            let size = u8::try_from(next() % 33).unwrap();
            let Some(pool) = Pool::parse(&base, size) else {
                continue;
            };
            let used = used.each_ref().map(|it| Subnet::parse(it).unwrap());
            let all = left(&[pool], &[]);
            let some = left(&[pool], &used);
            assert!(
                some <= all,
                "{base} in {size} beside {used:?}: {some} of {all}"
            );
        }
    }
}
