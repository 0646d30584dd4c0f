//! Do the links of the documents lead somewhere, and is every page in the book.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents, without their fenced blocks.
fn pages() -> Vec<(PathBuf, String)> {
    let folders = [root().to_owned(), root().join("docs")];
    let entries = folders
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    let paths = entries.map(|entry| entry.unwrap().path());
    let pages = paths.filter(|path| path.extension().is_some_and(|ext| ext == "md"));
    pages
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let prose = text.split("```").step_by(2).collect();
            (path, prose)
        })
        .collect()
}

/// What stands in the brackets of `](...)`.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let rest = text.split("](").skip(1);
    rest.filter_map(|rest| Some(rest.split_once(')')?.0))
}

/// Headings as GitHub and mdBook make anchors of them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter_map(|line| line.strip_prefix('#'));
    headings
        .map(|heading| {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = heading.chars().filter_map(|c| match c {
                ' ' => Some('-'),
                c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
                _ => None,
            });
            kept.collect()
        })
        .collect()
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_in_it() {
    let pages = pages();
    let mut broken = Vec::new();
    for (path, text) in &pages {
        for link in links(text).filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            let known = pages.iter().find(|(page, _)| {
                page.canonicalize().ok() == target.canonicalize().ok() && target.exists()
            });
            let is_there = match (known, anchor) {
                (_, "") => target.exists(),
                (Some((_, text)), anchor) => anchors(text).contains(anchor),
                (None, _) => false,
            };
            if !is_there {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "links that lead nowhere: {broken:#?}");
}

#[test]
fn every_page_is_in_the_book_once() {
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    let mut named: Vec<&str> = links(&summary).collect();
    let entries = fs::read_dir(root().join("docs")).unwrap();
    let files = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut files: Vec<String> = files
        .filter(|name| {
            Path::new(name).extension().is_some_and(|it| it == "md") && name != "SUMMARY.md"
        })
        .collect();
    named.sort_unstable();
    files.sort_unstable();
    assert_eq!(named, files);
}

/// A block that is not run says why; the others are run by `scripts/docs.sh`.
#[test]
fn what_is_not_run_has_a_reason() {
    for (path, _) in pages() {
        let text = fs::read_to_string(&path).unwrap();
        for note in text.lines().filter_map(|line| line.strip_prefix("<!-- ")) {
            let note = note.strip_suffix(" -->").unwrap_or_default();
            let why = note.strip_prefix("not run:").map(str::trim);
            let how = note.split_once(", after ").map_or(note, |(how, _)| how);
            let code = how.strip_prefix("exits ");
            let is_known = why.is_some_and(|why| why.len() > 10)
                || code.is_some_and(|codes| {
                    codes.split(" or ").all(|code| code.parse::<u8>().is_ok())
                })
                || note.starts_with("begin ")
                || note.starts_with("end ");
            assert!(is_known, "{}: <!-- {note} -->", path.display());
        }
    }
}

/// Indented, in a list, it would be run by nobody.
#[test]
fn every_block_of_commands_begins_at_the_margin() {
    for (path, _) in pages() {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            let is_block = ["```sh", "```bash", "```console", "```shell"].contains(&line.trim());
            assert!(
                !is_block || !line.starts_with(char::is_whitespace),
                "{}:{}",
                path.display(),
                number + 1
            );
        }
    }
}
