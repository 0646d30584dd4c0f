//! Does the page of the command line have the verbs and flags that `pointsman --help` has, and no others.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// What `pointsman VERB... --help` prints.
fn help(verb: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pointsman"));
    let output = command.args(verb.split_whitespace()).arg("--help").output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

/// The verbs in a help text, but `help`.
fn verbs(help: &str) -> BTreeSet<String> {
    let list = help.split_once("Commands:\n").unwrap().1;
    let lines = list.lines().take_while(|line| !line.is_empty());
    let names = lines.filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// The lines of the page, without the program's name.
fn lines() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/admin-api.md")).unwrap();
    let list = page.split_once("```text\n").unwrap().1;
    let list = list.split_once("```").unwrap().0;
    let lines = list.lines().map(|line| line.strip_prefix("pointsman "));
    lines.map(|line| line.unwrap().to_owned()).collect()
}

/// The verbs of a line: `hold | resume APP ENV` has two, `env list | show` has `env`.
fn verbs_of(line: &str, all: &BTreeSet<String>) -> Vec<String> {
    let synopsis = line.split('#').next().unwrap();
    let words: Vec<&str> = synopsis.split_whitespace().collect();
    let mut found = vec![words[0].to_owned()];
    let others = words.windows(2).filter(|pair| pair[0] == "|");
    let others = others.map(|pair| pair[1].to_owned());
    found.extend(others.filter(|verb| all.contains(verb)));
    found
}

/// `--flag` wherever it stands.
fn flags(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    words
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .collect()
}

#[test]
fn the_page_of_the_command_line_has_every_verb_and_no_flag_that_is_not_there() {
    let all = verbs(&help(""));
    let mut on_page: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in lines() {
        for verb in verbs_of(&line, &all) {
            let known = on_page.entry(verb).or_default();
            known.extend(flags(&line).into_iter().map(str::to_owned));
        }
    }
    let named: BTreeSet<String> = on_page.keys().cloned().collect();
    assert_eq!(named, all, "verbs on the page, and those of --help");
    for (verb, named) in on_page {
        let mut text = help(&verb);
        if text.contains("Commands:\n") {
            let subs = verbs(&text);
            text.extend(subs.iter().map(|sub| help(&format!("{verb} {sub}"))));
        }
        let known = flags(&text);
        let unknown: Vec<&String> = named
            .iter()
            .filter(|flag| !known.contains(flag.as_str()))
            .collect();
        assert!(unknown.is_empty(), "{verb} has no {unknown:?}");
    }
}
