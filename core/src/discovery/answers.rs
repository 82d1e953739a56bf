//! What is told to peers that ask for our catalog.

use std::net::SocketAddr;

use super::{Discovery, MAX_WAITING};
use crate::time::Timestamp;
use crate::wire::{
    CatalogIndex, CatalogPage, CatalogPart, CatalogRequest, Message, NAMES_PER_INDEX, Retry,
    encoded_bytes,
};

impl Discovery {
    pub(super) fn on_request(
        &mut self,
        now: Timestamp,
        from: SocketAddr,
        request: &CatalogRequest,
        bytes: usize,
    ) {
        if self.outputs.len() >= MAX_WAITING {
            return; // a flood; who means it asks again
        }
        if !self.tokens.verify(from, request.token, now) {
            let token = self.tokens.token(from, now);
            let retry = Message::Retry(Retry {
                session: None,
                token,
            });
            if encoded_bytes(&retry) <= bytes {
                self.transmit(from, retry);
            }
            return;
        }
        self.proofs.shown(now, from);
        let answer = match request.part {
            CatalogPart::Index { first } => self.index_from(first),
            CatalogPart::Page(name) => match self.catalog.page(name) {
                Some(page) => Message::CatalogPage(CatalogPage {
                    bytes: page.to_vec(),
                }),
                None => self.index_from(0), // it changed: begin again
            },
        };
        self.transmit(from, answer);
    }

    fn index_from(&self, first: u32) -> Message {
        let names = self.catalog.names();
        let start = (first as usize).min(names.len());
        let end = (start + NAMES_PER_INDEX).min(names.len());
        Message::CatalogIndex(CatalogIndex {
            peer: self.me,
            catalog: self.catalog.version(),
            pages: names.len() as u32,
            first,
            names: names[start..end].to_vec(),
        })
    }
}
