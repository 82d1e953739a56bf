//! Sessions by their names.

use crate::ids::SessionId;

/// Sessions in the order of their ids, in one piece of memory: they are few, and
/// looked up several times for each packet.
pub struct Sessions<S>(Vec<(SessionId, S)>);

impl<S> Default for Sessions<S> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<S> Sessions<S> {
    /// The session of this id.
    #[inline]
    pub fn get(&self, id: SessionId) -> Option<&S> {
        let at = self.at(id).ok()?;
        Some(&self.0[at].1)
    }

    /// The same, to change it.
    #[inline]
    pub fn get_mut(&mut self, id: SessionId) -> Option<&mut S> {
        let at = self.at(id).ok()?;
        Some(&mut self.0[at].1)
    }

    /// Where the session of this id lies until another comes or goes.
    #[inline]
    pub fn place(&self, id: SessionId) -> Option<usize> {
        self.at(id).ok()
    }

    /// The session that lies there.
    #[inline]
    pub fn in_place(&mut self, place: usize) -> Option<(SessionId, &mut S)> {
        let (id, session) = self.0.get_mut(place)?;
        Some((*id, session))
    }

    /// The session of this id, made if it is not there.
    pub fn get_or_insert_with(&mut self, id: SessionId, make: impl FnOnce() -> S) -> &mut S {
        let at = self.at(id).unwrap_or_else(|at| {
            self.0.insert(at, (id, make()));
            at
        });
        &mut self.0[at].1
    }

    /// Puts a session in the place of one of the same id, if there is one.
    pub fn insert(&mut self, id: SessionId, session: S) {
        match self.at(id) {
            Ok(at) => self.0[at].1 = session,
            Err(at) => self.0.insert(at, (id, session)),
        }
    }

    /// Takes a session out.
    pub fn remove(&mut self, id: SessionId) -> Option<S> {
        let at = self.at(id).ok()?;
        Some(self.0.remove(at).1)
    }

    /// Keeps those of which `keeps` says so.
    pub fn retain(&mut self, mut keeps: impl FnMut(SessionId, &mut S) -> bool) {
        self.0.retain_mut(|(id, session)| keeps(*id, session));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (SessionId, &S)> {
        self.0.iter().map(|(id, session)| (*id, session))
    }

    #[inline]
    fn at(&self, id: SessionId) -> Result<usize, usize> {
        self.0.binary_search_by_key(&id, |&(known, _)| known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_found_and_stay_in_order() {
        let mut sessions = Sessions::default();
        for id in [5, 1, 9, 5] {
            *sessions.get_or_insert_with(SessionId(id), || 0) += id;
        }
        let all = |sessions: &Sessions<u64>| sessions.iter().map(|(_, &s)| s).collect::<Vec<_>>();
        assert_eq!(all(&sessions), [1, 10, 9]);
        sessions.insert(SessionId(5), 7);
        assert_eq!(sessions.get(SessionId(5)), Some(&7));
        assert_eq!(sessions.place(SessionId(9)), Some(2));
        assert_eq!(sessions.in_place(2), Some((SessionId(9), &mut 9)));
        assert_eq!(sessions.in_place(3), None);
        assert_eq!(sessions.remove(SessionId(1)), Some(1));
        assert_eq!(sessions.get_mut(SessionId(1)), None);
        sessions.retain(|_, &mut session| session != 7);
        assert_eq!((all(&sessions), sessions.len()), (vec![9], 1));
    }
}
