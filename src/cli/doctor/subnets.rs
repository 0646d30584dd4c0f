//! How many networks Docker can still make from its default address pools. Pure.

use std::net::Ipv4Addr;

/// So many are soon gone.
pub(super) const FEW: usize = 4;

/// Docker's own pools: 172.17.0.0/16 to 172.31.0.0/16, and 192.168.0.0/16 in pieces of /20.
fn pools() -> impl Iterator<Item = Range> {
    let large = (17..=31).map(|second| Range::of(Ipv4Addr::new(172, second, 0, 0), 16));
    let small = (0..16).map(|piece| Range::of(Ipv4Addr::new(192, 168, piece * 16, 0), 20));
    large.chain(small)
}

/// First and last address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range(u32, u32);

impl Range {
    fn of(base: Ipv4Addr, prefix: u32) -> Self {
        let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
        let first = u32::from(base) & mask;
        Self(first, first | !mask)
    }

    fn parse(text: &str) -> Option<Self> {
        let (base, prefix) = text.split_once('/')?;
        let prefix = prefix.parse().ok().filter(|prefix| *prefix <= 32)?;
        Some(Self::of(base.parse().ok()?, prefix))
    }

    const fn meets(self, other: Self) -> bool {
        self.0 <= other.1 && other.0 <= self.1
    }
}

/// How many pieces no network has.
pub(super) fn free<'a>(taken: impl Iterator<Item = &'a str>) -> usize {
    let taken: Vec<Range> = taken.filter_map(Range::parse).collect();
    let is_free = |pool: &Range| !taken.iter().any(|it| it.meets(*pool));
    pools().filter(is_free).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_takes_every_piece_it_meets() {
        assert_eq!(free([].into_iter()), 31, "none");
        assert_eq!(free(["172.17.0.0/16"].into_iter()), 30, "the bridge");
        assert_eq!(
            free(["10.203.0.0/24", "fd00::/64"].into_iter()),
            31,
            "others"
        );
        assert_eq!(free(["192.168.0.0/16"].into_iter()), 15, "a whole pool");
        assert_eq!(free(["192.168.17.0/24"].into_iter()), 30, "a part of one");
        assert_eq!(free(["0.0.0.0/0"].into_iter()), 0, "all");
    }
}
