//! The file's text, checked strictly: every error names its line.

use std::ops::RangeInclusive;

use crate::rows::{Row, Rows, UNLIMITED};

const HEADER: [&str; 4] = ["time_s", "delay_ms", "loss", "rate_kbps"];

/// Longest time and delay, and highest rate.
const TIME_S: RangeInclusive<f64> = 0.0..=1e7;
const DELAY_MS: RangeInclusive<f64> = 0.0..=60_000.0;
const LOSS: RangeInclusive<f64> = 0.0..=1.0;
const RATE_KBPS: RangeInclusive<f64> = 0.0..=1e8;

/// Reads a whole file.
pub fn read(text: &[u8]) -> Result<Rows, String> {
    if text.is_empty() {
        return Err(format!(
            "there is no trace; write file=FILE, with a CSV file that begins with the line {}",
            HEADER.join(",")
        ));
    }
    let text = std::str::from_utf8(text).map_err(|_| "the trace is not text (UTF-8)")?;
    let mut lines = text
        .trim_start_matches('\u{feff}')
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'));
    let wrong = |index: usize, what: String| format!("line {}: {what}", index + 1);
    if let Some((index, line)) = lines.next()
        && cells(line).ne(HEADER)
    {
        let what = format!("the header must be {}, but is {line}", HEADER.join(","));
        return Err(wrong(index, what));
    }
    let mut rows: Vec<Row> = Vec::new();
    for (index, line) in lines {
        let next = row(line, rows.last()).map_err(|what| wrong(index, what))?;
        rows.push(next);
    }
    if rows.is_empty() {
        return Err(format!(
            "the trace has no row; write the header {} and below it rows such as 0,20,0.01,5000",
            HEADER.join(",")
        ));
    }
    Ok(Rows::new(rows))
}

/// Numbers need no quotes, but some programs write them, at least in headers.
fn cells(line: &str) -> impl Iterator<Item = &str> {
    line.split(',').map(|cell| cell.trim().trim_matches('"'))
}

fn row(line: &str, before: Option<&Row>) -> Result<Row, String> {
    let cells: Vec<&str> = cells(line).collect();
    let &[time_s, delay_ms, loss, rate_kbps] = &cells[..] else {
        return Err(format!(
            "there are {} cells, but there must be {}: {}",
            cells.len(),
            HEADER.len(),
            HEADER.join(",")
        ));
    };
    let time_s = cell("time_s", time_s, TIME_S)?.ok_or("`time_s` is empty, but must be a time")?;
    let at_ns = (time_s * 1e9) as u64;
    match before {
        None if at_ns != 0 => {
            return Err(format!(
                "`time_s` is {time_s}, but the first row must be for time 0"
            ));
        }
        Some(before) if at_ns <= before.at_ns => {
            return Err(format!(
                "`time_s` is {time_s}, but must be above {}, the time of the row before",
                before.at_ns as f64 / 1e9
            ));
        }
        _ => {}
    }
    let delay_ms = cell("delay_ms", delay_ms, DELAY_MS)?;
    let loss = cell("loss", loss, LOSS)?;
    let rate = match (cell("rate_kbps", rate_kbps, RATE_KBPS)?, before) {
        (None | Some(0.0), None) => UNLIMITED,
        (None, Some(before)) => before.rate,
        (Some(0.0), Some(_)) => 0,
        (Some(kbps), _) => ((kbps * 1000.0) as u64).max(1),
    };
    Ok(Row {
        at_ns,
        delay_ns: delay_ms.map_or(before.map_or(0, |row| row.delay_ns), |ms| (ms * 1e6) as u64),
        loss: loss.unwrap_or(before.map_or(0.0, |row| row.loss)),
        rate,
    })
}

/// A number; `None` for an empty cell.
fn cell(name: &str, text: &str, range: RangeInclusive<f64>) -> Result<Option<f64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let number: f64 = text
        .parse()
        .map_err(|_| format!("`{name}` is `{text}`, but must be a number"))?;
    // Written so that NaN is outside, too.
    if !range.contains(&number) {
        let (least, most) = (range.start(), range.end());
        return Err(format!("`{name}` is {text}, but must be {least} to {most}"));
    }
    Ok(Some(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(rows: &str) -> String {
        read(format!("time_s,delay_ms,loss,rate_kbps\n{rows}").as_bytes()).unwrap_err()
    }

    #[test]
    fn rows_hold_what_is_written_and_what_held_before() {
        let text = "# a lift\r\n\"time_s\", \"delay_ms\", loss, rate_kbps\r\n\
                    0,20,0.01,500\r\n\r\n1.5,,,0\r\n# up\r\n2,5.5,,\r\n3,,0,64.5\r\n";
        let row = |at_ns, delay_ns, loss, rate| Row {
            at_ns,
            delay_ns,
            loss,
            rate,
        };
        let expected = Rows::new(vec![
            row(0, 20_000_000, 0.01, 500_000),
            row(1_500_000_000, 20_000_000, 0.01, 0),
            row(2_000_000_000, 5_500_000, 0.01, 0),
            row(3_000_000_000, 5_500_000, 0.0, 64_500),
        ]);
        assert_eq!(read(text.as_bytes()), Ok(expected));
    }

    #[test]
    fn a_first_row_of_empty_cells_changes_nothing() {
        let row = Row {
            at_ns: 0,
            delay_ns: 0,
            loss: 0.0,
            rate: UNLIMITED,
        };
        for text in ["0,,,", "0,0,0,0"] {
            let text = format!("time_s,delay_ms,loss,rate_kbps\n{text}\n");
            assert_eq!(read(text.as_bytes()), Ok(Rows::new(vec![row])));
        }
    }

    #[test]
    fn errors_name_their_line_and_say_what_is_right() {
        assert_eq!(
            refusal("0,1,0,\n# why\n1,x,0,\n"),
            "line 4: `delay_ms` is `x`, but must be a number"
        );
        assert_eq!(
            refusal("0,1,1.5,\n"),
            "line 2: `loss` is 1.5, but must be 0 to 1"
        );
        assert_eq!(
            refusal("0,1,NaN,\n"),
            "line 2: `loss` is NaN, but must be 0 to 1"
        );
        assert_eq!(
            refusal("0,1,0,-1\n"),
            "line 2: `rate_kbps` is -1, but must be 0 to 100000000"
        );
        assert_eq!(
            refusal("0,1,0\n"),
            "line 2: there are 3 cells, but there must be 4: time_s,delay_ms,loss,rate_kbps"
        );
        assert_eq!(
            refusal(",1,0,\n"),
            "line 2: `time_s` is empty, but must be a time"
        );
        assert_eq!(
            refusal("5,1,0,\n"),
            "line 2: `time_s` is 5, but the first row must be for time 0"
        );
        assert_eq!(
            refusal("0,1,0,\n2,,,\n2,,,\n"),
            "line 4: `time_s` is 2, but must be above 2, the time of the row before"
        );
    }

    #[test]
    fn what_is_no_trace_is_refused() {
        assert!(read(b"").unwrap_err().contains("write file=FILE"));
        assert!(refusal("").contains("has no row"));
        assert!(read(b"# only\n").unwrap_err().contains("has no row"));
        assert!(
            read(b"time,delay\n0,1\n")
                .unwrap_err()
                .starts_with("line 1: the header must be time_s,delay_ms,loss,rate_kbps")
        );
        for bytes in [&b"\xff\xfe\0\x01"[..], b"\"", b"\0", b"ID3\x04,,,\n"] {
            assert!(read(bytes).is_err());
        }
    }
}
