//! Clients that speak the wire by hand: some well-behaved, some not.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use segue_core::ids::SessionId;
use segue_core::token::Token;
use segue_core::track::TrackId;
use segue_core::wire::{
    Feedback, MediaHeader, Message, RequestPackets, RequestTrack, Run, Want, decode, encode,
};
use serde_json::Value;

use crate::support::LIMIT;

/// A listener, as far as the wire goes.
pub struct Client {
    pub socket: UdpSocket,
    pub session: SessionId,
    pub track: TrackId,
    to: SocketAddr,
    token: Token,
    sequence: u32,
    pub received: u32,
    pub by_stream: u32,
    path_end: u32,
    newest_sent_us: u64,
    begun: Instant,
    pub sent_bytes: usize,
    pub received_bytes: usize,
    /// Never comes again with the token it was told.
    pub forgetful: bool,
}

/// The first track that a sharer told of, or another.
pub fn track_id(said: &Value, number: usize) -> TrackId {
    said["tracks"][number]["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap()
}

impl Client {
    pub fn new(to: SocketAddr, track: TrackId, session: u64) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        Self {
            socket,
            session: SessionId(session),
            track,
            to,
            token: Token::default(),
            sequence: 0,
            received: 0,
            by_stream: 0,
            path_end: 0,
            newest_sent_us: 0,
            begun: Instant::now(),
            sent_bytes: 0,
            received_bytes: 0,
            forgetful: false,
        }
    }

    pub fn send(&mut self, message: &Message) {
        let mut datagram = Vec::new();
        encode(message, &[], &mut datagram);
        self.send_raw(&datagram);
    }

    pub fn send_raw(&mut self, datagram: &[u8]) {
        // A full buffer loses datagrams, as networks do.
        if self.socket.send_to(datagram, self.to).is_ok() {
            self.sent_bytes += datagram.len();
        }
    }

    /// Asks for the whole track, to be streamed as far as to `credit`.
    pub fn ask_track(&mut self, rate: u32, credit: u32) {
        self.sequence += 1;
        self.send(&Message::RequestTrack(Box::new(RequestTrack {
            session: self.session,
            token: self.token,
            track: self.track,
            sequence: self.sequence,
            first: 0,
            rate,
            credit,
            sent_us: 1,
        })));
    }

    /// Asks for `count` packets from `first` on, each `step`th, as fast as may be.
    pub fn ask_packets(&mut self, first: u32, count: u16, step: u16) {
        self.sequence += 1;
        let run = Run {
            delta: first as i32,
            count,
            step,
        };
        self.send(&Message::RequestPackets(Box::new(RequestPackets {
            session: self.session,
            token: self.token,
            track: self.track,
            sequence: self.sequence,
            credit: u32::MAX,
            sent_us: 1,
            wants: vec![Want {
                serial: self.sequence,
                rate: 0,
                runs: vec![run],
            }],
        })));
    }

    /// Tells what has come; all of it, however fast.
    pub fn feed_back(&mut self) {
        self.send(&Message::Feedback(Feedback {
            session: self.session,
            token: self.token,
            sent_us: self.begun.elapsed().as_micros() as u64,
            path_end: self.path_end,
            received: self.received,
            newest_sent_us: self.newest_sent_us,
            held_us: 0,
            queue_us: 0,
            credit: u32::MAX,
        }));
    }

    /// Takes in all that is there.
    pub fn receive(&mut self) {
        let mut buffer = [0; 2048];
        while let Ok((length, _)) = self.socket.recv_from(&mut buffer) {
            self.received_bytes += length;
            match decode(&buffer[..length]) {
                Ok((Message::Media(header), _)) => self.on_media(&header),
                Ok((Message::Retry(retry), _)) if !self.forgetful => self.token = retry.token,
                _ => {}
            }
        }
    }

    fn on_media(&mut self, header: &MediaHeader) {
        self.received += 1;
        self.by_stream += u32::from(header.by_stream());
        self.path_end = self.path_end.max(header.path_sequence + 1);
        self.newest_sent_us = self.newest_sent_us.max(header.sent_us);
    }

    /// Proves its address.
    pub fn shake_hands(&mut self) {
        let begun = Instant::now();
        while self.token == Token::default() {
            assert!(begun.elapsed() < LIMIT, "no token");
            self.feed_back();
            let until = Instant::now() + Duration::from_millis(200);
            while self.token == Token::default() && Instant::now() < until {
                self.receive();
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
}
