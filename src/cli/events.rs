//! `events`: what happens, line by line, until it is interrupted.

use clap::Args;

use crate::api::Event;
use crate::routing::ids::{AppName, EnvName};

use super::client::Request;
use super::exit;
use super::failure::{Failure, Outcome};
use super::feed::{Events, Told};
use super::output::{self, Reader};
use super::session::{EnvArgs, Session};

/// Examples at the end of its help.
pub(super) const EXAMPLES: &str = "\
Examples:
  pointsman events                 everything, as it happens
  pointsman events whoami dev      one env
  pointsman events --json | jq -r 'select(.kind == \"moved\") | .result'";

/// Arguments of `events`.
#[derive(Args, Clone, Debug)]
pub(super) struct EventsArgs {
    /// The application; all of them when left out
    #[arg(requires = "env")]
    app: Option<AppName>,
    /// Its environment
    env: Option<EnvName>,
}

/// Runs the verb; it ends when nobody reads any more.
pub(super) fn run(args: &EventsArgs, session: &Session) -> Outcome {
    let query = match (&args.app, &args.env) {
        (Some(app), Some(env)) => {
            let env = EnvArgs {
                app: app.clone(),
                env: env.clone(),
            };
            // an unknown one would be silent for ever
            session.send(&env, &Request::get(env.path()))?;
            format!("?app={app}&env={}", env.env)
        }
        _ => String::new(),
    };
    let mut events = Events::of(session, &query);
    loop {
        let data = match events.next()? {
            Told::Opened => continue,
            Told::Event(data) => data,
        };
        let reader = if session.format.is_json() {
            output::stream_json(&data)?
        } else {
            output::stream(&line(&data)?)?
        };
        if reader == Reader::Gone {
            return Ok(exit::DONE);
        }
    }
}

fn line(data: &str) -> Result<String, Failure> {
    let event: Event = serde_json::from_str(data).map_err(|error| {
        Failure::unexpected(format!(
            "an event is not what this version understands: {error}"
        ))
        .next("compare `pointsman version` here and in the daemon's container")
    })?;
    let about = match (&event.app, &event.env) {
        (Some(app), Some(env)) => format!("{app}/{env}"),
        _ => "-".to_owned(),
    };
    // one line, whatever the message has
    let message = event.message.replace('\n', " ");
    Ok(format!("{} {about} {message}", event.time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_when_where_and_what_also_of_kinds_to_come() {
        let known = r#"{"seq":1,"time":"T","app":"a","env":"b","kind":"recorded","actor":"api","message":"x\ny"}"#;
        assert_eq!(line(known).unwrap(), "T a/b x y", "one line");
        let new = r#"{"seq":1,"time":"T","kind":"of-tomorrow","more":[1],"message":"z"}"#;
        assert_eq!(line(new).unwrap(), "T - z", "unknown kinds have a message");
    }
}
