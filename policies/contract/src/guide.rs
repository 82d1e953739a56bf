//! A guided example: from the simplest policy to one that loses nothing.
//!
//! # 1. What happens
//!
//! A track is a row of packets, numbered from 0; each is one MP3 frame of 24 to
//! 72 ms, usually 26. **Seeders** have it and send it when asked; the network
//! loses and delays what they send. The **device** wants the next frame each
//! time one has been played. Between them stands the policy. It is asked again
//! and again, and each time it
//!
//! - reads the [`View`]: what is here, what came, who is there, what is due;
//! - says through [`Actions`] what to ask of whom;
//! - answers a [`Decision`]: play, hold, skip or conceal.
//!
//! It is asked when the device wants a frame ([`View::frame_due`]); while the
//! device waits, at every arrival and wake-up; and whenever packets or seeders
//! came or went. **What the policy does not ask for, nobody asks for**: without
//! a stream or a request no packet comes.
//!
//! Time is in nanoseconds since the session began, in everything that ends in
//! `_ns`; what ends in `_s` is in seconds. Rates are packets per second, shares
//! lie between 0 and 1.
//!
//! # 2. Twenty-five lines
//!
//! The first policy of the paper that Segue grew from plays what is here, leaves
//! gaps out, and waits a second when nothing is here:
//!
//! ```
//! use segue_policy::{Actions, Decision, Info, PlayoutPolicy, Values, View, export_policy};
//!
//! struct Stop {
//!     until_ns: u64,
//! }
//!
//! impl PlayoutPolicy for Stop {
//!     const INFO: Info = Info::new("stop-1s", "1.0.0", "waits a second when nothing is here");
//!
//!     fn new(_values: &Values<'_>, _seed: u64) -> Self {
//!         Self { until_ns: 0 }
//!     }
//!
//!     fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
//!         actions.stream_from_all(view);
//!         if !view.frame_due() || view.now_ns() < self.until_ns {
//!             return Decision::Hold;
//!         }
//!         match view.next_here() {
//!             Some(packet) => Decision::SkipTo(packet),
//!             None if view.nothing_to_come() => Decision::SkipTo(view.packets()),
//!             None => {
//!                 self.until_ns = view.now_ns() + 1_000_000_000;
//!                 actions.wake_at(self.until_ns);
//!                 Decision::Hold
//!             }
//!         }
//!     }
//! }
//!
//! export_policy!(Stop);
//! # use segue_policy::testing::{Session, Settings};
//! # let mut stop = Stop::new(&Settings::new(&[], &[]).values(&[]), 1);
//! # let heard = Session::new(1000).loss(0.1).play(&mut stop);
//! # assert!(heard.finished && heard.refused.is_empty(), "{heard}");
//! # assert!((50..150).contains(&heard.missing), "{heard}");
//! # assert!(heard.startup_s >= Some(1.0) && heard.requests == 0, "{heard}");
//! ```
//!
//! Three things to note. [`Actions::stream_from_all`] may be called each time:
//! it asks only those who do not stream yet, so seeders that come later are
//! asked as well. `SkipTo(packet)` with the packet at the playhead is `Play`;
//! `SkipTo(view.packets())` ends the track, and without it a track whose last
//! packets are lost would never end. And after `Hold` the policy is asked at the
//! next arrival anyhow: [`Actions::wake_at`] is for the case that nothing comes.
//! While it plays this policy has nothing to do when a packet comes:
//! [`Actions::let_arrivals_wait`] would say so, and as it plays whatever is here, it
//! could say [`Actions::let_frames_play`] as well: that saves it most of its calls.
//!
//! # 3. Trying it
//!
//! [`testing::Session`](crate::testing::Session) is a small network with a device in virtual
//! time: a hundred sessions take a moment, and the same seed loses the same
//! packets each time.
//!
//! ```
//! # use segue_policy::{Actions, Decision, Info, PlayoutPolicy, Values, View};
//! # struct Stop;
//! # impl PlayoutPolicy for Stop {
//! #     const INFO: Info = Info::new("stop", "1.0.0", "");
//! #     fn new(_: &Values<'_>, _: u64) -> Self { Self }
//! #     fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
//! #         actions.stream_from_all(view);
//! #         match view.next_here() {
//! #             Some(packet) => Decision::SkipTo(packet),
//! #             None if view.nothing_to_come() => Decision::SkipTo(view.packets()),
//! #             None => Decision::Hold,
//! #         }
//! #     }
//! # }
//! use segue_policy::testing::{Session, Settings};
//!
//! let params = Stop::INFO.params;
//! let mut policy = Stop::new(&Settings::new(params, &[]).values(params), 1);
//! let heard = Session::new(1000).loss(0.1).play(&mut policy);
//! assert!(heard.finished, "{heard}");
//! assert!(heard.missing > 50); // a tenth of the music is not heard
//! ```
//!
//! # 4. One that recovers
//!
//! What a stream has passed by will not come by itself. It can be asked for:
//!
//! ```
//! use segue_policy::{
//!     Actions, Decision, Info, PlayoutPolicy, Range, Seeder, Values, View, export_policy,
//! };
//!
//! /// An answer should have come after so long; else it was lost, too.
//! const ANSWER_NS: u64 = 250_000_000;
//!
//! struct Recover {
//!     last_id: u64,
//! }
//!
//! impl PlayoutPolicy for Recover {
//!     const INFO: Info = Info::new("recover", "1.0.0", "asks for what was lost, plays all");
//!
//!     fn new(_values: &Values<'_>, _seed: u64) -> Self {
//!         Self { last_id: 0 }
//!     }
//!
//!     fn decide(&mut self, view: &View<'_>, actions: &mut Actions<'_>) -> Decision {
//!         actions.stream_from_all(view);
//!         self.ask(view, actions);
//!         match view.frame_due() && view.is_here(view.playhead()) {
//!             true => Decision::Play,
//!             false => Decision::Hold, // it is on its way, or will be asked for
//!         }
//!     }
//! }
//!
//! impl Recover {
//!     fn ask(&mut self, view: &View<'_>, actions: &mut Actions<'_>) {
//!         // Look again even if nothing comes until then.
//!         actions.wake_at(view.now_ns() + ANSWER_NS);
//!         let living = view.seeders().filter(Seeder::alive);
//!         let Some(best) = living.min_by(|a, b| a.loss().total_cmp(&b.loss())) else {
//!             return;
//!         };
//!         // Streams go in order: what lies below the highest number has passed.
//!         let passed = match view.seeders().all(|seeder| seeder.stream_ended()) {
//!             true => view.packets(),
//!             false => view.seeders().filter_map(|s| s.stream_highest()).max().unwrap_or(0),
//!         };
//!         let askable = view.askable();
//!         let is_due = |packet: &u32| match view.ask(*packet) {
//!             Some(ask) => view.now_ns() >= ask.last_ns + ANSWER_NS,
//!             None => true,
//!         };
//!         let lost = askable.start..passed.min(askable.end);
//!         let lost: Vec<u32> = view.missing(lost).filter(is_due).collect();
//!         if !lost.is_empty() {
//!             self.last_id += 1;
//!             // A refusal shows in the decision log, and it is tried again.
//!             let _ = actions.request(self.last_id, best.index(), &Range::compress(&lost), 0.0);
//!             actions.log(&format!("asking for {} lost packets", lost.len()));
//!         }
//!     }
//! }
//!
//! export_policy!(Recover);
//!
//! # use segue_policy::testing::{Session, Settings};
//! # let mut policy = Recover::new(&Settings::new(&[], &[]).values(&[]), 1);
//! let heard = Session::new(1000).loss(0.5).play(&mut policy);
//! assert!(heard.finished && heard.missing == 0, "{heard}"); // of a half that is lost
//! assert!(heard.stalls > 0); // but it starts with nothing in hand
//! # assert_eq!(heard.refused, Vec::<String>::new());
//! ```
//!
//! The engine keeps the books that it needs: [`View::ask`] tells when a packet
//! was last asked for, so the policy remembers no more than its last id. It also
//! delivers: a request is repeated until the seeder has heard it, so the policy
//! asks again only for *packets* that were lost.
//!
//! What is left is a buffer: to start when enough is here, and so to have time
//! to ask. `segue plugin new` writes just that policy, with a parameter and
//! tests, as the beginning of yours. [`blocks`](crate::blocks) has these rules ready
//! made, more carefully than here.
//!
//! # 5. A parameter
//!
//! A [`Param`] describes itself; the command line
//! (`--policy recover:answer_s=0.1`), its help and the sliders are made from it,
//! and a value out of range never gets as far as [`PlayoutPolicy::new`].
//!
//! ```
//! use segue_policy::{Info, Param};
//! use segue_policy::testing::Settings;
//!
//! const INFO: Info = Info::new("recover", "1.1.0", "asks for what was lost, plays all")
//!     .with_params(&[
//!         Param::number("answer_s", "s", (0.01, 10.0), 0.25, "wait so long for an answer"),
//!     ]);
//!
//! // In `new`: values.number("answer_s"). In a test:
//! let settings = Settings::new(INFO.params, &[("answer_s", 0.1)]);
//! assert_eq!(settings.values(INFO.params).number("answer_s"), 0.1);
//! ```
//!
//! What no range can say (two values that contradict each other, a file with
//! the wrong contents) [`PlayoutPolicy::check`] refuses with a line for the user.
//!
//! # 6. A network model
//!
//! The other kind of plugin is shown each datagram and answers its [`Fate`]. It
//! must treat every policy alike: a loss belongs to the k-th datagram of a
//! [flow](crate::Datagram::flow), whatever else was drawn before.
//!
//! ```
//! use segue_policy::{Datagram, Fate, Info, NetworkModel, Param, Rng, Values, export_network};
//!
//! struct Coin {
//!     loss: f64,
//!     seed: u64,
//! }
//!
//! impl NetworkModel for Coin {
//!     const INFO: Info = Info::new("coin", "1.0.0", "loses datagrams, one by one")
//!         .with_params(&[Param::number("loss", "", (0.0, 1.0), 0.1, "share that is lost")]);
//!
//!     fn new(values: &Values<'_>, seed: u64) -> Self {
//!         Self { loss: values.number("loss"), seed }
//!     }
//!
//!     fn transit(&mut self, datagram: &Datagram) -> Fate {
//!         let place = (datagram.flow() as u64) << 40 | datagram.index;
//!         let mut draws = Rng::new(self.seed ^ Rng::new(place).next_u64());
//!         match draws.unit() < self.loss {
//!             true => Fate::LOST,
//!             false => Fate::after_ns(20_000_000),
//!         }
//!     }
//! }
//!
//! export_network!(Coin);
//! # use segue_policy::{Direction, Traffic, testing::Settings};
//! # let settings = Settings::new(Coin::INFO.params, &[]);
//! # let mut coin = Coin::new(&settings.values(Coin::INFO.params), 1);
//! # let lost = (0..10_000).filter(|&index| coin.transit(&Datagram {
//! #     link: 0, direction: Direction::ToListener, traffic: Traffic::Media,
//! #     bytes: 480, now_ns: 0, index,
//! # }) == Fate::LOST).count();
//! # assert!((900..1100).contains(&lost), "{lost}");
//! ```
//!
//! # 7. The rules
//!
//! - **The same inputs, parameters and seed give the same answers.** No clock, no
//!   threads, no files, no global state, no order of a hash map or of addresses;
//!   everything random comes from the seed. Comparisons and replays rest on this,
//!   and `segue plugin check` tries it.
//! - **A decision is quick**: microseconds. The network waits for it. In live
//!   sessions they are timed: one that takes more than 5 ms is late; when late ones
//!   take a second of ten, the policy's part is over.
//! - **It goes on where it can.** A device waits, the next packet is here and nothing
//!   more is to come; or packets are missing, somebody would answer, and nobody is
//!   asked: after ten seconds of that the policy's part is over.
//! - **The view is borrowed** for one call; what is to be remembered is copied.
//! - **The engine has bounds.** Of the wishes of one decision the first 1,024
//!   count, of a line the first 400 bytes; a wake-up is at least a millisecond
//!   away; floods of requests (500 a second for each seeder, and 8 for each packet
//!   that comes), of lines or wake-ups are cut; packets outside of [`View::askable`], seeders that do not exist and
//!   packets that are not here are refused. All of that is said to whoever listens.
//! - **A panic ends the policy's part**, not the session: what it said, and where, is
//!   told (all of it, with `RUST_BACKTRACE=1`), the instance is not called again, and plain requests in order
//!   take its place. A network model that fails lets all datagrams pass.
//!
//! [`Actions`]: crate::Actions
//! [`Actions::stream_from_all`]: crate::Actions::stream_from_all
//! [`Actions::let_arrivals_wait`]: crate::Actions::let_arrivals_wait
//! [`Actions::let_frames_play`]: crate::Actions::let_frames_play
//! [`Actions::wake_at`]: crate::Actions::wake_at
//! [`Decision`]: crate::Decision
//! [`Fate`]: crate::Fate
//! [`Param`]: crate::Param
//! [`PlayoutPolicy::check`]: crate::PlayoutPolicy::check
//! [`PlayoutPolicy::new`]: crate::PlayoutPolicy::new
//! [`View`]: crate::View
//! [`View::ask`]: crate::View::ask
//! [`View::askable`]: crate::View::askable
//! [`View::frame_due`]: crate::View::frame_due
