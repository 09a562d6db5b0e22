# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_ringmq_global_optspecs
    string join \n c/configFile= namesrvConfigFile= p/printConfigItem m/printImportantConfig store= cores= shards= log= log-format= h/help V/version
end

function __fish_ringmq_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_ringmq_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_ringmq_using_subcommand
    set -l cmd (__fish_ringmq_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c ringmq -n "__fish_ringmq_needs_command" -s c -l configFile -d 'Configuration file of the broker: RocketMQ\'s broker.conf, unchanged' -r
complete -c ringmq -n "__fish_ringmq_needs_command" -l namesrvConfigFile -d 'Configuration file of the name server: RocketMQ\'s namesrv.conf, unchanged' -r
complete -c ringmq -n "__fish_ringmq_needs_command" -l store -d 'Directory of the store [default: ./ringmq-data]' -r
complete -c ringmq -n "__fish_ringmq_needs_command" -l cores -d 'Processor cores to run on, such as 0-1 or 0,2,4 [default: all that are allowed]' -r
complete -c ringmq -n "__fish_ringmq_needs_command" -l shards -d 'Logs a new store is made of; frozen with it [default: one per core]' -r
complete -c ringmq -n "__fish_ringmq_needs_command" -l log -d 'What is logged; can be changed at run time by the key logLevel [default: info]' -r -f -a "error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c ringmq -n "__fish_ringmq_needs_command" -l log-format -d 'How the log is written [default: plain]' -r -f -a "plain\t''
json\t''"
complete -c ringmq -n "__fish_ringmq_needs_command" -s p -l printConfigItem -d 'Print all effective settings and end'
complete -c ringmq -n "__fish_ringmq_needs_command" -s m -l printImportantConfig -d 'Print the important effective settings and end'
complete -c ringmq -n "__fish_ringmq_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_needs_command" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_needs_command" -f -a "standalone" -d 'Run name server and broker in one process (the default)'
complete -c ringmq -n "__fish_ringmq_needs_command" -f -a "namesrv" -d 'Run a name server'
complete -c ringmq -n "__fish_ringmq_needs_command" -f -a "broker" -d 'Run a broker'
complete -c ringmq -n "__fish_ringmq_needs_command" -f -a "admin" -d 'Look at running servers, and change their topics, offsets and settings'
complete -c ringmq -n "__fish_ringmq_needs_command" -f -a "store" -d 'Look at a store that no broker runs on'
complete -c ringmq -n "__fish_ringmq_needs_command" -f -a "tune" -d 'Look at the machine under a broker, and tune it'
complete -c ringmq -n "__fish_ringmq_needs_command" -f -a "bench" -d 'Measure brokers with ringmq-bench, which lies beside this program'
complete -c ringmq -n "__fish_ringmq_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ringmq -n "__fish_ringmq_using_subcommand standalone" -s c -l configFile -d 'Configuration file of the broker: RocketMQ\'s broker.conf, unchanged' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand standalone" -l namesrvConfigFile -d 'Configuration file of the name server: RocketMQ\'s namesrv.conf, unchanged' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand standalone" -l store -d 'Directory of the store [default: ./ringmq-data]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand standalone" -l cores -d 'Processor cores to run on, such as 0-1 or 0,2,4 [default: all that are allowed]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand standalone" -l shards -d 'Logs a new store is made of; frozen with it [default: one per core]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand standalone" -l log -d 'What is logged; can be changed at run time by the key logLevel [default: info]' -r -f -a "error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c ringmq -n "__fish_ringmq_using_subcommand standalone" -l log-format -d 'How the log is written [default: plain]' -r -f -a "plain\t''
json\t''"
complete -c ringmq -n "__fish_ringmq_using_subcommand standalone" -s p -l printConfigItem -d 'Print all effective settings and end'
complete -c ringmq -n "__fish_ringmq_using_subcommand standalone" -s m -l printImportantConfig -d 'Print the important effective settings and end'
complete -c ringmq -n "__fish_ringmq_using_subcommand standalone" -s h -l help -d 'Print help'
complete -c ringmq -n "__fish_ringmq_using_subcommand standalone" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand namesrv" -s c -l configFile -d 'Configuration file: RocketMQ\'s namesrv.conf, unchanged' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand namesrv" -s n -l namesrvAddr -d 'Taken for the sake of RocketMQ\'s scripts; a name server knows no other' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand namesrv" -l store -d 'Directory that its own files are kept below' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand namesrv" -l cores -d 'The processor core to run on; of several the first [default: the first that is allowed]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand namesrv" -l log -d 'What is logged; can be changed at run time by the key logLevel [default: info]' -r -f -a "error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c ringmq -n "__fish_ringmq_using_subcommand namesrv" -l log-format -d 'How the log is written [default: plain]' -r -f -a "plain\t''
json\t''"
complete -c ringmq -n "__fish_ringmq_using_subcommand namesrv" -s p -l printConfigItem -d 'Print all effective settings and end'
complete -c ringmq -n "__fish_ringmq_using_subcommand namesrv" -s h -l help -d 'Print help'
complete -c ringmq -n "__fish_ringmq_using_subcommand namesrv" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand broker" -s c -l configFile -d 'Configuration file: RocketMQ\'s broker.conf, unchanged' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand broker" -s n -l namesrvAddr -d 'Name servers to register with, as HOST:PORT;HOST:PORT' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand broker" -l store -d 'Directory of the store, commit log included' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand broker" -l cores -d 'Processor cores to run on, such as 0-1 or 0,2,4 [default: all that are allowed]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand broker" -l shards -d 'Logs a new store is made of; frozen with it [default: one per core]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand broker" -l log -d 'What is logged; can be changed at run time by the key logLevel [default: info]' -r -f -a "error\t''
warn\t''
info\t''
debug\t''
trace\t''"
complete -c ringmq -n "__fish_ringmq_using_subcommand broker" -l log-format -d 'How the log is written [default: plain]' -r -f -a "plain\t''
json\t''"
complete -c ringmq -n "__fish_ringmq_using_subcommand broker" -s p -l printConfigItem -d 'Print all effective settings and end'
complete -c ringmq -n "__fish_ringmq_using_subcommand broker" -s m -l printImportantConfig -d 'Print the important effective settings and end'
complete -c ringmq -n "__fish_ringmq_using_subcommand broker" -s h -l help -d 'Print help'
complete -c ringmq -n "__fish_ringmq_using_subcommand broker" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from cluster topic offset broker help" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from cluster topic offset broker help" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from cluster topic offset broker help" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from cluster topic offset broker help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from cluster topic offset broker help" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from cluster topic offset broker help" -f -a "cluster" -d 'Clusters'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from cluster topic offset broker help" -f -a "topic" -d 'Topics'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from cluster topic offset broker help" -f -a "offset" -d 'How far consumer groups are'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from cluster topic offset broker help" -f -a "broker" -d 'Brokers'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from cluster topic offset broker help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from cluster" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from cluster" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from cluster" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from cluster" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from cluster" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from cluster" -f -a "list" -d 'List clusters and their brokers'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from cluster" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "list" -d 'List the topics'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "route" -d 'Show where a topic\'s queues are'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "stats" -d 'Show the first and the last offset of each queue'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "create" -d 'Make a topic, or change it'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "delete" -d 'Delete a topic with all its messages'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -f -a "show" -d 'Show how far a group is'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -f -a "reset" -d 'Move a group in a topic to a moment'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -f -a "status" -d 'Show what brokers say of themselves'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -f -a "config" -d 'Settings'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from help" -f -a "cluster" -d 'Clusters'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from help" -f -a "topic" -d 'Topics'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from help" -f -a "offset" -d 'How far consumer groups are'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from help" -f -a "broker" -d 'Brokers'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and not __fish_seen_subcommand_from check dump help" -s h -l help -d 'Print help'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and not __fish_seen_subcommand_from check dump help" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and not __fish_seen_subcommand_from check dump help" -f -a "check" -d 'Compare log, consume queues and index with each other'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and not __fish_seen_subcommand_from check dump help" -f -a "dump" -d 'Print records as JSON lines'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and not __fish_seen_subcommand_from check dump help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from check" -l index-slots -d '`maxHashSlotNum` of the broker that wrote the index' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from check" -l index-entries -d '`maxIndexNum` of the broker that wrote the index' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from check" -l faults -d 'How many faults to name; all are counted' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from dump" -l index-slots -d '`maxHashSlotNum` of the broker that wrote the index' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from dump" -l index-entries -d '`maxIndexNum` of the broker that wrote the index' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from dump" -l offset -d 'The record that starts at this physical offset' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from dump" -l topic -d 'Records of this topic' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from dump" -l queue -d 'Records of this queue of the topic' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from dump" -l from -d 'The first message of the queue' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from dump" -l key -d 'Records of the topic with this key or unique key, newest first' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from dump" -l count -d 'Most records [default: all]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from dump" -l body-bytes -d 'Most bytes of each body: as text if they are UTF-8, else in base64' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from dump" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from dump" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "check" -d 'Compare log, consume queues and index with each other'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "dump" -d 'Print records as JSON lines'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and not __fish_seen_subcommand_from check apply revert probe help" -s h -l help -d 'Print help'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and not __fish_seen_subcommand_from check apply revert probe help" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and not __fish_seen_subcommand_from check apply revert probe help" -f -a "check" -d 'Show what is found, what is wanted, why, and who says so. Changes nothing'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and not __fish_seen_subcommand_from check apply revert probe help" -f -a "apply" -d 'Set what is not as wanted, and record what it was'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and not __fish_seen_subcommand_from check apply revert probe help" -f -a "revert" -d 'Bring back exactly what was there before the first apply'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and not __fish_seen_subcommand_from check apply revert probe help" -f -a "probe" -d 'Measure disk and ring for a quarter of a minute, and say what to set'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and not __fish_seen_subcommand_from check apply revert probe help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from check" -l store -d 'Directory of the store: its disk counts' -r -F
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from check" -l cores -d 'Processor cores the broker runs on [default: all]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from check" -l nic -d 'Network interface it is reached by; may be given several times [default: all devices]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from check" -l media -d 'What the store is on [default: what the kernel says]' -r -f -a "flash\t'NVMe or other flash'
rotating\t'A rotating disk'"
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from check" -l root -d 'Directory with the proc and sys to look at, such as a container\'s view of its host' -r -F
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from check" -l format -d 'How to say it' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from check" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from apply" -l store -d 'Directory of the store: its disk counts' -r -F
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from apply" -l cores -d 'Processor cores the broker runs on [default: all]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from apply" -l nic -d 'Network interface it is reached by; may be given several times [default: all devices]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from apply" -l media -d 'What the store is on [default: what the kernel says]' -r -f -a "flash\t'NVMe or other flash'
rotating\t'A rotating disk'"
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from apply" -l root -d 'Directory with the proc and sys to look at, such as a container\'s view of its host' -r -F
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from apply" -l state -d 'The record of what was there' -r -F
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from apply" -l format -d 'How to say it' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from apply" -l dry-run -d 'Say what would be done, and change nothing'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from apply" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from revert" -l root -d 'Directory with the proc and sys to change' -r -F
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from revert" -l state -d 'The record of what was there' -r -F
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from revert" -l format -d 'How to say it' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from revert" -l dry-run -d 'Say what would be done, and change nothing'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from revert" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from revert" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from probe" -l store -d 'Directory of the store, in which a file of 256 MiB is made and removed' -r -F
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from probe" -l shards -d 'Logs the store will have: the size of their segments depends on it' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from probe" -l cores -d 'The processor to measure on [default: the first that is allowed]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from probe" -l format -d 'How to say it' -r -f -a "table\t'For people'
json\t'For programs'"
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from probe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from probe" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from help" -f -a "check" -d 'Show what is found, what is wanted, why, and who says so. Changes nothing'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from help" -f -a "apply" -d 'Set what is not as wanted, and record what it was'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from help" -f -a "revert" -d 'Bring back exactly what was there before the first apply'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from help" -f -a "probe" -d 'Measure disk and ring for a quarter of a minute, and say what to set'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ringmq -n "__fish_ringmq_using_subcommand bench" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and not __fish_seen_subcommand_from standalone namesrv broker admin store tune bench help" -f -a "standalone" -d 'Run name server and broker in one process (the default)'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and not __fish_seen_subcommand_from standalone namesrv broker admin store tune bench help" -f -a "namesrv" -d 'Run a name server'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and not __fish_seen_subcommand_from standalone namesrv broker admin store tune bench help" -f -a "broker" -d 'Run a broker'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and not __fish_seen_subcommand_from standalone namesrv broker admin store tune bench help" -f -a "admin" -d 'Look at running servers, and change their topics, offsets and settings'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and not __fish_seen_subcommand_from standalone namesrv broker admin store tune bench help" -f -a "store" -d 'Look at a store that no broker runs on'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and not __fish_seen_subcommand_from standalone namesrv broker admin store tune bench help" -f -a "tune" -d 'Look at the machine under a broker, and tune it'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and not __fish_seen_subcommand_from standalone namesrv broker admin store tune bench help" -f -a "bench" -d 'Measure brokers with ringmq-bench, which lies beside this program'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and not __fish_seen_subcommand_from standalone namesrv broker admin store tune bench help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and __fish_seen_subcommand_from admin" -f -a "cluster" -d 'Clusters'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and __fish_seen_subcommand_from admin" -f -a "topic" -d 'Topics'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and __fish_seen_subcommand_from admin" -f -a "offset" -d 'How far consumer groups are'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and __fish_seen_subcommand_from admin" -f -a "broker" -d 'Brokers'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "check" -d 'Compare log, consume queues and index with each other'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and __fish_seen_subcommand_from store" -f -a "dump" -d 'Print records as JSON lines'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and __fish_seen_subcommand_from tune" -f -a "check" -d 'Show what is found, what is wanted, why, and who says so. Changes nothing'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and __fish_seen_subcommand_from tune" -f -a "apply" -d 'Set what is not as wanted, and record what it was'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and __fish_seen_subcommand_from tune" -f -a "revert" -d 'Bring back exactly what was there before the first apply'
complete -c ringmq -n "__fish_ringmq_using_subcommand help; and __fish_seen_subcommand_from tune" -f -a "probe" -d 'Measure disk and ring for a quarter of a minute, and say what to set'
