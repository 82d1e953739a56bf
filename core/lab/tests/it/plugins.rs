//! The built plugins, and experiments with them.

use std::path::Path;
use std::sync::OnceLock;

use segue_lab::experiment::Experiment;
use segue_lab::results::Results;
use segue_lab::scenario::{Contender, Scenario};
use segue_policy_host::{Registry, SearchPath};

/// Every plugin that the workspace builds.
pub fn registry() -> &'static Registry {
    static PLUGINS: OnceLock<Registry> = OnceLock::new();
    PLUGINS.get_or_init(|| {
        let exe = std::env::current_exe().expect("a test knows its program");
        let built = exe.parent().and_then(Path::parent).expect("target/profile");
        let registry = Registry::open(&SearchPath::only([built.to_path_buf()]));
        let found = registry.policies().count();
        assert!(found >= 4, "{found} policies: build the workspace first");
        registry
    })
}

/// A built-in scenario.
pub fn scenario(name: &str) -> Scenario {
    Scenario::open(name).expect("a built-in scenario")
}

/// A scenario with policies as on the command line; none: its own.
pub fn experiment(scenario: Scenario, policies: &[&str]) -> Experiment {
    let contender = |text: &&str| text.parse::<Contender>().expect("a policy");
    let contenders: Vec<_> = policies.iter().map(contender).collect();
    Experiment::new(registry(), scenario, &contenders, None).expect("plugins and settings")
}

/// All its runs.
pub fn run(scenario: Scenario, policies: &[&str]) -> Results {
    experiment(scenario, policies).run(0, &()).expect("runs")
}
