//! Address validation: a token that only the owner of an address can know.
//!
//! Stateless, as in QUIC's Retry (RFC 9000, section 8.1): a keyed hash of the
//! address and of the ten-minute interval it was made in.

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

const EPOCH_NS: u64 = 600_000_000_000;

/// Proof that whoever sends it can receive at its address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token(pub [u8; 16]);

/// Makes and checks tokens.
#[derive(Clone)]
pub struct TokenKey([u8; 32]);

impl TokenKey {
    /// From a secret drawn at random by the driver.
    pub fn new(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// The token of an address at this time: valid for ten to twenty minutes.
    pub fn token(&self, address: SocketAddr, now: Timestamp) -> Token {
        self.token_of(address, now.as_nanos() / EPOCH_NS)
    }

    /// Whether `token` was made for `address`, lately.
    pub fn verify(&self, address: SocketAddr, token: Token, now: Timestamp) -> bool {
        let epoch = now.as_nanos() / EPOCH_NS;
        token == self.token_of(address, epoch)
            || epoch > 0 && token == self.token_of(address, epoch - 1)
    }

    fn token_of(&self, address: SocketAddr, epoch: u64) -> Token {
        let mut text = [0; 30];
        match address.ip() {
            IpAddr::V4(ip) => text[..16].copy_from_slice(&ip.to_ipv6_mapped().octets()),
            IpAddr::V6(ip) => text[..16].copy_from_slice(&ip.octets()),
        }
        if let SocketAddr::V6(v6) = address {
            // Another link may have a host of the same address.
            text[26..].copy_from_slice(&v6.scope_id().to_le_bytes());
        }
        text[16..18].copy_from_slice(&address.port().to_le_bytes());
        text[18..26].copy_from_slice(&epoch.to_le_bytes());
        let hash = blake3::keyed_hash(&self.0, &text);
        let mut token = [0; 16];
        token.copy_from_slice(&hash.as_bytes()[..16]);
        Token(token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: u64) -> Timestamp {
        Timestamp(minutes * 60_000_000_000)
    }

    #[test]
    fn a_token_is_good_for_its_address_alone_and_expires() {
        let key = TokenKey::new([7; 32]);
        let (here, there) = ("10.0.0.1:5".parse().unwrap(), "10.0.0.1:6".parse().unwrap());
        let token = key.token(here, at(9));
        assert!(key.verify(here, token, at(9)));
        assert!(key.verify(here, token, at(19)));
        assert!(!key.verify(here, token, at(20)));
        assert!(!key.verify(there, token, at(9)));
        assert!(!TokenKey::new([8; 32]).verify(here, token, at(9)));
    }
}
