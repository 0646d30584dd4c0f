//! One attempt at one stack, from the first container to the last image. It goes on where the one before ended.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::task::JoinSet;

use crate::docker::client::Engine;
use crate::docker::error::{Error, chain};
use crate::docker::wire::Network;
use crate::routing::ids::ContainerId;
use crate::routing::model::{Container, Leftover, RemovalOrder, Removed, State};

use super::own::{PROJECT, is_newer, is_own, refers};
use super::verbs::{self, Gone};

/// How much longer than a container's own stop time-out the Engine may take.
const STOP_MARGIN: Duration = Duration::from_secs(15);

/// What attempts at one stack have come to.
pub(super) struct Attempt<'a> {
    order: &'a RemovalOrder,
    removed: Removed,
    /// Images that it was seen to use, beside those of the order.
    images: BTreeSet<String>,
    /// It was deployed anew since: what the newer containers share with those that go is theirs.
    successor: Option<String>,
    /// How often somebody else was found on its networks.
    looks: u32,
    max_looks: u32,
}

impl<'a> Attempt<'a> {
    pub(super) fn new(order: &'a RemovalOrder, max_looks: u32) -> Self {
        Self {
            order,
            removed: Removed::default(),
            images: order.image_ids.clone(),
            successor: None,
            looks: 0,
            max_looks,
        }
    }

    /// What went, and what was left.
    pub(super) fn removed(self) -> Removed {
        self.removed
    }

    /// Everything from the beginning; what is gone is passed over. The error says what is in the way, in words.
    pub(super) async fn run(&mut self, engine: &Engine) -> Result<(), String> {
        self.containers(engine).await?;
        self.removed.kept.clear();
        if let Some(project) = &self.order.project {
            self.networks(engine, project).await?;
            match (self.order.volumes, &self.successor) {
                (Leftover::Keep, _) => {}
                // some may be made for containers that are only about to be
                (Leftover::Remove, Some(name)) => {
                    let why = format!("its volumes stay: container {name} was deployed since");
                    self.removed.kept.push(why);
                }
                (Leftover::Remove, None) => self.volumes(engine, project).await?,
            }
        }
        if self.order.images == Leftover::Remove {
            self.images(engine).await?;
        }
        Ok(())
    }

    async fn containers(&mut self, engine: &Engine) -> Result<(), String> {
        let listed = verbs::list(engine, self.order).await.map_err(words)?;
        let mut newer = listed.containers.iter();
        let newer = newer.find(|it| is_newer(it, self.order));
        self.successor = newer.map(|it| it.name.clone());
        let own = listed.containers.into_iter();
        let own: Vec<Container> = own.filter(|it| is_own(it, self.order)).collect();
        let images = own.iter().map(|it| it.image.clone());
        self.images.extend(images.filter(|image| !image.is_empty()));
        let stopped = stop_all(engine, &own).await?;
        for container in own {
            let gone = verbs::remove_container(engine, &container.id, STOP_MARGIN).await;
            let gone =
                gone.map_err(|error| about(&format!("container {}", container.name), &error))?;
            // one that Docker removes by itself once it is stopped went because of us, too
            let is_ours = gone == Gone::Now || stopped.contains(&container.id);
            self.removed.containers += u32::from(is_ours);
        }
        Ok(())
    }

    /// Somebody else on a network may be about to leave it, as Traefik is; after some looks the network is theirs.
    async fn networks(&mut self, engine: &Engine, project: &str) -> Result<(), String> {
        let networks = engine.networks().await.map_err(words)?;
        let of_project =
            |network: &Network| network.labels.get(PROJECT).map(String::as_str) == Some(project);
        let networks: Vec<Network> = networks.into_values().filter(of_project).collect();
        if networks.is_empty() {
            return Ok(());
        }
        let containers = engine.list_all().await.map_err(words)?.containers;
        for network in networks {
            let others = || {
                let all = containers.iter();
                all.filter(|it| refers(it, &network.id, &network.name))
            };
            if let Some(newer) = others().find(|it| is_newer(it, self.order)) {
                let (network, name) = (&network.name, &newer.name);
                let why = format!("network {network} stays: container {name} was deployed since");
                self.removed.kept.push(why);
                continue;
            }
            let failure = match others().next() {
                Some(other) => format!("container {} is on it", other.name),
                None => match verbs::remove_network(engine, &network.id).await {
                    Ok(_gone) => {
                        self.removed.networks.insert(network.name);
                        continue;
                    }
                    Err(error) => chain(&error),
                },
            };
            let why = format!("network {} stays: {failure}", network.name);
            self.leave(why)?;
        }
        Ok(())
    }

    async fn volumes(&mut self, engine: &Engine, project: &str) -> Result<(), String> {
        for volume in verbs::volumes(engine, project).await.map_err(words)? {
            match verbs::remove_volume(engine, &volume).await {
                Ok(Gone::Now) => drop(self.removed.volumes.insert(volume)),
                Ok(Gone::Before) => {}
                Err(error) => self.leave_refused(&format!("volume {volume}"), &error)?,
            }
        }
        Ok(())
    }

    /// Only what no container in any state is made from.
    async fn images(&mut self, engine: &Engine) -> Result<(), String> {
        if self.images.is_empty() {
            return Ok(());
        }
        let containers = engine.list_all().await.map_err(words)?.containers;
        let used: BTreeSet<&String> = containers.iter().map(|it| &it.image).collect();
        for image in self.images.clone() {
            if used.contains(&image) {
                continue;
            }
            match verbs::remove_image(engine, &image).await {
                Ok(Gone::Now) => drop(self.removed.images.insert(image)),
                Ok(Gone::Before) => {}
                Err(error) => self.leave_refused(&format!("image {image}"), &error)?,
            }
        }
        Ok(())
    }

    /// Docker says that somebody needs it: then it is not ours to remove. Anything else is tried again.
    fn leave_refused(&mut self, what: &str, error: &Error) -> Result<(), String> {
        if error.status() != Some(409) {
            return Err(about(what, error));
        }
        let why = error.message().unwrap_or_default();
        self.removed.kept.push(format!("{what} stays: {why}"));
        Ok(())
    }

    /// In the way for now; after some looks it stays.
    fn leave(&mut self, why: String) -> Result<(), String> {
        self.looks += 1;
        if self.looks < self.max_looks {
            return Err(why);
        }
        self.removed.kept.push(why);
        Ok(())
    }
}

/// All at the same time: a stack stops as fast as its slowest container. Gives those that ran until then.
async fn stop_all(
    engine: &Engine,
    containers: &[Container],
) -> Result<BTreeSet<ContainerId>, String> {
    let mut stops = JoinSet::new();
    for container in containers.iter().filter(|it| it.state != State::Exited) {
        let (engine, id, name) = (engine.clone(), container.id.clone(), container.name.clone());
        stops.spawn(async move {
            let stopped = verbs::stop(&engine, &id, STOP_MARGIN).await;
            let stopped = stopped.map(|gone| (gone == Gone::Now).then_some(id));
            stopped.map_err(|error| about(&format!("container {name} does not stop"), &error))
        });
    }
    let mut all = Vec::new();
    while let Some(stopped) = stops.join_next().await {
        all.push(stopped.unwrap_or_else(|error| Err(error.to_string())));
    }
    let all: Vec<Option<ContainerId>> = all.into_iter().collect::<Result<_, _>>()?;
    Ok(all.into_iter().flatten().collect())
}

#[expect(clippy::needless_pass_by_value, reason = "it is mapped over")]
fn words(error: Error) -> String {
    chain(&error)
}

fn about(what: &str, error: &Error) -> String {
    format!("{what}: {}", chain(error))
}
