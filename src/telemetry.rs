//! The log: one tracing subscriber for the process, as text or JSON lines on standard error.
//!
//! Container names and labels are written by strangers. Control characters in any message or field are escaped
//! before they are written, so that nobody can move the cursor of a terminal or forge a line; JSON escapes them
//! by itself. Colours only on a terminal. Other crates are heard from `info` upwards at most.

use std::fmt::{self, Write as _};
use std::io::IsTerminal as _;

use tracing::field::Field;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::field::MakeExt as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::{Writer, debug_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::{SubscriberInitExt as _, TryInitError};

use crate::config::{Log, LogFormat, LogLevel};

/// Installs the subscriber. Fails when the process has one already.
pub fn init(log: Log) -> Result<(), TryInitError> {
    let colours = if std::io::stderr().is_terminal() {
        Colours::On
    } else {
        Colours::Off
    };
    subscriber(log, colours, std::io::stderr).try_init()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Colours {
    On,
    Off,
}

fn subscriber<W>(log: Log, colours: Colours, writer: W) -> impl tracing::Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let layer = tracing_subscriber::fmt::layer().with_writer(writer);
    let layer = match log.format {
        LogFormat::Text => layer
            .with_ansi(colours == Colours::On)
            .fmt_fields(debug_fn(write_field).delimited(" "))
            .boxed(),
        LogFormat::Json => layer.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry().with(layer.with_filter(targets(log.level)))
}

fn targets(level: LogLevel) -> Targets {
    let level = match level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    Targets::new()
        .with_default(level.min(LevelFilter::INFO))
        .with_target(env!("CARGO_PKG_NAME"), level)
}

fn write_field(writer: &mut Writer<'_>, field: &Field, value: &dyn fmt::Debug) -> fmt::Result {
    if field.name() != "message" {
        write!(writer, "{}=", field.name())?;
    }
    write!(Escaping(writer), "{value:?}")
}

/// Passes text on with its control characters escaped.
struct Escaping<'a, 'w>(&'a mut Writer<'w>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|c| {
            if c.is_control() {
                write!(self.0, "{}", c.escape_default())
            } else {
                self.0.write_char(c)
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Memory(Arc<Mutex<Vec<u8>>>);

    impl Memory {
        fn append(&self, bytes: &[u8]) {
            self.0.lock().unwrap().extend_from_slice(bytes);
        }
    }

    impl io::Write for Memory {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.append(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn logged(format: LogFormat, level: LogLevel, act: impl FnOnce()) -> String {
        let memory = Memory::default();
        let writer = memory.clone();
        let log = Log { format, level };
        let subscriber = subscriber(log, Colours::Off, move || writer.clone());
        tracing::subscriber::with_default(subscriber, act);
        String::from_utf8(memory.0.lock().unwrap().clone()).unwrap()
    }

    #[test]
    fn control_characters_from_outside_are_escaped() {
        let evil = "web\u{1b}[2J\nforged \u{9b}line";
        let text = logged(LogFormat::Text, LogLevel::Info, || {
            tracing::warn!(container = %evil, "about {evil}");
        });
        assert!(
            !text.trim_end().chars().any(char::is_control),
            "one clean line: {text:?}"
        );
        assert!(
            text.contains("about web\\u{1b}[2J\\nforged \\u{9b}line"),
            "readable all the same: {text:?}"
        );
    }

    #[test]
    fn json_lines_are_one_object_each() {
        let text = logged(LogFormat::Json, LogLevel::Info, || {
            tracing::info!(port = 9000, "line\nbreak");
        });
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(text.lines().count(), 1, "{text:?}");
        assert_eq!(value["message"], "line\nbreak", "{text:?}");
        assert_eq!(value["port"], 9000, "{text:?}");
    }

    #[test]
    fn the_level_is_a_threshold_and_other_crates_are_quieter() {
        let all = || {
            tracing::debug!("ours");
            tracing::debug!(target: "hyper", "theirs");
            tracing::info!(target: "hyper", "theirs too");
        };
        let debug = logged(LogFormat::Text, LogLevel::Debug, all);
        assert!(debug.contains("ours"), "{debug:?}");
        assert!(!debug.contains("theirs\n"), "{debug:?}");
        assert!(debug.contains("theirs too"), "{debug:?}");
        assert_eq!(logged(LogFormat::Text, LogLevel::Warn, all), "", "silent");
    }
}
