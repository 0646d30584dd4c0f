//! What is known of one container to what is to be derived anew.
//!
//! A change marks the fragments that it can touch, and none beside them: what a container says of itself, what it
//! contributes and where Traefik is say which. They are made when the table is [rebuilt](Table::rebuild).

use std::collections::BTreeSet;

use crate::routing::ids::ContainerId;
use crate::routing::model::Container;
use crate::routing::time::Timestamp;
use crate::routing::traefik::Section;

use super::Table;
use super::address::Reach;
use super::claims::FragmentKey;
use super::facts::{Fact, News};
use super::fragment::Fragment;
use super::unmanaged::{self, Wish};

impl Table {
    /// Takes in a container as it is now.
    pub(super) fn put(&mut self, container: Container, now: Timestamp) {
        let id = container.id.clone();
        let news = self.facts.put(container, now);
        self.heed(&id, &news);
    }

    /// Takes in that a container's process has ended.
    pub(super) fn exited(&mut self, id: &ContainerId, now: Timestamp) {
        let news = self.facts.exit(id, now);
        self.heed(id, &news);
    }

    fn heed(&mut self, id: &ContainerId, news: &News) {
        match news {
            News::None => {}
            News::Moved => self.touch_moved(id),
            News::Told(old) => self.touch(id, old.as_deref()),
        }
    }

    /// Takes in that a container is gone.
    pub(super) fn remove(&mut self, id: &ContainerId) {
        if let Some(list) = &mut self.resync {
            list.remove(id);
        }
        if let Some(old) = self.facts.remove(id) {
            self.touch(id, Some(&old));
        }
    }

    /// Marks what a container's change touches.
    fn touch(&mut self, id: &ContainerId, old: Option<&Fact>) {
        let new = self.facts.get(id);
        for labels in [old, new].into_iter().flatten().filter_map(Fact::managed) {
            self.dirty.insert(FragmentKey::Env(labels.key.clone()));
            if !self.envs.contains_key(&labels.key) {
                self.unrecorded.insert(labels.key.clone());
            }
        }
        // what is told of its objects may name it
        let contribution = self.contributions.get(id);
        let names = contribution.into_iter().flat_map(|it| it.wishes.keys());
        let names = names.map(|(section, name)| FragmentKey::Object(*section, name.clone()));
        self.dirty.extend(names);
        self.look_around(id, old);
    }

    /// Marks what a container's change touches that says of itself what it said before.
    pub(super) fn touch_moved(&mut self, id: &ContainerId) {
        if let Some(labels) = self.facts.get(id).and_then(Fact::managed) {
            let moved = self.moved.entry(labels.key.clone()).or_default();
            moved.insert(id.clone());
        }
        self.look_around(id, None);
    }

    /// Marks what depends on where a container is and what it is doing.
    fn look_around(&mut self, id: &ContainerId, old: Option<&Fact>) {
        let proxy_changed = self.note_proxy(id, old);
        self.contribute(id);
        let sharers: Vec<ContainerId> = self
            .facts
            .sharers(id)
            .map(|fact| fact.container.id.clone())
            .collect();
        for sharer in &sharers {
            self.contribute(sharer);
            if let Some(labels) = self.facts.get(sharer).and_then(Fact::managed) {
                self.dirty.insert(FragmentKey::Env(labels.key.clone()));
            }
        }
        if proxy_changed {
            self.look_at_proxy();
        }
        if self.options.own.as_ref() == Some(id) {
            self.look_at_own();
        }
    }

    /// Keeps the list of Traefik's containers; gives whether this is one, or was.
    fn note_proxy(&mut self, id: &ContainerId, old: Option<&Fact>) -> bool {
        let Some(selector) = &self.options.proxy else {
            return false;
        };
        let age = |fact: Option<&Fact>| {
            fact.filter(|fact| selector.matches(&fact.container))
                .map(|fact| fact.container.age_key())
        };
        let (before, after) = (age(old), age(self.facts.get(id)));
        let changed = before.is_some() || after.is_some();
        if let Some(before) = before {
            self.proxies.remove(&before);
        }
        self.proxies.extend(after);
        changed
    }

    /// Derives anew what one container contributes as an unmanaged one.
    fn contribute(&mut self, id: &ContainerId) {
        let new = self
            .facts
            .get(id)
            .map(|fact| unmanaged::contribute(fact, &self.world()))
            .unwrap_or_default();
        if self.contributions.get(id) == Some(&new) {
            return;
        }
        let old = self.contributions.remove(id).unwrap_or_default();
        for name in old.without(&new) {
            if let (Some(wanters), Some(age)) = (self.wanters.get_mut(name), &old.age) {
                wanters.remove(age);
            }
            self.touch_object(name, new.wishes.get(name));
        }
        for name in new.without(&old) {
            self.touch_object(name, new.wishes.get(name));
            let wanters = self.wanters.entry(name.clone()).or_default();
            wanters.extend(new.age.clone());
        }
        self.rewired |= self.networks.exchange(&old.networks, &new.networks);
        if new.age.is_some() {
            self.contributions.insert(id.clone(), new);
        }
    }

    /// Marks an object that a container wants otherwise now. What others want just like it, and nobody otherwise, stays
    /// as it is; but for a service, which has other servers.
    fn touch_object(&mut self, (section, name): &(Section, String), wish: Option<&Wish>) {
        let key = FragmentKey::Object(*section, name.clone());
        let is_like = |(_, other): &(&Fact, &Wish)| wish.is_none_or(|wish| wish == *other);
        let stays = !section.is_services()
            && self.fragments.get(&key).is_some_and(Fragment::is_settled)
            && self.wishes(*section, name).first().is_some_and(is_like);
        if !stays {
            self.dirty.insert(key);
        }
    }

    /// Traefik's own networks decide which servers may be published.
    fn look_at_proxy(&mut self) {
        let reach = match self.proxy() {
            Some(fact) if fact.container.network_mode == "host" => Reach::Everything,
            Some(fact) => Reach::Networks(fact.container.networks.keys().cloned().collect()),
            None => Reach::Networks(BTreeSet::new()),
        };
        self.rewired = true;
        if reach == self.reach {
            return;
        }
        let before = std::mem::replace(&mut self.reach, reach);
        let differs = |fact: &&Fact| {
            let holder = self.facts.owner(fact).unwrap_or(fact);
            before.differs_for(&self.reach, &holder.container)
        };
        let touched: Vec<ContainerId> = self
            .facts
            .iter()
            .filter(differs)
            .map(|fact| fact.container.id.clone())
            .collect();
        for id in &touched {
            self.contribute(id);
            if let Some(labels) = self.facts.get(id).and_then(Fact::managed) {
                self.dirty.insert(FragmentKey::Env(labels.key.clone()));
            }
        }
    }
}
