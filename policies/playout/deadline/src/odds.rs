//! How likely it is that playing from now on goes through without a stall.

mod guess;

use segue_policy::View;

use crate::Session;
use crate::due::{Due, seconds};
use crate::math::{decay, normal_below};
use crate::pipe::Pipe;
use guess::Guess;

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
                session: self,
                now,
                deviations,
                loss_weight: alive.clone().map(Pipe::loss_weight).sum(),
                spare: self.spare,
                copies_most,
                rate: odds.rate,
            };
            left -= weight;
            likely += weight * self.none_late(view, first..end, &due, guess);
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
        mut guess: Guess<'_>,
    ) -> f64 {
        let mut none_late = 1.0;
        for packet in view.missing(range).take(LOOKS_MOST) {
            let late = guess.late(packet, due.at(packet));
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
        if unasked == 0 && self.returned.is_empty() {
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
}
