//! What containers and images use, for those who ask: one question at a time, each with an end.
//!
//! The Engine may take seconds to measure its disk, so nobody waits for it but the asker, and what it does not say in
//! time is missing.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::routing::ids::ContainerId;
use crate::routing::model::{ImageUse, Usage, UsageQuestion};

use super::client::{Client, Engine};
use super::convert::container_id;
use super::error::{Error, chain};
use super::query;
use super::timing::Timing;
use super::wire::{DiskUsage, Stats};

/// How long the Engine may measure its disk.
const DISK_DEADLINE: Duration = Duration::from_secs(8);
/// How long one container's memory may take.
const MEMORY_DEADLINE: Duration = Duration::from_secs(3);
/// How many containers are asked about at the same time.
const AT_ONCE: usize = 8;
/// How many are asked about at all.
const MOST: usize = 512;

/// A question and its way back.
pub type Asked = (UsageQuestion, oneshot::Sender<Usage>);

/// Answers until `stop` is cancelled, or nobody asks any more.
pub async fn run(
    client: Client,
    timing: Timing,
    mut asked_rx: mpsc::Receiver<Asked>,
    stop: CancellationToken,
) {
    let timing = Arc::new(timing);
    loop {
        let (question, reply) = tokio::select! {
            () = stop.cancelled() => return,
            asked = asked_rx.recv() => match asked {
                Some(asked) => asked,
                None => return,
            },
        };
        if reply.is_closed() {
            continue;
        }
        let usage = tokio::select! {
            () = stop.cancelled() => return,
            usage = answer(&client, &timing, question) => usage,
        };
        if reply.send(usage).is_err() {
            tracing::debug!("the asker went away before it knew what is used");
        }
    }
}

async fn answer(client: &Client, timing: &Arc<Timing>, question: UsageQuestion) -> Usage {
    let engine = match client.connect(timing).await {
        Ok(engine) => engine,
        Err(error) => {
            tracing::warn!(error = chain(&error), "what is used is not known");
            return Usage::default();
        }
    };
    let (disk, memory) = tokio::join!(disk(&engine), memory(&engine, question));
    match disk {
        Ok(disk) => Usage {
            memory,
            ..of_disk(disk)
        },
        Err(error) => {
            tracing::warn!(error = chain(&error), "what the disk holds is not known");
            Usage {
                memory,
                ..Usage::default()
            }
        }
    }
}

async fn disk(engine: &Engine) -> Result<DiskUsage, Error> {
    engine.ask_within("/system/df", DISK_DEADLINE).await
}

fn of_disk(disk: DiskUsage) -> Usage {
    let written: u64 = disk.containers.iter().map(|it| it.size_rw).sum();
    let volumes: u64 = disk.volumes.iter().map(|it| it.usage_data.size).sum();
    let cache: u64 = disk.build_cache.iter().map(|it| it.size).sum();
    let containers = disk.containers.into_iter();
    let images = disk.images.into_iter();
    Usage {
        disk_bytes: Some(disk.layers_size + written + volumes + cache),
        written: containers
            .filter_map(|it| Some((container_id(&it.id)?, it.size_rw)))
            .collect(),
        images: images
            .map(|it| {
                let image = ImageUse {
                    unique_bytes: it.size.saturating_sub(it.shared_size),
                    containers: it.containers,
                };
                (it.id, image)
            })
            .collect(),
        ..Usage::default()
    }
}

type Memory = std::collections::BTreeMap<ContainerId, u64>;

async fn memory(engine: &Engine, question: UsageQuestion) -> Memory {
    let mut left = question.containers.into_iter().take(MOST);
    let (mut asked, mut known) = (JoinSet::new(), Memory::new());
    loop {
        while asked.len() < AT_ONCE
            && let Some(id) = left.next()
        {
            asked.spawn(of_container(engine.clone(), id));
        }
        match asked.join_next().await {
            Some(Ok(Some((id, bytes)))) => drop(known.insert(id, bytes)),
            // it has stopped, or does not say: then it is missing
            Some(Ok(None) | Err(_)) => {}
            None => return known,
        }
    }
}

async fn of_container(engine: Engine, id: ContainerId) -> Option<(ContainerId, u64)> {
    let path = format!(
        "/containers/{}/stats?stream=false&one-shot=true",
        query::encode(id.as_str())
    );
    let stats = engine.ask_within::<Stats>(&path, MEMORY_DEADLINE).await;
    match stats {
        Ok(stats) => Some((id, stats.memory_stats.used()?)),
        Err(error) => {
            tracing::debug!(container = %id, error = chain(&error), "its memory is not known");
            None
        }
    }
}
