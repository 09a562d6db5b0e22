//! What each core says of itself and its shards.

use std::rc::Rc;

use crate::broker::control::facts;
use crate::broker::core::Core;
use crate::rt::counts::{self, CoreCounts, MeshCounts};
use crate::store::probe::{CommitCounts, Memory, Progress};
use crate::units::{CoreId, ShardId};

/// One core.
pub(super) struct CoreFacts {
    pub id: CoreId,
    pub ring: CoreCounts,
    pub mesh: MeshCounts,
    pub mesh_waiting: usize,
    pub connections: usize,
    pub pulls_parked: usize,
    pub sends_waiting: usize,
    pub shards: Vec<ShardFacts>,
}

/// One shard.
pub(super) struct ShardFacts {
    pub id: ShardId,
    pub progress: Progress,
    pub memory: Memory,
    pub commits: CommitCounts,
    pub failed: bool,
}

/// All cores, by number.
pub(super) async fn look(core: &Rc<Core>) -> Vec<CoreFacts> {
    let mut all = facts::each_other(core, |there| async move { look_here(&there) }).await;
    all.push(look_here(core));
    all.sort_by_key(|facts| facts.id.0);
    all
}

fn look_here(core: &Core) -> CoreFacts {
    let rooms = core.rooms();
    let mut shards: Vec<ShardFacts> = rooms
        .iter()
        .map(|room| ShardFacts {
            id: room.shard.id(),
            progress: room.shard.progress(),
            memory: room.shard.memory(),
            commits: room.shard.commit_counts(),
            failed: room.shard.poison().is_some(),
        })
        .collect();
    shards.sort_by_key(|shard| shard.id.0);
    CoreFacts {
        id: core.id,
        ring: counts::of_this_core(),
        mesh: core.mesh_counts(),
        mesh_waiting: core.posts_waiting(),
        connections: core.connections.len(),
        pulls_parked: core.waiting_pulls.len(),
        sends_waiting: rooms.iter().map(|room| room.waiting.borrow().len()).sum(),
        shards,
    }
}
