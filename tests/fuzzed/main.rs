//! The laws that `make fuzz` searches for inputs that break them, held by every input that it began with or kept.
//!
//! The fuzz targets are these functions and nothing else.

#[cfg(test)]
mod encoder;
#[cfg(test)]
mod labels;
#[cfg(test)]
mod rules;
#[cfg(test)]
#[expect(
    clippy::string_slice,
    reason = "of tests, which may panic; the fuzz targets share it"
)]
#[path = "../strict/mod.rs"]
mod strict;

#[cfg(test)]
mod kept {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use tempfile::TempDir;

    use super::{encoder, labels, rules};

    /// Inputs written by hand, and those in the archive of what reached new code.
    fn replay(target: &str, hold: fn(&[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
        let unpacked = TempDir::new().unwrap();
        let archive = corpus.join(format!("{target}.tar.gz"));
        let mut tar = Command::new("tar");
        tar.arg("-C").arg(unpacked.path()).arg("-xzf").arg(&archive);
        assert!(tar.status().unwrap().success(), "{}", archive.display());
        let mut inputs = 0;
        for folder in [corpus.join(target), unpacked.path().to_owned()] {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                println!("{}", path.display());
                hold(&fs::read(path).unwrap());
                inputs += 1;
            }
        }
        assert!(inputs > 100, "{inputs} inputs of {target} are kept");
    }

    #[test]
    fn labels_never_make_a_document_that_traefik_refuses() {
        replay("labels", labels::hold);
    }

    #[test]
    fn rules_are_written_as_they_are_read() {
        replay("rules", rules::hold);
    }

    #[test]
    fn encoders_agree() {
        replay("encoder", encoder::hold);
    }
}
