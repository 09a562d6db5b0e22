//! A core with one shard on a real disk, and neither clients nor a control plane: for tests.

use std::collections::BTreeMap;
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc;

use crate::broker::core::Core;
use crate::broker::message::Message;
use crate::broker::storage::{self, Follower, Shard, ShardRoom};
use crate::config::broker::BrokerConfig;
use crate::config::host::test_host;
use crate::config::{Configuration, Sources};
use crate::message::record::Host;
use crate::rt::mesh::Mesh;
use crate::rt::spawn::{self, CorePlan, Cores};
use crate::store::Root;
use crate::units::ShardId;

/// Runs `work` on a core whose shard is empty, configured by the lines of `config`, and yields what
/// it returns.
pub fn run<T, F, W>(config: &str, work: W) -> T
where
    T: Send + 'static,
    F: Future<Output = T> + 'static,
    W: FnOnce(Rc<Core>) -> F + Send + Clone + 'static,
{
    let directory = crate::rt::scratch::on_disk();
    let store = directory.path().to_owned();
    let config = format!("{config}\nstorePathRootDir={}\nshards=1\n", store.display());
    let (sender, receiver) = mpsc::channel();
    let plan = CorePlan::new(Cores::Count(1)).unwrap();
    spawn::run_cores(plan, move |core: spawn::Core<Message>| async move {
        let core = open(core.mesh, &config, &store).await;
        sender.send(work(core.clone()).await).unwrap();
        core.schedule.stop().await;
        core.shard(ShardId(0)).unwrap().close().await;
    })
    .unwrap();
    receiver.recv().expect("the test ran to its end")
}

async fn open(mesh: Mesh<Message>, config: &str, store: &Path) -> Rc<Core> {
    let file = Some(("broker.conf", config.as_bytes()));
    let sources = Sources { host: test_host(), assumed: BTreeMap::new(), file, flags: Vec::new() };
    let config = BrokerConfig::load(sources).unwrap().config;
    let root = Root::open(store, &config.store.wanted, 1).await.unwrap();
    let settings = storage::settings(&config, root.frozen());
    let host = Host { ip: [127, 0, 0, 2].into(), port: 10_911 };
    let core = Rc::new(Core::new(Rc::new(config), mesh, host));
    core.set_shards(1);
    let shard = Shard::open(settings, ShardId(0), Rc::new(Follower::new(&core))).await.unwrap();
    core.add_shard(ShardId(0), Rc::new(ShardRoom::new(shard, core.ownership())));
    core
}
