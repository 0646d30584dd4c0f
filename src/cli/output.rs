//! The only place that prints: results to standard output, everything else to standard error.
//!
//! Texts that came from outside are printed with their control characters escaped; JSON goes out verbatim. No
//! colours: what a terminal shows is what a log file keeps.

use std::io::{self, ErrorKind, IsTerminal as _, Write};

use super::exit;
use super::failure::{Failure, Outcome};

/// To the top left, and nothing below.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

/// How results are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// For people.
    Text,
    /// The API's JSON, verbatim.
    Json,
}

impl Format {
    /// Is JSON wanted.
    pub(super) fn is_json(self) -> bool {
        self == Self::Json
    }
}

/// Whether somebody still reads what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// Yes.
    There,
    /// No: the other end of the pipe is closed.
    Gone,
}

/// Prints a result for people; may have several lines.
pub(super) fn print(text: &str) -> Result<(), Failure> {
    write(io::stdout().lock(), &printable(text)).map(drop)
}

/// Prints a result as it came from the API; an empty one prints nothing.
pub(super) fn print_json(json: &str) -> Result<(), Failure> {
    print_verbatim(json)
}

/// Prints a text that another program reads; an empty one prints nothing.
pub(super) fn print_verbatim(text: &str) -> Result<(), Failure> {
    match text.trim_end() {
        "" => Ok(()),
        text => write(io::stdout().lock(), text).map(drop),
    }
}

/// Prints one of many results for people.
pub(super) fn stream(text: &str) -> Result<Reader, Failure> {
    write(io::stdout().lock(), &printable(text))
}

/// Prints one of many results as it came from the API.
pub(super) fn stream_json(json: &str) -> Result<Reader, Failure> {
    write(io::stdout().lock(), json.trim_end())
}

/// Prints a result in place of the one before; below it, where the output is not a terminal.
pub(super) fn redraw(text: &str) -> Result<Reader, Failure> {
    let text = printable(text);
    if io::stdout().is_terminal() {
        write(io::stdout().lock(), &format!("{CLEAR}{text}"))
    } else {
        write(io::stdout().lock(), &format!("{text}\n"))
    }
}

/// Prints progress and remarks.
pub(super) fn note(text: &str) -> Result<(), Failure> {
    write(io::stderr().lock(), &printable(text)).map(drop)
}

/// Prints a failure and gives the exit code of either end.
pub(super) fn finish(outcome: Outcome, format: Format) -> u8 {
    let failure = match outcome {
        Ok(code) => return code,
        Err(failure) => failure,
    };
    match print_failure(&failure, format) {
        Ok(()) => failure.code,
        // Neither stream takes anything: the code is all that is left to say it with.
        Err(_unprintable) => exit::UNEXPECTED,
    }
}

fn print_failure(failure: &Failure, format: Format) -> Result<(), Failure> {
    if let Some(json) = failure.json.as_deref().filter(|_| format.is_json()) {
        print_json(json)?;
    }
    note(&format!("error: {}", failure.message))?;
    match &failure.next {
        Some(next) => note(&format!("next: {next}")),
        None => Ok(()),
    }
}

/// Writes a line. A reader that has gone away (`| head -1`) is no failure.
fn write(mut stream: impl Write, text: &str) -> Result<Reader, Failure> {
    match writeln!(stream, "{text}").and_then(|()| stream.flush()) {
        Ok(()) => Ok(Reader::There),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(Reader::Gone),
        Err(error) => Err(Failure::unexpected(format!("cannot print: {error}"))),
    }
}

fn printable(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() && c != '\n' {
            clean.extend(c.escape_default());
        } else {
            clean.push(c);
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(
            printable("a\u{1b}[31mb\u{9b}\tc\nd"),
            "a\\u{1b}[31mb\\u{9b}\\tc\nd",
            "escaped, lines kept"
        );
    }
}
