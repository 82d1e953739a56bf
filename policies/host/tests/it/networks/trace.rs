use std::fs;

use super::*;

/// A model of a file with these rows.
fn traced(rows: &str, more: &str, seed: u64) -> Result<Box<dyn Network>, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.csv");
    fs::write(&file, format!("time_s,delay_ms,loss,rate_kbps\n{rows}")).unwrap();
    let spec = PluginSpec::new("trace").with("file", file.display());
    // The file is read when it is named; it need not stay.
    try_network(&format!("{spec}{more}"), seed)
        .map_err(|error| error.replace(&file.display().to_string(), "FILE"))
}

#[test]
fn delays_follow_the_rows_which_repeat() {
    let mut model = traced("0,10,,\n1,25.5,,\n2,7,,\n", "", 0).unwrap();
    let fates = every(500 * MS).through(&mut *model, 14);
    let delays: Vec<f64> = fates.iter().filter_map(delay_ms).collect();
    let period = [10.0, 10.0, 25.5, 25.5, 7.0, 7.0];
    let expected: Vec<f64> = period.iter().cycle().take(14).copied().collect();
    assert_eq!(delays, expected);
}

#[test]
fn losses_are_as_frequent_as_each_row_says() {
    // Half a second each: nothing, 10 %, everything.
    let mut model = traced("0,,0,\n0.5,,0.1,\n1,,1,\n", "", 1).unwrap();
    let lost = lost(&every(5 * MS).through(&mut *model, 300_000));
    let share = |row: usize| {
        let within = |i: &usize| i % 300 / 100 == row;
        let flags: Vec<bool> = (0..lost.len()).filter(within).map(|i| lost[i]).collect();
        share(&flags)
    };
    assert_eq!((share(0), share(2)), (0.0, 1.0));
    share_is(share(1), 0.1, 100_000);
}

#[test]
fn datagrams_wait_for_the_end_of_an_outage_as_far_as_there_is_room() {
    // 500 bytes take 1 ms at 4 Mbit/s.
    let rows = "0,20,0,4000\n1,,,0\n2,,,4000\n3,,,\n";
    let mut model = traced(rows, ",queue_bytes=10000", 0).unwrap();
    let fates = every(10 * MS).through(&mut *model, 300);
    let delays: Vec<Option<f64>> = fates.iter().map(delay_ms).collect();
    assert!(delays[..100].iter().all(|ms| *ms == Some(21.0)));
    // Twenty find room, and leave one after the other when it is over.
    for (i, delay) in delays[100..120].iter().enumerate() {
        let expected = 1000.0 - 10.0 * i as f64 + (i + 1) as f64 + 20.0;
        near(delay.unwrap(), expected, 1e-6);
    }
    assert!(delays[120..200].iter().all(Option::is_none));
    // The outage is over: 20 ms of queue, 9 ms of it gone by each arrival.
    assert_eq!(delays[200], None, "the queue is still full");
    near(delays[201].unwrap(), 20.0 + 11.0, 1e-6);
    assert!(delays[204..].iter().all(|ms| *ms == Some(21.0)));
}

#[test]
fn each_link_may_begin_somewhere_else() {
    let rows: String = (0..100).map(|s| format!("{s},{s},,\n")).collect();
    let begins = |seed| -> Vec<f64> {
        let mut model = traced(&rows, ",start=random", seed).unwrap();
        (0..50)
            .map(|link| {
                let there = model.transit(&every(MS).on(link).datagram(0)).unwrap();
                let back = model.transit(&every(MS).on(link).back().datagram(0));
                assert_eq!(Ok(there), back);
                delay_ms(&there).unwrap()
            })
            .collect()
    };
    assert_eq!(begins(1), begins(1));
    assert_ne!(begins(1), begins(2));
    mean_is(&begins(1), 49.5, 28.9);
    let mut first = traced(&rows, "", 1).unwrap();
    assert_eq!(
        first.transit(&every(MS).on(9).datagram(0)),
        Ok(Fate::after_ns(0))
    );
}

#[test]
fn a_wrong_file_is_refused_with_the_line() {
    assert_eq!(
        traced("0,1,0,\n1,2,3,\n", "", 0).err().unwrap(),
        "trace:file=FILE: line 3: `loss` is 3, but must be 0 to 1"
    );
    assert_eq!(
        traced("0,\x1b[31m,0,\n", "", 0).err().unwrap(),
        "trace:file=FILE: line 2: `delay_ms` is ` [31m`, but must be a number"
    );
    assert_eq!(
        try_network("trace", 0).err().unwrap(),
        "trace: there is no trace; write file=FILE, with a CSV file that begins with the line \
         time_s,delay_ms,loss,rate_kbps"
    );
}
