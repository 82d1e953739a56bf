//! `segue scenarios`: what can be compared on.

use segue_lab::scenario::{Scenario, builtin, builtins};

use crate::args::{Scenarios, ScenariosWhat};
use crate::error::Error;
use crate::print;

pub fn run(args: &Scenarios) -> Result<(), Error> {
    match &args.what {
        None | Some(ScenariosWhat::List) => list(args.json),
        Some(ScenariosWhat::Show { name }) => show(name, args.json),
    }
}

fn list(json: bool) -> Result<(), Error> {
    let all = builtins().iter().map(|builtin| builtin.scenario());
    let all: Vec<Scenario> = all.collect::<Result<_, _>>()?;
    if json {
        return print::json(&all);
    }
    let mut table = print::table(&["name", "what it is about"]);
    for scenario in &all {
        table.add_row([&scenario.name, &scenario.about]);
    }
    print::result(&table.to_string())
}

fn show(name: &str, json: bool) -> Result<(), Error> {
    let scenario = Scenario::open(name)?;
    match builtin(name) {
        _ if json => print::json(&scenario),
        Some(builtin) => print::result(builtin.text.trim_end()),
        None => print::result(std::fs::read_to_string(name)?.trim_end()),
    }
}
