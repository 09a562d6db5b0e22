//! mqadmin of every version: the daily look-ups and what they print.
use crate::driver::{Driver, Headers};
use crate::system::{Cluster, Flush};

#[test]
fn mqadmin_look() {
    let cluster = Cluster::started("mqadmin", Flush::Async, 1, &[]);
    let servers = cluster.name_server.address();
    let broker = cluster.broker.address();
    for version in crate::toolchain::CLIENT_VERSIONS {
        let topic = format!("t{}", version.replace('.', "_"));
        let group = format!("g{}", version.replace('.', "_"));
        let mut d = Driver::start(
            &format!("admin-{version}"),
            version,
            Headers::Json,
            &servers,
            &cluster.work,
        );
        let mut go = |d: &mut Driver, c: &str| {
            let t = std::time::Instant::now();
            let o = d.admin(c);
            println!("$ {version} {c}  ({} ms)\n{o}", t.elapsed().as_millis());
        };
        go(&mut d, &format!("updateTopic -c DefaultCluster -t {topic} -r 3 -w 3"));
        cluster.wait_route(&topic, 3);
        d.run("producer", &[("name", "p")]);
        let sent = d.send(&[
            ("name", "p"),
            ("topic", &topic),
            ("kind", "sync"),
            ("prefix", "x"),
            ("count", "12"),
            ("tags", "TagQ"),
            ("keys", "true"),
        ]);
        d.run("push", &[("name", "c"), ("group", &group), ("topic", &topic)]);
        cluster.wait_committed(&group, &topic, 3);
        for c in ["topicList", "clusterList"] {
            go(&mut d, c);
        }
        for c in ["topicRoute", "topicStatus"] {
            go(&mut d, &format!("{c} -t {topic}"));
        }
        go(&mut d, "topicRoute -t nosuch");
        go(&mut d, &format!("brokerStatus -b {broker}"));
        go(&mut d, &format!("getBrokerConfig -b {broker}"));
        go(&mut d, &format!("consumerProgress -g {group}"));
        go(&mut d, "consumerProgress");
        go(&mut d, &format!("queryMsgById -t {topic} -i {}", sent[0].offset_id.as_ref().unwrap()));
        go(&mut d, &format!("queryMsgById -i {}", sent[0].offset_id.as_ref().unwrap()));
        go(&mut d, &format!("deleteTopic -c DefaultCluster -t {topic}"));
        go(&mut d, &format!("topicRoute -t {topic}"));
    }
}
