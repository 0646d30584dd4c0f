//! Signals by number and by name, as Docker writes them. Linux' numbers.

use std::fmt;

/// A signal's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Signal(u8);

/// In order of their numbers, from 1 on.
const NAMES: [&str; 31] = [
    "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2",
    "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG",
    "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];
/// Second names.
const ALIASES: [(&str, u8); 4] = [("IOT", 6), ("CLD", 17), ("POLL", 29), ("UNUSED", 31)];
const RTMIN: u8 = 34;
const RTMAX: u8 = 64;

impl Signal {
    pub(super) const KILL: Self = Self(9);
    pub(super) const TERM: Self = Self(15);

    /// `SIGQUIT`, `quit`, `3`, `RTMIN+3`: with or without `SIG`, in any case.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let upper = text.trim().to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let number = number(name).or_else(|| by_name(name))?;
        (1..=RTMAX).contains(&number).then_some(Self(number))
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.get(usize::from(self.0) - 1) {
            Some(name) => write!(f, "SIG{name}"),
            None => write!(f, "signal {}", self.0),
        }
    }
}

fn by_name(name: &str) -> Option<u8> {
    if let Some(offset) = name.strip_prefix("RTMIN") {
        return real_time(RTMIN, offset);
    }
    if let Some(offset) = name.strip_prefix("RTMAX") {
        return real_time(RTMAX, offset);
    }
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    if let Some((_, number)) = alias {
        return Some(*number);
    }
    let index = NAMES.iter().position(|known| *known == name)?;
    u8::try_from(index + 1).ok()
}

fn real_time(base: u8, offset: &str) -> Option<u8> {
    let found = match offset.split_at_checked(1) {
        None => base,
        Some(("+", more)) => base.checked_add(number(more)?)?,
        Some(("-", less)) => base.checked_sub(number(less)?)?,
        Some(_) => return None,
    };
    (RTMIN..=RTMAX).contains(&found).then_some(found)
}

/// Digits alone: no sign.
fn number(text: &str) -> Option<u8> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_read_in_every_form_that_docker_takes() {
        let cases = [
            ("SIGTERM", Some(15)),
            ("TERM", Some(15)),
            ("sigterm", Some(15)),
            ("15", Some(15)),
            ("SIGQUIT", Some(3)),
            ("quit", Some(3)),
            ("HUP", Some(1)),
            ("SIGUSR1", Some(10)),
            ("WINCH", Some(28)),
            ("POLL", Some(29)),
            ("SYS", Some(31)),
            ("SIGRTMIN+3", Some(37)),
            ("RTMIN", Some(34)),
            ("RTMAX-14", Some(50)),
            ("SIGRTMAX", Some(64)),
            ("RTMIN+31", None),
            ("RTMAX+1", None),
            ("RTMIN*2", None),
            ("RTMIN+", None),
            ("0", None),
            ("65", None),
            ("+9", None),
            ("-9", None),
            ("999", None),
            ("", None),
            ("SIG", None),
            ("TERMINATE", None),
        ];
        for (text, expected) in cases {
            assert_eq!(Signal::parse(text).map(|s| s.0), expected, "{text}");
        }
    }

    #[test]
    fn a_signal_is_named_when_it_has_a_name() {
        assert_eq!(Signal::KILL.to_string(), "SIGKILL", "by number");
        assert_eq!(Signal::TERM.to_string(), "SIGTERM", "and this");
        let real_time = Signal::parse("RTMIN+3").unwrap();
        assert_eq!(real_time.to_string(), "signal 37", "no name");
    }
}
