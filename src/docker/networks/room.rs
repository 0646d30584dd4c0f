//! How many more networks the Engine has addresses for, from the list that a pass reads anyway.
//!
//! Its pools are asked for once, and again when it was away: they only change with its restart. An Engine that says none
//! has its own; one that does not say (a socket proxy that refuses `/info`) is not guessed at.

use std::collections::BTreeMap;

use crate::docker::client::Engine;
use crate::docker::error::Error;
use crate::docker::wire::{Info, Network};
use crate::routing::address_pools::{FEW, Pool, Subnet, left};

/// What is kept from pass to pass.
#[derive(Debug, Default)]
pub(super) struct Room {
    pools: Pools,
    /// What was told last.
    told: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Pools {
    /// Not asked for yet.
    #[default]
    Unasked,
    /// The Engine does not say.
    Unknown,
    Known(Vec<Pool>),
}

impl Room {
    /// How many are left, when they are few.
    pub(super) async fn look(
        &mut self,
        engine: &Engine,
        networks: &BTreeMap<String, Network>,
    ) -> Result<Option<u64>, Error> {
        if self.pools == Pools::Unasked {
            self.pools = ask(engine).await?;
        }
        let Pools::Known(pools) = &self.pools else {
            return Ok(None);
        };
        let left = left(pools, &subnets(networks));
        Ok(Some(left).filter(|left| *left < FEW))
    }

    /// Asks again at the next look.
    pub(super) fn forget_pools(&mut self) {
        self.pools = Pools::Unasked;
    }

    /// Is this something new.
    pub(super) fn note(&mut self, few_left: Option<u64>) -> bool {
        std::mem::replace(&mut self.told, few_left) != few_left
    }
}

/// How many are left, when they are few, for who asks once.
pub(in crate::docker) async fn few_left(
    engine: &Engine,
    networks: &BTreeMap<String, Network>,
) -> Result<Option<u64>, Error> {
    Room::default().look(engine, networks).await
}

async fn ask(engine: &Engine) -> Result<Pools, Error> {
    match engine.ask::<Info>("/info").await {
        Ok(info) => Ok(Pools::Known(pools(&info))),
        Err(error) if error.status().is_some_and(|status| status < 500) => Ok(Pools::Unknown),
        Err(error) => Err(error),
    }
}

fn pools(info: &Info) -> Vec<Pool> {
    let named = &info.default_address_pools;
    if named.is_empty() {
        return Pool::built_in();
    }
    let parse = |base: &str, size: u64| Pool::parse(base, u8::try_from(size).ok()?);
    let parsed = named.iter();
    parsed
        .filter_map(|pool| parse(&pool.base, pool.size))
        .collect()
}

/// Those of swarm networks are not taken from these pools.
fn subnets(networks: &BTreeMap<String, Network>) -> Vec<Subnet> {
    let local = networks.values().filter(|it| it.scope != "swarm");
    let blocks = local.flat_map(|network| &network.ipam.config);
    blocks
        .filter_map(|block| Subnet::parse(&block.subnet))
        .collect()
}
