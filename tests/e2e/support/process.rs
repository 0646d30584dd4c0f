//! A process of this host that dies with the test.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{results, within};

/// One process after the other under one name, all with the same log.
pub(crate) struct Process {
    name: String,
    child: Option<Child>,
    log: PathBuf,
}

impl Process {
    /// Not yet started.
    pub(crate) fn named(name: &str) -> Self {
        let log = results().join(format!("{name}.log"));
        File::create(&log).unwrap();
        Self {
            name: name.to_owned(),
            child: None,
            log,
        }
    }

    pub(crate) fn spawn(&mut self, command: &mut Command) -> &mut Child {
        assert!(self.child.is_none(), "{} runs already", self.name);
        let log = OpenOptions::new().append(true).open(&self.log).unwrap();
        let child = command.stdin(Stdio::null()).stderr(log).spawn();
        let child = child.unwrap_or_else(|error| panic!("{} does not start: {error}", self.name));
        self.child.insert(child)
    }

    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// Its last words.
    pub(crate) fn tail(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// SIGKILL: no chance to do anything.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGTERM, and the time until it is gone.
    pub(crate) fn terminate(&mut self, limit: Duration) -> Duration {
        let mut child = self.child.take().expect("it runs");
        let sent = Command::new("kill").arg(child.id().to_string()).status();
        assert!(sent.unwrap().success(), "kill {}", self.name);
        let what = format!("the end of {}", self.name);
        let (status, took) = within(limit, &what, || {
            let ended = child.try_wait().unwrap();
            ended.ok_or_else(|| "it still runs".to_owned())
        });
        assert!(status.success(), "{} ended with {status}", self.name);
        took
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("--- {}, last lines of its log:\n{}", self.name, self.tail());
        }
        self.kill();
    }
}
