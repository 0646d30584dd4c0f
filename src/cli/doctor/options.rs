//! Traefik's static options, from its command line or its environment. Pure.
//!
//! Traefik takes one source alone: a file before flags before variables. A file is not read here.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::go_duration;

use super::facts::Known;

/// Options by name: lower case, without dashes in front.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options(BTreeMap<String, String>);

impl Options {
    /// Reads them; the error says why they are not known.
    pub(super) fn read(args: &[String], env: &[String]) -> Known<Self> {
        let flags = Self(flags(args));
        if let Some(file) = flags.get("configfile") {
            return Err(format!("they are in a file ({file})"));
        }
        if !flags.0.is_empty() {
            return Ok(flags);
        }
        let variables = Self(env.iter().filter_map(|text| variable(text)).collect());
        if variables.0.is_empty() {
            return Err("it has neither flags nor variables, so they are in a file".to_owned());
        }
        Ok(variables)
    }

    /// An option.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Is a switch on.
    pub(super) fn is_on(&self, name: &str) -> bool {
        self.get(name)
            .is_some_and(|value| ["", "true", "1", "t", "T", "TRUE", "True"].contains(&value))
    }

    /// Is there anything below a name.
    pub(super) fn has_any(&self, name: &str) -> bool {
        let below = format!("{name}.");
        self.is_on(name) || self.0.keys().any(|key| key.starts_with(&below))
    }

    /// A duration; whole numbers are seconds.
    pub(super) fn duration(&self, name: &str) -> Option<Duration> {
        let text = self.get(name)?;
        match text.parse() {
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_not_a_number) => go_duration::parse(text).ok(),
        }
    }
}

/// `--a.b=c`, `--a.b c` and `--a.b`.
fn flags(args: &[String]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = args.iter().peekable();
    while let Some(arg) = rest.next() {
        let Some(flag) = arg.strip_prefix('-') else {
            continue;
        };
        let flag = flag.trim_start_matches('-');
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, value.to_owned()),
            None => match rest.next_if(|next| !next.starts_with('-')) {
                Some(value) => (flag, value.clone()),
                None => (flag, String::new()),
            },
        };
        found.insert(name.to_ascii_lowercase(), value);
    }
    found
}

/// `TRAEFIK_A_B=c`
fn variable(text: &str) -> Option<(String, String)> {
    let (name, value) = text.strip_prefix("TRAEFIK_")?.split_once('=')?;
    let name = name.to_ascii_lowercase().replace('_', ".");
    Some((name, value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(texts: &[&str]) -> Vec<String> {
        texts.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn flags_are_read_as_traefik_does() {
        let args = [
            "traefik",
            "--api.insecure",
            "--providers.http.pollInterval=500ms",
            "--providers.http.endpoint",
            "http://10.0.0.2:9000/config?wait=450ms",
            "--ping=false",
        ];
        let options = Options::read(&texts(&args), &[]).unwrap();
        assert!(options.is_on("api.insecure"), "a switch alone");
        assert!(!options.is_on("ping"), "switched off");
        let interval = options.duration("providers.http.pollinterval");
        assert_eq!(interval, Some(Duration::from_millis(500)), "any case");
        let endpoint = options.get("providers.http.endpoint");
        assert_eq!(
            endpoint,
            Some("http://10.0.0.2:9000/config?wait=450ms"),
            "separate"
        );
        assert!(options.has_any("providers.http"), "something below");
        assert!(!options.has_any("providers.docker"), "nothing below");
    }

    #[test]
    fn variables_count_where_there_are_no_flags_and_files_are_not_known() {
        let env = texts(&["TRAEFIK_PROVIDERS_HTTP_POLLTIMEOUT=7"]);
        let options = Options::read(&texts(&["traefik"]), &env).unwrap();
        let timeout = options.duration("providers.http.polltimeout");
        assert_eq!(timeout, Some(Duration::from_secs(7)), "seconds");
        let file = Options::read(&texts(&["--configFile=/t.yml"]), &env);
        assert_eq!(file.unwrap_err(), "they are in a file (/t.yml)", "a file");
        assert!(
            Options::read(&[], &[]).is_err(),
            "a file in its usual place"
        );
    }
}
