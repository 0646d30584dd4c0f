//! Where the page of a closed env is: what the document names, and the provider listener serves.

use crate::routing::ids::EnvKey;

/// How its path begins; nothing else on that listener does.
pub const MAINTENANCE: &str = "/maintenance/";

/// The path of an env's page.
pub fn maintenance_path(key: &EnvKey) -> String {
    format!("{MAINTENANCE}{}/{}", key.app.as_str(), key.env.as_str())
}

/// Whose page is at a path; `None` when it is nobody's.
pub fn maintenance_env(path: &str) -> Option<EnvKey> {
    let (app, env) = path.strip_prefix(MAINTENANCE)?.split_once('/')?;
    EnvKey::parse(app, env).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_env() {
        let key = EnvKey::parse("whoami", "dev").unwrap();
        assert_eq!(maintenance_path(&key), "/maintenance/whoami/dev");
        assert_eq!(maintenance_env(&maintenance_path(&key)), Some(key));
        for path in [
            "/config",
            "/maintenance/",
            "/maintenance/a",
            "/maintenance/a/b/c",
            "/maintenance/A/b",
            "/maintenance//",
        ] {
            assert_eq!(maintenance_env(path), None, "{path}");
        }
    }
}
