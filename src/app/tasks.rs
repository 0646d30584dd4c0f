//! A group of named tasks that stop together; one that ends early is a failure.

use anyhow::Context as _;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

type Ended = Result<(&'static str, anyhow::Result<()>), JoinError>;

pub(super) struct Tasks {
    set: JoinSet<(&'static str, anyhow::Result<()>)>,
    stop: CancellationToken,
}

impl Tasks {
    pub(super) fn new() -> Self {
        Self {
            set: JoinSet::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Spawns a task that ends when the token it gets is cancelled.
    pub(super) fn spawn<F>(&mut self, name: &'static str, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let task = task(self.stop.clone());
        self.set.spawn(async move { (name, task.await) });
    }

    /// Waits for a task that ends although nobody asked it to.
    pub(super) async fn one_ended(&mut self) -> anyhow::Error {
        let Some(ended) = self.set.join_next().await else {
            return std::future::pending().await;
        };
        match outcome(ended) {
            (name, Ok(())) => anyhow::anyhow!("{name} ended although nobody asked it to"),
            (_, Err(error)) => error,
        }
    }

    /// Stops all and waits for them; the first failure counts.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        let mut all = Ok(());
        while let Some(ended) = self.set.join_next().await {
            all = all.and(outcome(ended).1);
        }
        all
    }
}

fn outcome(ended: Ended) -> (&'static str, anyhow::Result<()>) {
    match ended {
        Ok((name, result)) => (name, result.with_context(|| format!("{name} failed"))),
        Err(panic) => ("a task", Err(panic).context("a task panicked")),
    }
}
