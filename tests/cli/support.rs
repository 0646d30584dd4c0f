//! One run of the binary, described in full: arguments, environment, files, daemon; exit code and both streams.

use std::fs::File;
use std::io::Write as _;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::daemon::{Daemon, Reply, Request};

/// A run to be described. In arguments, environment and files `$DIR` stands for its working folder, and
/// `$ADDRESS` for the daemon's; the same words replace them in what it prints.
pub(crate) struct Test {
    args: Vec<String>,
    folder: TempDir,
    daemon: Option<Daemon>,
    names_daemon: bool,
    environment: Vec<(String, String)>,
    input: String,
    code: i32,
    stdout: Expected,
    stderr: Expected,
}

enum Expected {
    Exactly(String),
    Has(Vec<String>),
}

/// What is left to look at.
pub(crate) struct Ran {
    pub(crate) requests: Vec<Request>,
    folder: TempDir,
}

impl Test {
    /// Arguments are separated by blanks. Expects code 0 and silence.
    pub(crate) fn new(args: &str) -> Self {
        Self {
            args: args.split_whitespace().map(str::to_owned).collect(),
            folder: TempDir::new().unwrap(),
            daemon: None,
            names_daemon: false,
            environment: Vec::new(),
            input: String::new(),
            code: 0,
            stdout: Expected::Exactly(String::new()),
            stderr: Expected::Exactly(String::new()),
        }
    }

    /// A daemon with these replies, named by `POINTSMAN_URL`.
    pub(crate) fn daemon(mut self, replies: Vec<Reply>) -> Self {
        self.names_daemon = true;
        self.unnamed_daemon(replies)
    }

    /// A daemon that the test names in its own way.
    pub(crate) fn unnamed_daemon(mut self, replies: Vec<Reply>) -> Self {
        self.daemon = Some(Daemon::start(replies));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A file in the working folder; executable, when it starts as a script.
    pub(crate) fn file(self, name: &str, content: &str) -> Self {
        use std::os::unix::fs::PermissionsExt as _;
        let content = self.filled(content);
        let mut file = File::create(self.folder.path().join(name)).unwrap();
        file.write_all(content.as_bytes()).unwrap();
        let mode = if content.starts_with("#!") {
            0o755
        } else {
            0o600
        };
        file.set_permissions(std::fs::Permissions::from_mode(mode))
            .unwrap();
        self
    }

    pub(crate) fn input(mut self, text: &str) -> Self {
        text.clone_into(&mut self.input);
        self
    }

    pub(crate) fn code(mut self, code: i32) -> Self {
        self.code = code;
        self
    }

    /// The whole of standard output; a last line end may be left out.
    pub(crate) fn stdout(mut self, text: &str) -> Self {
        self.stdout = Expected::Exactly(text.trim_end().to_owned());
        self
    }

    /// The whole of standard error.
    pub(crate) fn stderr(mut self, text: &str) -> Self {
        self.stderr = Expected::Exactly(text.trim_end().to_owned());
        self
    }

    /// Parts of standard output, for help texts.
    pub(crate) fn stdout_has(mut self, parts: &[&str]) -> Self {
        self.stdout = Expected::Has(parts.iter().map(ToString::to_string).collect());
        self
    }

    /// Parts of standard error, for messages of the operating system.
    pub(crate) fn stderr_has(mut self, parts: &[&str]) -> Self {
        self.stderr = Expected::Has(parts.iter().map(ToString::to_string).collect());
        self
    }

    pub(crate) fn run(self) -> Ran {
        let output = self.execute();
        let name = self.args.join(" ");
        let stdout = self.shown(&output.stdout);
        let stderr = self.shown(&output.stderr);
        assert_eq!(
            output.status.code(),
            Some(self.code),
            "exit code of {name}\n{stdout}\n{stderr}"
        );
        self.stdout.check(&stdout, &format!("stdout of {name}"));
        self.stderr.check(&stderr, &format!("stderr of {name}"));
        Ran {
            requests: self.daemon.map_or_else(Vec::new, Daemon::requests),
            folder: self.folder,
        }
    }

    fn execute(&self) -> std::process::Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pointsman"));
        command
            .args(self.args.iter().map(|arg| self.filled(arg)))
            .env_clear()
            .current_dir(self.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if self.names_daemon {
            command.env("POINTSMAN_URL", self.filled("http://$ADDRESS"));
        }
        for (name, value) in &self.environment {
            command.env(name, self.filled(value));
        }
        let mut child = command.spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(self.input.as_bytes()).unwrap();
        drop(input);
        child.wait_with_output().unwrap()
    }

    fn filled(&self, text: &str) -> String {
        text.replace("$DIR", &self.folder.path().display().to_string())
            .replace("$ADDRESS", &self.address())
    }

    fn shown(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        text.trim_end()
            .replace(&self.folder.path().display().to_string(), "$DIR")
            .replace(&self.address(), "$ADDRESS")
    }

    /// The daemon's port at another address.
    pub(crate) fn port_of(&self, ip: &str) -> String {
        let address = self.address();
        let (_, port) = address.rsplit_once(':').unwrap();
        format!("{ip}:{port}")
    }

    fn address(&self) -> String {
        let daemon = self.daemon.as_ref();
        daemon.map_or_else(|| "nowhere".to_owned(), |d| d.address.to_string())
    }
}

impl Expected {
    fn check(&self, text: &str, what: &str) {
        match self {
            Self::Exactly(expected) => assert_eq!(text, expected, "{what}"),
            Self::Has(parts) => {
                for part in parts {
                    assert!(text.contains(part), "{what} lacks {part:?}:\n{text}");
                }
            }
        }
    }
}

impl Ran {
    /// Method, path and body of all requests.
    pub(crate) fn sent(&self, expected: &[&str]) {
        let lines: Vec<&str> = self.requests.iter().map(|r| r.line.as_str()).collect();
        assert_eq!(lines, expected, "requests");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}
