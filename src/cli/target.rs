//! Which daemon a verb talks to, and with which token.
//!
//! `--url` or `POINTSMAN_URL`; without either, the daemon of this machine as its own settings describe it
//! (`POINTSMAN_ADMIN_LISTEN`, `POINTSMAN_CONFIG`), so that `docker exec` in its container needs no options. The
//! daemon's own token file is used for that daemon only and is never sent to a URL that somebody named.

use clap::Args;

use crate::config::{self, Flags, Secret, environment};

use super::client::Client;
use super::failure::Failure;
use super::output::Format;

/// Options of every verb.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(super) struct Global {
    #[arg(
        long,
        global = true,
        value_name = "URL",
        help = "Admin address of the daemon [env: POINTSMAN_URL] [default: http://127.0.0.1:9001]"
    )]
    pub(super) url: Option<String>,
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help = "File with the admin token [env: POINTSMAN_TOKEN_FILE, or the token in POINTSMAN_TOKEN]"
    )]
    pub(super) token_file: Option<String>,
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        help = "Run the verb in the Pointsman container of this docker context [env: POINTSMAN_CONTEXT]"
    )]
    context: Option<String>,
    /// Print the API's JSON
    #[arg(long, global = true)]
    pub(super) json: bool,
}

impl Global {
    /// How results are wanted.
    pub(super) const fn format(&self) -> Format {
        if self.json {
            Format::Json
        } else {
            Format::Text
        }
    }

    /// The docker context that was named: by flag, or by the environment unless a URL was named by flag.
    pub(super) fn context(&self) -> Option<String> {
        let usual = || {
            let is_free = self.url.is_none();
            is_free.then(|| environment("POINTSMAN_CONTEXT")).flatten()
        };
        self.named_context().or_else(usual)
    }

    /// The one that the flag names.
    pub(super) fn named_context(&self) -> Option<String> {
        self.context.clone()
    }

    /// A client for the daemon that was named, else for the one of this machine.
    pub(super) fn client(&self) -> Result<Client, Failure> {
        match self.named_url() {
            Some((setting, url)) => Client::new(check_url(setting, &url)?, self.token()?),
            None => self.local_client(&Flags::default()),
        }
    }

    /// Was a daemon named by URL.
    pub(super) fn names_a_url(&self) -> bool {
        self.named_url().is_some()
    }

    /// A client for the daemon of this machine, which was started with these flags.
    pub(super) fn local_client(&self, flags: &Flags) -> Result<Client, Failure> {
        let admin = config::local_admin(flags)?;
        if admin.address.port() == 0 {
            return Err(Failure::usage(
                "the admin listener has port 0, so its port is chosen when the daemon starts",
            )
            .next("name it with --url; the daemon prints it as `listening ... admin=ADDR`"));
        }
        let token = self.token()?.or(admin.token);
        Client::new(format!("http://{}", admin.address), token)
    }

    fn named_url(&self) -> Option<(&'static str, String)> {
        let flag = self.url.clone().map(|url| ("--url", url));
        flag.or_else(|| environment("POINTSMAN_URL").map(|url| ("POINTSMAN_URL", url)))
    }

    fn token(&self) -> Result<Option<Secret>, Failure> {
        if let Some(file) = &self.token_file {
            return Ok(Some(config::read_token("--token-file", file)?));
        }
        if let Some(token) = environment("POINTSMAN_TOKEN") {
            return Ok(Some(Secret::new(token.trim())));
        }
        let file = environment("POINTSMAN_TOKEN_FILE");
        let read = |file: String| config::read_token("POINTSMAN_TOKEN_FILE", &file);
        Ok(file.map(read).transpose()?)
    }
}

fn check_url(setting: &str, url: &str) -> Result<String, Failure> {
    let base = url.trim_end_matches('/');
    let rest = base
        .strip_prefix("http://")
        .or_else(|| base.strip_prefix("https://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(['?', '#', '@', ' ']) => {
            Ok(base.to_owned())
        }
        _ => Err(Failure::usage(format!(
            "{setting}: {url:?} is no address of a daemon: write it as http://HOST:PORT or https://HOST"
        ))),
    }
}
