//! `state verify`, `state accept`, and what `serve` says of a state directory that it cannot use.

use pointsman::store::Store;

use crate::support::Test;

const JOURNAL: &str = include_str!("../../src/store/tests/fixtures/schema-1/journal.ndjson");
const OLDER: &str = include_str!("../../src/store/tests/fixtures/schema-1/journal.1.ndjson");
const SNAPSHOT: &str = include_str!("../../src/store/tests/fixtures/schema-1/snapshot.json");
const PREVIOUS: &str = include_str!("../../src/store/tests/fixtures/schema-1/snapshot.prev.json");

/// A run on a directory with eight entries and this current journal.
fn on(args: &str, journal: &str) -> Test {
    Test::new(&format!("{args} --state-dir $DIR"))
        .file("journal.ndjson", journal)
        .file("journal.1.ndjson", OLDER)
        .file("snapshot.json", SNAPSHOT)
        .file("snapshot.prev.json", PREVIOUS)
}

/// Entry 8 says something else than was written.
fn damaged() -> String {
    JOURNAL.replacen("\"c8\"", "\"c9\"", 1)
}

#[test]
fn a_whole_directory_is_code_0() {
    let expected = format!(
        "$DIR
FILE                BYTES  SCHEMA  ENTRIES  CONDITION
journal.1.ndjson    {}   1       4 to 6   whole
journal.ndjson      {}    1       7 to 8   whole
snapshot.json       {}   1       up to 6  whole
snapshot.prev.json  {}   1       up to 3  whole
whole: 5 entries in the journals, the last one is 8",
        OLDER.len(),
        JOURNAL.len(),
        SNAPSHOT.len(),
        PREVIOUS.len()
    );
    on("state verify", JOURNAL).stdout(&expected).run();
    on("state verify --json", JOURNAL)
        .stdout_has(&[r#""whole":true"#, r#""seq":8"#, r#""condition":"whole""#])
        .run();
}

#[test]
fn damage_is_code_5_with_file_byte_and_way_out() {
    let byte = JOURNAL
        .lines()
        .take(2)
        .map(|line| line.len() + 1)
        .sum::<usize>();
    on("state verify", &damaged())
        .code(5)
        .stdout_has(&[
            &format!(
                "problem: $DIR/journal.ndjson is damaged at byte {byte} (its checksum is wrong)"
            ),
            "pointsman state accept --until 7",
            "not whole: 4 good entries",
        ])
        .run();
    on("state verify --json", &damaged())
        .code(5)
        .stdout_has(&[r#""whole":false"#, &format!(r#""byte":{byte}"#)])
        .run();
}

#[test]
fn accept_wants_the_last_good_entry_and_keeps_the_damaged_file() {
    on("state accept --until 6", &damaged())
        .code(3)
        .stderr("error: nothing was changed: what can be vouched for ends with entry 7, not 6")
        .run();
    on("state accept --until 8", JOURNAL)
        .code(3)
        .stderr_has(&["nothing was changed: the state is whole up to entry 8"])
        .run();
    let ran = on("state accept --until 7", &damaged())
        .env("USER", "ann")
        .stdout("the state is whole up to entry 7, and what came after it is given up; the damaged journal is kept as $DIR/journal.damaged.ndjson")
        .run();
    assert_eq!(
        ran.read("journal.damaged.ndjson"),
        damaged(),
        "byte for byte"
    );
}

#[test]
fn a_directory_that_is_missing_or_locked_is_code_1() {
    Test::new("state verify --state-dir $DIR/none")
        .code(1)
        .stderr_has(&["error: cannot read $DIR/none"])
        .run();
    let dir = tempfile::tempdir().unwrap();
    let (_daemon, _) = Store::open(dir.path()).unwrap();
    let dir = dir.path().display();
    Test::new(&format!("state verify --state-dir {dir}"))
        .stdout_has(&["whole: 0 entries"])
        .run();
    let locked = "is locked by another pointsman: stop that one first";
    Test::new(&format!("state accept --until 1 --state-dir {dir}"))
        .code(1)
        .stderr_has(&[locked])
        .run();
    Test::new(&format!(
        "serve --state-dir {dir} --docker-endpoint unix:///nowhere"
    ))
    .code(1)
    .stderr_has(&["error: cannot open the state directory: ", locked])
    .run();
}

#[test]
fn serve_tells_what_is_unreadable_from_what_it_may_not_open() {
    let serve = |dir: &str| {
        Test::new(&format!(
            "serve --state-dir {dir} --docker-endpoint unix:///nowhere"
        ))
    };
    serve("$DIR")
        .file("snapshot.json", "{}")
        .code(5)
        .stderr_has(&[
            "the stored state cannot be read",
            "restore the state directory",
        ])
        .run();
    serve("$DIR/file")
        .file("file", "")
        .code(1)
        .stderr_has(&["error: cannot open the state directory: ", "$DIR/file"])
        .run();
}
