use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use super::super::args::{BrokerArgs, Invocation, NameserverArgs, StandaloneArgs};
use super::super::machine::Machine;
use super::super::plan::{Prepared, prepare};
use super::*;
use crate::config::host::Host;

fn shown(invocation: Invocation) -> String {
    let machine = Machine {
        host: Host {
            name: Some("here".to_owned()),
            home: "/home/test".to_owned(),
            cpus: 2,
            memory_bytes: 8 << 30,
            address: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
            namesrv_addr: None,
            rocketmq_home: None,
        },
        log: None,
        directory: PathBuf::from("/start"),
    };
    match prepare(&invocation, &machine, &mut |_| {}).unwrap() {
        Prepared::Start(plan) => text(&plan, Running { cpus: &[0, 1], shards: 2 }),
        Prepared::Print(_) => panic!("nothing is to be printed"),
    }
}

#[test]
fn standalone_says_what_listens_where_the_data_is_and_what_to_try() {
    let expected = format!(
        "RingMQ {VERSION}\n\
         \x20 name server  0.0.0.0:9876\n\
         \x20 broker       0.0.0.0:10911, fast port 10909; clients are sent to 127.0.0.1:10911\n\
         \x20 store        /start/ringmq-data, ASYNC_FLUSH, 2 shards\n\
         \x20 cores        0,1\n\
         \x20 try          mqadmin clusterList -n 127.0.0.1:9876\n\
         The Name Server boot success. serializeType=JSON, address 0.0.0.0:9876\n\
         The broker[here, 127.0.0.1:10911] boot success. serializeType=JSON and name server is \
         127.0.0.1:9876\n"
    );
    assert_eq!(shown(Invocation::Standalone(StandaloneArgs::default())), expected);
}

#[test]
fn each_server_says_its_own() {
    let nameserver = shown(Invocation::Nameserver(NameserverArgs::default()));
    assert!(!nameserver.contains("broker["), "{nameserver}");
    assert!(nameserver.contains("try          ringmq broker -n 127.0.0.1:9876\n"));
    let broker = shown(Invocation::Broker(BrokerArgs::default()));
    assert!(
        broker.ends_with("The broker[here, 192.0.2.7:10911] boot success. serializeType=JSON\n"),
        "{broker}"
    );
    assert!(broker.contains("try          mqadmin brokerStatus -b 192.0.2.7:10911\n"));
    assert!(!broker.contains("Name Server"), "{broker}");
}
