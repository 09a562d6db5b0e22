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
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -f -a "top" -d 'Show rates, lag and the load of cores; again and again in a terminal'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -f -a "monitor" -d 'Show, round after round, which groups are behind and which members stand still'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -f -a "cluster" -d 'Clusters'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -f -a "topic" -d 'Topics'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -f -a "group" -d 'Consumer groups'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -f -a "consumer" -d 'Members of consumer groups'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -f -a "producer" -d 'Producers'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -f -a "message" -d 'Messages'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -f -a "offset" -d 'How far consumer groups are'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -f -a "broker" -d 'Brokers'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -f -a "namesrv" -d 'Name servers'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and not __fish_seen_subcommand_from top monitor cluster topic group consumer producer message offset broker namesrv stats" -f -a "stats" -d 'Rates and counts that brokers keep'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from top" -l interval -d 'Seconds between two looks' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from top" -l rows -d 'Topics and groups to show, the busiest first' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from top" -s b -l broker -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from top" -s c -l cluster -d 'The masters of this cluster' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from top" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from top" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from top" -l once -d 'Show it once, in a terminal too'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from top" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from top" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from top" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from monitor" -l interval -d 'Seconds between two rounds' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from monitor" -l rounds -d 'End after so many; else it goes on' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from monitor" -l level -d 'Show lags from so many messages on' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from monitor" -l delay -d '... that are so many seconds old' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from monitor" -s b -l broker -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from monitor" -s c -l cluster -d 'The masters of this cluster' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from monitor" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from monitor" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from monitor" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from monitor" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from monitor" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from cluster" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from cluster" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from cluster" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from cluster" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from cluster" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from cluster" -f -a "list" -d 'List clusters and their brokers'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from cluster" -f -a "send-times" -d 'Send messages to every broker and show how long that takes'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from cluster" -f -a "export" -d 'Export what a cluster is made of'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "list" -d 'List the topics'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "route" -d 'Show where a topic\'s queues are'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "clusters" -d 'List the clusters that have a topic'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "stats" -d 'Show the first and the last offset of each queue'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "create" -d 'Make a topic, or change it'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "create-list" -d 'Make or change the topics of a file: what was exported, or a JSON array'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "perm" -d 'Allow or forbid reading and writing of a topic'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "delete" -d 'Delete a topic with all its messages'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "order" -d 'Say on which brokers an ordered topic has how many queues'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from topic" -f -a "allocate" -d 'Show how the queues of a topic fall to consumers'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from group" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from group" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from group" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from group" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from group" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from group" -f -a "list" -d 'List the consumer groups with their members and how far they are behind'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from group" -f -a "create" -d 'Make a consumer group, or change it'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from group" -f -a "create-list" -d 'Make or change the groups of a file: what was exported, or a JSON array'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from group" -f -a "config" -d 'Show how a consumer group is configured'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from group" -f -a "delete" -d 'Delete a consumer group'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from consumer" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from consumer" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from consumer" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from consumer" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from consumer" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from consumer" -f -a "list" -d 'List the members of a consumer group and what they subscribe to'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from consumer" -f -a "status" -d 'Ask the members of a consumer group what they hold'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from producer" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from producer" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from producer" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from producer" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from producer" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from producer" -f -a "list" -d 'List the producers of all groups that brokers know'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from producer" -f -a "connections" -d 'List the producers of a group at the brokers of a topic'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -f -a "get" -d 'Show the message with an id, and which groups have consumed it'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -f -a "by-key" -d 'Show the messages with a key'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -f -a "by-unique-key" -d 'Show the message with its sender\'s id'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -f -a "by-offset" -d 'Show the message at an offset of a queue'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -f -a "print" -d 'Show the messages of a topic'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -f -a "print-queue" -d 'Show the messages of a queue, or count them by tag'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -f -a "consume" -d 'Show messages from an offset or a moment on, without moving any group'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -f -a "trace" -d 'Show what clients that trace say of a message'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -f -a "send" -d 'Send one message'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -f -a "send-times" -d 'Send messages to the queues of a topic in turn and show how long each takes'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from message" -f -a "send-status" -d 'Send messages to a broker and show how long each takes'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -f -a "show" -d 'Show how far a group is; without one, all groups'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -f -a "reset" -d 'Move a group in a topic to a moment'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -f -a "skip" -d 'Move a group in a topic to the end of each queue'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -f -a "clone" -d 'Give a group the offsets of another'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from offset" -f -a "queue" -d 'Show units of a consume queue'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -f -a "status" -d 'Show what brokers say of themselves'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -f -a "lag" -d 'Show how far all groups are at brokers'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -f -a "config" -d 'Settings of brokers'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from broker" -f -a "clean" -d 'Remove what is no longer needed'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from namesrv" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from namesrv" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from namesrv" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from namesrv" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from namesrv" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from namesrv" -f -a "wipe-write-perm" -d 'Let no route lead writers to a broker any more'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from namesrv" -f -a "add-write-perm" -d 'Let routes lead writers to a broker again'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from namesrv" -f -a "config" -d 'Settings of name servers'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from namesrv" -f -a "kv" -d 'Values that name servers keep by key'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from stats" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from stats" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from stats" -l yes -d 'Do not ask before something is deleted or moved'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from stats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from stats" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from stats" -f -a "all" -d 'Show rates and the messages of a day for topics and their groups'
complete -c ringmq -n "__fish_ringmq_using_subcommand admin; and __fish_seen_subcommand_from stats" -f -a "show" -d 'Show one of the brokers\' statistics, such as TOPIC_PUT_NUMS of a topic'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and not __fish_seen_subcommand_from check dump" -s h -l help -d 'Print help'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and not __fish_seen_subcommand_from check dump" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and not __fish_seen_subcommand_from check dump" -f -a "check" -d 'Compare log, consume queues and index with each other'
complete -c ringmq -n "__fish_ringmq_using_subcommand store; and not __fish_seen_subcommand_from check dump" -f -a "dump" -d 'Print records as JSON lines'
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
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and not __fish_seen_subcommand_from check apply revert probe" -s h -l help -d 'Print help'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and not __fish_seen_subcommand_from check apply revert probe" -s V -l version -d 'Print version'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and not __fish_seen_subcommand_from check apply revert probe" -f -a "check" -d 'Show what is found, what is wanted, why, and who says so. Changes nothing'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and not __fish_seen_subcommand_from check apply revert probe" -f -a "apply" -d 'Set what is not as wanted, and record what it was'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and not __fish_seen_subcommand_from check apply revert probe" -f -a "revert" -d 'Bring back exactly what was there before the first apply'
complete -c ringmq -n "__fish_ringmq_using_subcommand tune; and not __fish_seen_subcommand_from check apply revert probe" -f -a "probe" -d 'Measure disk and ring for a quarter of a minute, and say what to set'
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
complete -c ringmq -n "__fish_ringmq_using_subcommand bench" -s V -l version -d 'Print version'
