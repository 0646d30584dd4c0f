//! OUT: hooks of envs are told what happens, and asked before a plan goes on.
//!
//! Notifications follow the reconciler's news (`notice`, `queues`), questions the gates that it shows (`gates`);
//! what a hook answers goes back through its [`Handle`]. Nothing here can hold up routing: news that come faster than
//! they are taken are lost here, a full queue drops, and both are told. An address never gets into the log, the news
//! or a metric: it may be a secret.

mod attempt;
mod gates;
mod notice;
mod post;
mod queues;
mod stats;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::reconciler::{Feed, Handle, Heard, Question};
use crate::routing::ids::EnvKey;
use crate::routing::model::Hook;

use attempt::Courier;
pub use attempt::Secrets;
use gates::{Asker, Gates};
use notice::Notice;
use post::Poster;
use queues::{Delivery, Queues};
pub use stats::Stats;

/// What the station needs.
#[derive(Debug)]
pub struct Inlets {
    /// The door to the one writer.
    pub handle: Handle,
    /// What happens.
    pub news: Feed,
    /// Gates that wait for a hook.
    pub questions: watch::Receiver<Vec<Question>>,
    /// Tokens that hooks name.
    pub secrets: Secrets,
    /// Where deliveries are counted.
    pub stats: Stats,
}

/// Works until stopped. What is on its way then is dropped; gates are asked about anew after the next start.
pub async fn run(inlets: Inlets, stop: CancellationToken) -> Result<(), rustls::Error> {
    let Inlets {
        handle,
        news,
        mut questions,
        secrets,
        stats,
    } = inlets;
    let poster = Poster::new()?;
    let courier = Courier { poster, secrets };
    let mut queues = Queues::new(courier.clone(), news.clone(), stats.clone());
    let mut gates = Gates::new(Asker {
        courier,
        handle: handle.clone(),
        news: news.clone(),
        stats,
    });
    let mut listener = news.listen();
    questions.mark_changed();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            heard = listener.next() => {
                for delivery in deliveries(&handle, heard).await {
                    queues.push(delivery);
                }
            }
            () = queues.one_ended() => {}
            () = gates.one_ended() => questions.mark_changed(),
            Ok(()) = questions.changed() => {
                let waiting = questions.borrow_and_update().clone();
                gates.look(&waiting);
            }
        }
    }
    queues.stop().await;
    gates.stop().await;
    Ok(())
}

/// Who wants to hear of it. An env's hooks are looked up when it happens, so that none is kept that was removed.
async fn deliveries(handle: &Handle, heard: Heard) -> Vec<Delivery> {
    let news = match heard {
        Heard::News(news) => news,
        Heard::Lost(count) => {
            tracing::warn!(count, "hooks are not told of what happened too fast");
            return Vec::new();
        }
    };
    let mut all = Vec::new();
    for notice in Notice::all_of(&news) {
        for (key, hook) in hooks(handle, notice.key.as_ref()).await {
            if !hook.on.contains(&notice.event) {
                continue;
            }
            match notice.body(&key, hook.format) {
                Ok(body) => all.push(Delivery {
                    key,
                    hook,
                    event: notice.event.word(),
                    body,
                }),
                Err(error) => tracing::error!(env = %key, error, "a notification was not written"),
            }
        }
    }
    all
}

async fn hooks(handle: &Handle, key: Option<&EnvKey>) -> Vec<(EnvKey, Hook)> {
    let of = |key: EnvKey, hooks: Vec<Hook>| {
        let hooks = hooks.into_iter();
        hooks.map(|hook| (key.clone(), hook)).collect::<Vec<_>>()
    };
    let found = if let Some(key) = key {
        let hooks = handle.hooks(key.clone()).await;
        hooks.map(|hooks| of(key.clone(), hooks))
    } else {
        let envs = handle.envs().await;
        envs.map(|envs| {
            let envs = envs.into_iter();
            envs.flat_map(|env| of(env.key, env.hooks)).collect()
        })
    };
    found.unwrap_or_else(|error| {
        tracing::debug!(%error, "no hooks");
        Vec::new()
    })
}
