//! What follows from a finished read: the first complete list, dirty containers, the periodic comparison.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use crate::routing::ids::ContainerId;
use crate::routing::model::{Change, Container};

use super::Halt;
use super::mark::Mark;
use super::mirror::Look;
use super::session::{Phase, Read, Session};

impl Session<'_> {
    pub(super) async fn take_read(&mut self, read: Read) -> Result<(), Halt> {
        let listing = read.listing?;
        (0..listing.undecodable).for_each(|_| self.stats.undecodable.add_one());
        // what came while the list was read is newer than the list
        self.take_marks().await?;
        match (self.phase, read.ids) {
            (Phase::Watching, Some(ids)) => self.reread(&ids, listing.containers, read.begun).await,
            (Phase::Watching, None) => self.compare(listing.containers, read.begun).await,
            (Phase::Listing | Phase::Holding(_), _) => {
                self.first_list(listing.containers, read.begun).await
            }
        }
    }

    /// The first complete list of this session. Right after a reconnect "nothing runs any more" is more likely a
    /// daemon that is still booting than the truth; it is believed when it lasts.
    async fn first_list(&mut self, containers: Vec<Container>, begun: Instant) -> Result<(), Halt> {
        if self.mirror.has_vanished(&containers) {
            let since = match self.phase {
                Phase::Holding(since) => since,
                Phase::Listing | Phase::Watching => begun,
            };
            if begun < since + self.timing.vanish_hold {
                self.phase = Phase::Holding(since);
                self.list_due = begun + self.timing.vanish_relist;
                tracing::debug!(
                    "nothing that ran before runs now; waiting for the daemon to start it"
                );
                return Ok(());
            }
        }
        self.tell(Some(Change::ResyncStart)).await?;
        let resync = self.mirror.resync(containers, begun);
        for id in resync.disbelieved {
            self.stats.stale_reads.add_one();
            self.schedule.add(id, Mark::of_death(), begun);
        }
        for change in resync.changes {
            self.tell(Some(change)).await?;
        }
        self.tell(Some(Change::ResyncEnd)).await?;
        self.phase = Phase::Watching;
        self.stats.set_connected();
        Ok(())
    }

    /// Dirty containers as they are now.
    async fn reread(
        &mut self,
        ids: &[ContainerId],
        containers: Vec<Container>,
        begun: Instant,
    ) -> Result<(), Halt> {
        let mut found: BTreeMap<_, _> = containers
            .into_iter()
            .map(|container| (container.id.clone(), container))
            .collect();
        for id in ids {
            if self.schedule.marked_since(id, begun) || !self.schedule.contains(id) {
                continue;
            }
            let told = if let Some(container) = found.remove(id) {
                self.look(container, begun)
            } else {
                self.schedule.remove(id);
                self.mirror.absent(id)
            };
            self.tell(told).await?;
        }
        Ok(())
    }

    fn look(&mut self, container: Container, begun: Instant) -> Option<Change> {
        let id = container.id.clone();
        let agrees = self
            .schedule
            .mark(&id)
            .is_none_or(|mark| mark.agrees(&container));
        let look = self.mirror.look(container, begun);
        if look == Look::Stale {
            self.schedule.doubted(&id);
        } else if agrees {
            self.schedule.remove(&id);
        } else {
            self.schedule.lags(&id);
        }
        match look {
            Look::Same => None,
            Look::Stale => {
                self.stats.stale_reads.add_one();
                None
            }
            Look::Changed(change) => Some(change),
        }
    }

    /// A complete list while events are followed: it should show nothing new. What it does show is told, and suspected
    /// to have been missed.
    async fn compare(&mut self, containers: Vec<Container>, begun: Instant) -> Result<(), Halt> {
        let counts = self.missed_event.is_none();
        self.missed_event = self.missed_event.filter(|missed| *missed > begun);
        let listed: BTreeSet<_> = containers
            .iter()
            .map(|container| container.id.clone())
            .collect();
        let absent = self
            .mirror
            .ids()
            .filter(|id| !listed.contains(*id))
            .cloned();
        let absent: Vec<_> = absent.filter(|id| !self.schedule.contains(id)).collect();
        let mut differences = Vec::new();
        for container in containers {
            let id = container.id.clone();
            if !self.schedule.contains(&id)
                && let Look::Changed(change) = self.mirror.look(container, begun)
            {
                differences.push((id, change));
            }
        }
        for id in absent {
            differences.extend(self.mirror.absent(&id).map(|change| (id, change)));
        }
        self.mirror.forget_ended(begun);
        if differences.is_empty() {
            self.drift.agreed();
        }
        for (id, change) in differences {
            if counts {
                self.drift.suspect(id, Instant::now());
            }
            self.tell(Some(change)).await?;
        }
        Ok(())
    }
}
