//! `gc`: removes the stacks that the retention policies let go, or only says which.
//!
//! What goes is withdrawn at once and removed later, when requests had time to end; `--wait` waits for that.

use std::num::ParseIntError;
use std::time::{Duration, Instant};

use clap::Args;
use ureq::http::Method;

use crate::api::{GcAnswer, GcBody, GcEntry, Removing};
use crate::byte_size;
use crate::go_duration::{self, DurationError};
use crate::routing::ids::{AppName, EnvName};

use super::client::{Answer, Request};
use super::failure::{Failure, Outcome};
use super::session::{EnvArgs, Session};
use super::stacks::{age, now};
use super::table::table;
use super::{exit, output};

/// Between two looks at what is still there.
const PAUSE: Duration = Duration::from_millis(500);

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman gc --plan                      which stacks may go, and why the others stay
  pointsman gc                             remove them
  pointsman gc whoami dev --wait           of one env, and wait until nothing is left
  pointsman gc whoami dev --open 17,18     other pull requests than these are closed
  pointsman gc --plan --json | jq -r '.stacks[] | select(.goes) | .version'

What goes is named by the env's record (`retention`), else by the daemon's --retention; without either nothing goes but
what was retired.";

/// Arguments of `gc`.
#[derive(Args, Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a flag of the command line"
)]
pub(super) struct GcArgs {
    /// The application; all of them when left out
    #[arg(requires = "env")]
    app: Option<AppName>,
    /// Its environment
    env: Option<EnvName>,
    /// Only say what would go
    #[arg(long)]
    plan: bool,
    /// Remove named volumes, too
    #[arg(long, conflicts_with = "plan")]
    volumes: bool,
    /// Leave images alone that nothing uses any more
    #[arg(long, conflicts_with = "plan")]
    keep_images: bool,
    /// Numbers of the pull requests that are open; others are closed, and with "" all are
    #[arg(
        long,
        value_name = "NUMBERS",
        value_delimiter = ',',
        num_args = 0..,
        value_parser = parse_number,
        requires = "app"
    )]
    open: Option<Vec<Number>>,
    /// Wait until nothing is left of what goes
    #[arg(long, conflicts_with = "plan")]
    wait: bool,
    /// How long to wait
    #[arg(long, default_value = "5m", value_name = "DURATION", value_parser = parse_duration)]
    timeout: Duration,
}

/// Of a pull request; what a script has of an empty list is none.
#[derive(Clone, Copy, Debug)]
struct Number(Option<u64>);

/// Runs the verb.
pub(super) fn run(args: &GcArgs, session: &Session) -> Outcome {
    let answer = ask(args, session)?;
    let told: GcAnswer = answer.decode()?;
    if session.format.is_json() {
        output::print_json(&answer.body)?;
    } else {
        let verb = if args.plan { "would go" } else { "leaving" };
        output::print(&words(&told, verb))?;
    }
    if !args.wait {
        return Ok(exit::DONE);
    }
    if !told.stacks.iter().any(|it| it.fate.goes) && args.left(&told).is_empty() {
        output::note("no stack goes, so there is nothing to wait for")?;
        return Ok(exit::DONE);
    }
    wait(args, session)
}

impl GcArgs {
    fn named(&self) -> Option<EnvArgs> {
        Some(EnvArgs {
            app: self.app.clone()?,
            env: self.env.clone()?,
        })
    }

    fn numbers(&self) -> Option<Vec<u64>> {
        let open = self.open.as_ref()?;
        Some(open.iter().filter_map(|number| number.0).collect())
    }

    /// What is being removed of what was asked for.
    fn left(&self, told: &GcAnswer) -> Vec<String> {
        let named = self.named();
        let in_scope = |it: &&Removing| {
            let named = named.as_ref();
            named.is_none_or(|named| named.app == it.app && named.env == it.env)
        };
        let removing = told.removing.iter().filter(in_scope);
        removing.map(under_way).collect()
    }

    fn query(&self) -> String {
        let named = self.named();
        let named = named.map_or_else(String::new, |it| format!("app={}&env={}", it.app, it.env));
        let open = self.numbers().map_or_else(String::new, |numbers| {
            let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
            format!("&open_pull_requests={}", numbers.join(","))
        });
        format!("/v1/gc?{named}{open}")
    }
}

fn ask(args: &GcArgs, session: &Session) -> Result<Answer, Failure> {
    let mut request = Request::get(args.query());
    if !args.plan {
        let body = GcBody {
            app: args.app.clone(),
            env: args.env.clone(),
            open_pull_requests: args.numbers(),
            volumes: args.volumes,
            keep_images: args.keep_images,
        };
        let body = serde_json::to_string(&body);
        request = Request {
            method: Method::POST,
            path: "/v1/gc".to_owned(),
            body: Some(body.map_err(|error| Failure::unexpected(error.to_string()))?),
            ..request
        };
    }
    if let Some(env) = args.named() {
        return session.send(&env, &request);
    }
    let answer = session.client.send(&request)?;
    if answer.is_success() {
        Ok(answer)
    } else {
        Err(session.failure(&answer))
    }
}

/// A table of what goes, then of what stays, then what is under way.
fn words(told: &GcAnswer, verb: &str) -> String {
    let (go, stay): (Vec<&GcEntry>, Vec<&GcEntry>) =
        told.stacks.iter().partition(|entry| entry.fate.goes);
    let mut text = Vec::new();
    if !go.is_empty() {
        text.push(format!("{} {verb}:", count(go.len())));
        text.push(rows(&go));
    }
    if !stay.is_empty() {
        let verb = if stay.len() == 1 { "stays" } else { "stay" };
        text.push(format!("{} {verb}:", count(stay.len())));
        text.push(rows(&stay));
    }
    if told.stacks.is_empty() {
        text.push("no stacks".to_owned());
    }
    text.extend(told.disk_bytes.map(|bytes| {
        let used = byte_size::round(bytes);
        format!("Docker uses {used} of its disk")
    }));
    text.extend(told.removing.iter().map(under_way));
    text.join("\n")
}

fn count(stacks: usize) -> String {
    match stacks {
        1 => "1 stack".to_owned(),
        many => format!("{many} stacks"),
    }
}

fn rows(entries: &[&GcEntry]) -> String {
    let now = now().as_secs();
    let row = |entry: &&GcEntry| {
        [
            format!("{}/{}", entry.app, entry.env),
            entry.version.to_string(),
            entry.slot.map_or("-", |slot| slot.as_str()).to_owned(),
            age(now.saturating_sub(entry.created)),
            entry
                .frees_bytes
                .map_or_else(|| "-".to_owned(), byte_size::round),
            entry.fate.detail.clone(),
        ]
    };
    let rows: Vec<[String; 6]> = entries.iter().map(row).collect();
    table(["ENV", "VERSION", "SLOT", "AGE", "FREES", "WHY"], &rows)
}

fn under_way(removing: &Removing) -> String {
    let Removing {
        app,
        env,
        version,
        stage,
        detail,
        until,
    } = removing;
    let until = until.as_ref();
    let until = until.map_or_else(String::new, |until| format!(" until {until}"));
    let detail = if detail.is_empty() {
        String::new()
    } else {
        format!(": {detail}")
    };
    format!("{app}/{env} {version} is being removed: {stage}{until}{detail}")
}

/// Tells each new stage once.
fn wait(args: &GcArgs, session: &Session) -> Outcome {
    let deadline = clock() + args.timeout;
    let mut told = Vec::new();
    loop {
        let answer: GcAnswer = session.get(&args.query())?.decode()?;
        let left = args.left(&answer);
        if left.is_empty() {
            output::note("nothing is left of them")?;
            return Ok(exit::DONE);
        }
        for line in left.iter().filter(|line| !told.contains(*line)) {
            output::note(line)?;
        }
        told = left;
        if clock() >= deadline {
            let first = told.first().cloned().unwrap_or_default();
            return Err(Failure::unexpected(format!("not removed in time: {first}"))
                .next("it goes on by itself; `pointsman gc --plan` shows how far it is"));
        }
        std::thread::sleep(PAUSE);
    }
}

fn parse_number(text: &str) -> Result<Number, ParseIntError> {
    let number = Some(text).filter(|text| !text.is_empty());
    number.map(str::parse).transpose().map(Number)
}

fn parse_duration(text: &str) -> Result<Duration, DurationError> {
    go_duration::parse(text)
}

#[expect(clippy::disallowed_methods, reason = "the rim measures its own waits")]
fn clock() -> Instant {
    Instant::now()
}
