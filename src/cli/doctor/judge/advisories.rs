//! Releases of Traefik with known holes.

/// One hole, and the first releases of each line without it.
struct Advisory {
    id: &'static str,
    what: &'static str,
    fixed: &'static [Release],
}

/// `3.7.15`
type Release = (u32, u32, u32);

const ADVISORIES: &[Advisory] = &[
    Advisory {
        id: "CVE-2025-66490",
        what: "encoded characters get past path rules",
        fixed: &[(2, 11, 32), (3, 6, 3)],
    },
    Advisory {
        id: "CVE-2026-40912",
        what: "StripPrefixRegex",
        fixed: &[(2, 11, 43), (3, 6, 14)],
    },
    Advisory {
        id: "CVE-2026-39858",
        what: "forwarded headers with underscores",
        fixed: &[(2, 11, 43), (3, 6, 14)],
    },
    Advisory {
        id: "GHSA-6384-m2mw-rf54",
        what: "ForwardAuth",
        fixed: &[(2, 11, 43), (3, 6, 14)],
    },
    Advisory {
        id: "CVE-2026-44774",
        what: "rest@internal can be named",
        fixed: &[(3, 6, 17), (3, 7, 1)],
    },
    Advisory {
        id: "CVE-2026-48020",
        what: "StripPrefix and \"..\"",
        fixed: &[(3, 6, 19), (3, 7, 3)],
    },
    Advisory {
        id: "GHSA-3g6v-2r68-prfc",
        what: "allow-lists of cross-provider names",
        fixed: &[(3, 6, 21), (3, 7, 5)],
    },
];

/// Reads `3.7.15`, `v3.7.15` and `3.7.15-rc.1`.
pub(super) fn release(text: &str) -> Option<Release> {
    let text = text.trim_start_matches('v');
    let text = text.split(['-', '+']).next()?;
    let mut numbers = text.split('.').map(|part| part.parse::<u32>().ok());
    let release = (numbers.next()??, numbers.next()??, numbers.next()??);
    numbers.next().is_none().then_some(release)
}

/// The holes of a release, in words.
pub(super) fn known(release: Release) -> Vec<String> {
    let holes = ADVISORIES.iter().filter(|it| it.concerns(release));
    holes.map(|it| format!("{} ({})", it.id, it.what)).collect()
}

/// The first release of the same line, else of a newer one, without any hole that is known.
pub(super) fn way_out(release: Release) -> Option<Release> {
    let fixed = ADVISORIES.iter().flat_map(|it| it.fixed.iter().copied());
    let mut better: Vec<Release> = fixed
        .filter(|fixed| *fixed > release && known(*fixed).is_empty())
        .collect();
    better.sort_unstable();
    better.first().copied()
}

impl Advisory {
    fn concerns(&self, release: Release) -> bool {
        let has_it = self.fixed.iter().any(|fixed| {
            let is_line = (fixed.0, fixed.1) == (release.0, release.1);
            is_line && *fixed <= release
        });
        let is_older = |fixed: &Release| fixed.0 == release.0 && release < *fixed;
        !has_it && self.fixed.iter().any(is_older)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_those_of_the_release_s_own_line() {
        let newest = |text| known(release(text).unwrap()).len();
        for (text, holes) in [
            ("3.7.15", 0),
            ("3.7.5", 0),
            ("3.7.4", 1),
            ("3.6.21", 0),
            ("v3.6.18", 2),
            ("3.7.0", 3),
            ("3.6.2", 7),
            ("3.5.4", 7),
            ("3.8.0", 0),
        ] {
            assert_eq!(newest(text), holes, "{text}");
        }
        assert_eq!(way_out((3, 7, 0)), Some((3, 7, 5)), "of the same line");
        assert_eq!(way_out((3, 5, 0)), Some((3, 6, 21)), "of the next one");
        for text in ["3.7", "latest", "3.7.1.2", ""] {
            assert_eq!(release(text), None, "{text}");
        }
    }
}
