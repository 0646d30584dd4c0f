//! The `docker` command, and a label by which everything of the tests is found again.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::process::Command;

use super::root;

/// On every container, network and volume that the tests make.
pub(crate) const MARK: &str = "pointsman-e2e=1";
/// The tag of the images under test.
pub(crate) const TAG: &str = "e2e";
/// The sample app.
pub(crate) const WHOAMI: &str = "pointsman-whoami:e2e";

/// Which Engine: this machine's, or one behind a socket of our own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Docker {
    pub(crate) socket: Option<PathBuf>,
}

impl Docker {
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new("docker");
        if let Some(socket) = &self.socket {
            command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
        }
        command
    }

    /// Its standard output; it must succeed.
    pub(crate) fn run(&self, args: &[&str]) -> String {
        let output = self.command().args(args).output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "docker {args:?}: {errors}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Removes everything that carries the mark. Says nothing about failures: it also runs after a failed test.
    pub(crate) fn sweep(&self) {
        let filter = format!("label={MARK}");
        for (list, remove) in [
            (["ps", "-aq"].as_slice(), ["rm", "-f", "-v"].as_slice()),
            (&["network", "ls", "-q"], &["network", "rm"]),
            (&["volume", "ls", "-q"], &["volume", "rm", "-f"]),
        ] {
            let listed = self
                .command()
                .args(list)
                .args(["--filter", &filter])
                .output();
            let listed = String::from_utf8(listed.unwrap().stdout).unwrap();
            if !listed.trim().is_empty() {
                let removed = self
                    .command()
                    .args(remove)
                    .args(listed.split_whitespace())
                    .output();
                assert!(removed.is_ok(), "docker {remove:?}");
            }
        }
    }

    /// Does the network exist?
    pub(crate) fn has_network(&self, name: &str) -> bool {
        let names = self.run(&["network", "ls", "--format", "{{.Name}}"]);
        names.lines().any(|line| line == name)
    }
}

/// This machine's Engine for one test alone: other tests, also of another run, wait. Cleaned before and after.
pub(crate) struct Sandbox {
    pub(crate) docker: Docker,
    /// Unlocked when closed.
    _lock: File,
}

impl Sandbox {
    pub(crate) fn enter() -> Self {
        assert!(
            std::env::var_os("POINTSMAN_E2E").is_some(),
            "this starts containers on this machine's Docker Engine: set POINTSMAN_E2E=1 to allow it"
        );
        let path = std::env::temp_dir().join("pointsman-e2e.lock");
        let lock = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        lock.lock().unwrap();
        let docker = Docker::default();
        docker.sweep();
        ensure_image("whoami", WHOAMI);
        Self {
            docker,
            _lock: lock,
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.docker.sweep();
    }
}

/// Builds an image that is missing. One that is there is taken as it is: scripts/test.sh has built it.
pub(crate) fn ensure_image(name: &str, image: &str) {
    let found = Docker::default()
        .command()
        .args(["image", "inspect", image])
        .output();
    if found.unwrap().status.success() {
        return;
    }
    let built = Command::new(root().join("scripts/images.sh"))
        .arg(name)
        .env("POINTSMAN_IMAGE_TAG", TAG)
        .env("POINTSMAN_IMAGE_PROFILE", "dev")
        .status();
    assert!(built.unwrap().success(), "scripts/images.sh {name}");
}
