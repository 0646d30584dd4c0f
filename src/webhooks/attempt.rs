//! Attempts at one hook: its token, its retries, and the pauses between them.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::HeaderValue;

use crate::routing::model::Hook;

use super::post::{Answer, Post, Poster};

/// Before the second attempt; twice as long before each further one.
const PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Bearer tokens for hooks, by the name of the daemon's environment variable.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, HeaderValue>);

impl Secrets {
    /// From names and tokens; a token that no header can carry is as good as none.
    pub fn new(tokens: impl IntoIterator<Item = (String, String)>) -> Self {
        let header = |(name, token): (String, String)| {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.trim())).ok()?;
            value.set_sensitive(true);
            Some((name, value))
        };
        Self(tokens.into_iter().filter_map(header).collect())
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Secrets")
            .field(&self.0.keys().collect::<Vec<_>>())
            .finish()
    }
}

/// What it takes to reach a hook.
#[derive(Clone)]
pub(super) struct Courier {
    pub(super) poster: Poster,
    pub(super) secrets: Secrets,
}

impl Courier {
    /// Sends until a 2xx comes or no attempt is left; then the last reason.
    pub(super) async fn send(&self, hook: &Hook, body: Bytes) -> Result<Answer, String> {
        let post = Post {
            url: hook.url.clone(),
            token: self.token(hook)?,
            body,
            timeout: Duration::from_millis(hook.timeout_ms),
        };
        let mut pause = PAUSE;
        for _ in 0..hook.retries {
            match self.send_once(&post).await {
                Ok(answer) => return Ok(answer),
                Err(why) => tracing::debug!(hook = hook.name, why, "is tried again"),
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        let attempts = hook.retries.saturating_add(1);
        let last = self.send_once(&post).await;
        last.map_err(|why| format!("{why} (attempts: {attempts})"))
    }

    async fn send_once(&self, post: &Post) -> Result<Answer, String> {
        let answer = self.poster.send(post).await?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        Err(format!("it answered {}", answer.status))
    }

    fn token(&self, hook: &Hook) -> Result<Option<HeaderValue>, String> {
        let Some(name) = &hook.secret_env else {
            return Ok(None);
        };
        let token = self.secrets.0.get(name);
        token.cloned().map(Some).ok_or_else(|| {
            format!("{name} is not set where the daemon runs, or is no line of visible characters")
        })
    }
}
