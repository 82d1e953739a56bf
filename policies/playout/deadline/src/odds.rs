//! How likely it is that playing from now on goes through without a stall.

use segue_policy::View;

use crate::Session;
use crate::due::{Due, seconds};
use crate::math::{decay, normal_below, power};
use crate::measure::LOSS_MOST;
use crate::pipe::Pipe;
use crate::tries::{Spare, copies, tries};

/// Uncertainty of a rate that was measured for long, as a share of it.
const RATE_DOUBT: f64 = 0.03;
/// A missing packet that is less likely to be late than this does not count, nor
/// do those after it.
const NEGLIGIBLE: f64 = 1e-7;
/// Longer than this nobody waits for the whole rest, seconds: somebody may come
/// who has it.
const PATIENCE_S: f64 = 15.0;
/// It is enough then to play through for this long. Each stall, which shows that
/// nobody came, doubles it.
const HORIZON_S: f64 = 20.0;
/// That one of several seeders is silent is noticed after this time, seconds.
const NOTICED_S: f64 = 0.25;
/// What is in hand grows by this at least, seconds in a second.
const GROWTH_MIN: f64 = 0.05;
/// The loss is known within so many deviations, and with this weight each: three
/// points that stand for a normal distribution.
const LOSS_GUESSES: [(f64, f64); 3] = [(0.0, 2.0 / 3.0), (1.732, 1.0 / 6.0), (-1.732, 1.0 / 6.0)];
/// Less likely than this nobody counts to the end.
const HOPELESS: f64 = 0.01;
/// Most missing packets that are looked at.
const LOOKS_MOST: usize = 512;

/// The odds, and what they come from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Odds {
    /// Probability that no stall follows.
    pub no_stall: f64,
    /// Packets that come in a second, of all seeders.
    pub rate: f64,
    /// Packets that must, if the last is to be in time.
    pub rate_needed: f64,
    /// Share of packets lost.
    pub loss: f64,
}

/// The world as it may be: what the odds are counted for.
struct Guess {
    /// The loss is so many deviations above what it was measured as.
    deviations: f64,
    /// That many packets it was measured from, with all seeders.
    loss_weight: f64,
    /// What is left for copies of what will be lost.
    spare: Spare,
    /// Most copies that are asked for at once.
    copies_most: u32,
    /// Packets that come in a second, of all seeders.
    rate: f64,
}

impl Guess {
    fn loss(&self, pipe: &Pipe) -> f64 {
        let loss = pipe.expected_loss();
        let deviation = (loss * (1.0 - loss) / self.loss_weight).sqrt();
        (loss + self.deviations * deviation).clamp(0.0, LOSS_MOST)
    }

    /// Probability that no try arrives in `left_s` seconds, if that of now and
    /// all before it miss with probability `missing`.
    fn all_miss(&mut self, pipe: &Pipe, now: f64, left_s: f64, mut missing: f64) -> f64 {
        let loss = self.loss(pipe);
        let left_s = left_s - pipe.lateness_s();
        let more = tries(left_s, 0.0, pipe.lived_cycle_s(now)) - 1;
        for left in (1..=more).rev() {
            let wanted = copies(pipe.loss(), left).min(self.copies_most);
            let copies = 1 + self.spare.expect(missing, wanted - 1, loss);
            missing *= power(loss, copies);
            if missing < NEGLIGIBLE / 100.0 {
                break;
            }
        }
        missing
    }
}

impl Session {
    /// The odds of playing on from now. Stops counting as soon as a stall is
    /// more likely than `bearable`.
    pub(crate) fn odds(&self, view: &View<'_>, bearable: f64) -> Odds {
        let now = seconds(view.now_ns());
        let mut odds = Odds {
            no_stall: 1.0,
            ..Odds::default()
        };
        let Some(first) = view.next_missing(view.playhead()) else {
            return odds;
        };
        let due = Due::playing_from(view, now);
        let end = self.supply(view, &due, now, &mut odds).max(first);
        odds.no_stall *= self.bears_silence(view, first, now, odds.rate);
        let copies_most = self.copies_affordable(view, now);
        let alive = self.pipes.iter().filter(|pipe| pipe.alive);
        let (mut likely, mut left) = (0.0, 1.0);
        for (deviations, weight) in LOSS_GUESSES {
            let guess = Guess {
                deviations,
                loss_weight: alive.clone().map(Pipe::loss_weight).sum(),
                spare: self.spare,
                copies_most,
                rate: odds.rate,
            };
            left -= weight;
            likely += weight * self.none_late(view, first..end, &due, now, guess);
            if odds.no_stall * (likely + left) < 1.0 - bearable {
                break;
            }
        }
        odds.no_stall *= likely;
        odds
    }

    /// Probability that none of the missing packets comes late.
    fn none_late(
        &self,
        view: &View<'_>,
        range: std::ops::Range<u32>,
        due: &Due,
        now: f64,
        mut guess: Guess,
    ) -> f64 {
        let mut none_late = 1.0;
        for packet in view.missing(range).take(LOOKS_MOST) {
            let late = self.late(packet, due.at(packet), now, &mut guess);
            none_late *= 1.0 - late;
            let unasked = packet >= self.frontier;
            if none_late < HOPELESS || (unasked && late < NEGLIGIBLE) {
                break;
            }
        }
        none_late
    }

    /// Whether packets come fast enough for the whole rest to be in time, or as
    /// far as it is worth waiting for. Answers the end of that.
    fn supply(&self, view: &View<'_>, due: &Due, now: f64, odds: &mut Odds) -> u32 {
        let (mut rate, mut heard, mut loss) = (0.0, 0u32, 0.0);
        let mut base = f64::INFINITY;
        for pipe in self.pipes.iter().filter(|pipe| pipe.alive) {
            if let Some(comes) = pipe.comes_per_s() {
                rate += comes;
                loss += comes * pipe.loss();
            }
            heard = heard.saturating_add(pipe.heard());
            base = base.min(pipe.base_s());
        }
        odds.rate = rate;
        odds.loss = if rate > 0.0 { loss / rate } else { 0.0 };
        let passed = (view.playhead() - self.begun_at).saturating_sub(self.skipped);
        let ahead = view.here_count().saturating_sub(passed);
        let unasked = view
            .next_missing(self.frontier)
            .map_or(0, |first| view.packets() - first);
        if unasked == 0 {
            return view.packets(); // each of the missing is looked at for itself
        }
        if rate == 0.0 {
            odds.no_stall = 0.0;
            return view.packets();
        }
        let missing = |end: u32| f64::from((end - view.playhead()).saturating_sub(ahead));
        let time = |end: u32| due.at(end) - now - base;
        let mut end = view.packets();
        // How long it would have waited in all, to play all.
        let waited_s = now - seconds(view.state_since_ns());
        let wait_s = waited_s + missing(end) / rate - time(end);
        if wait_s > PATIENCE_S {
            let far_s = HORIZON_S * f64::from(1 << self.stalls.min(10));
            let far = (far_s / view.packet_s()) as u32;
            end = end.min(view.playhead().saturating_add(far));
        }
        odds.rate_needed = missing(end) / time(end).max(1e-3);
        let doubt = RATE_DOUBT + 0.5 / f64::from(heard.max(1)).sqrt();
        odds.no_stall = normal_below((1.0 - odds.rate_needed / rate) / doubt);
        end
    }

    /// Probability that no silence of seeders is longer than what is in hand
    /// then: it grows while more comes than is played.
    fn bears_silence(&self, view: &View<'_>, first: u32, now: f64, rate: f64) -> f64 {
        let in_hand_s = f64::from(first - view.playhead()) * view.packet_s();
        let growth = (rate * view.packet_s() - 1.0).max(GROWTH_MIN);
        let alive = self.pipes.iter().filter(|pipe| pipe.alive);
        let others = alive.clone().count() > 1;
        let stalls = alive.map(|pipe| {
            let (per_s, mean_s) = pipe.silences(now);
            // Others step in as soon as it is noticed.
            let borne_s = if others {
                mean_s.min(NOTICED_S)
            } else {
                mean_s
            };
            per_s * borne_s / growth * decay(in_hand_s / borne_s)
        });
        decay(stalls.sum::<f64>())
    }

    /// Probability that a missing packet comes after `due`.
    fn late(&self, packet: u32, due: f64, now: f64, guess: &mut Guess) -> f64 {
        let Some(best) = self.best() else {
            return 1.0;
        };
        let asked = self
            .books
            .get(packet)
            .filter(|_| self.again.binary_search(&packet).is_err());
        let pipe = asked.and_then(|asked| self.pipes.get(asked.pipe as usize));
        let pipe_of_best = &self.pipes[best];
        let (mut comes, mut missing) = (now, 1.0);
        let pipe = match asked.zip(pipe) {
            Some((asked, pipe)) => {
                let loss = guess.loss(pipe);
                let late = |comes: f64| {
                    let left = (due - comes).max(0.0) / pipe.lateness_s();
                    loss + (1.0 - loss) * decay(left)
                };
                let ahead = pipe.ahead_of(asked.lane, asked.place);
                let passed = ahead.is_none();
                if let Some(ahead) = ahead {
                    let queue_s = pipe.queue_s(asked.lane, ahead, now);
                    comes = (asked.at + pipe.base_s()).max(now + queue_s);
                    missing *= late(comes);
                } else {
                    let lost = pipe.passed_is_lost(asked.lane, asked.place, loss, now);
                    let left = (due - now).max(0.0) / pipe.spread_s();
                    missing *= lost + (1.0 - lost) * decay(left);
                }
                if asked.copies > 1 {
                    let copy = (asked.copied_at + pipe.base_s()).max(now);
                    missing *= power(late(copy), asked.copies - 1);
                    comes = comes.max(copy);
                } else if passed {
                    // It was passed, and is perhaps about to be asked for again.
                    comes += pipe.base_s();
                    let left = tries(due - comes, 0.0, pipe.lived_cycle_s(now));
                    let wanted = copies(pipe.loss(), left).min(guess.copies_most);
                    let copies = 1 + guess.spare.expect(1.0, wanted - 1, loss);
                    missing *= power(late(comes), copies);
                }
                pipe
            }
            None => {
                let before = f64::from(packet.saturating_sub(self.frontier));
                let pipe = pipe_of_best;
                comes += pipe.base_s() + before / guess.rate.max(0.1);
                let left = (due - comes).max(0.0) / pipe.lateness_s();
                let loss = guess.loss(pipe);
                missing = loss + (1.0 - loss) * decay(left);
                pipe
            }
        };
        let left = due - comes;
        if left < 0.0 && missing > 0.5 {
            return 1.0;
        }
        guess.all_miss(pipe, now, left, missing)
    }
}
