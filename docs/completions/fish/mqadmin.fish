# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mqadmin_global_optspecs
    string join \n n/namesrvAddr= format= yes h/help V/version
end

function __fish_mqadmin_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_mqadmin_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_mqadmin_using_subcommand
    set -l cmd (__fish_mqadmin_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c mqadmin -n "__fish_mqadmin_needs_command" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_needs_command" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_needs_command" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -s V -l version -d 'Print version'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "startMonitoring" -d 'As `monitor`: Show, round after round, which groups are behind and which members stand still'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "clusterList" -d 'As `cluster list`: List clusters and their brokers'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "clusterRT" -d 'As `cluster send-times`: Send messages to every broker and show how long that takes'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "exportMetadata" -d 'As `cluster export metadata`: Export the configurations of topics and groups'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "exportConfigs" -d 'As `cluster export configs`: Export the important settings of the brokers'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "exportMetrics" -d 'As `cluster export metrics`: Export how much the brokers do and how full they are'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "topicList" -d 'As `topic list`: List the topics'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "topicRoute" -d 'As `topic route`: Show where a topic\'s queues are'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "topicClusterList" -d 'As `topic clusters`: List the clusters that have a topic'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "topicStatus" -d 'As `topic stats`: Show the first and the last offset of each queue'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "updateTopic" -d 'As `topic create`: Make a topic, or change it'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "updateTopicList" -d 'As `topic create-list`: Make or change the topics of a file: what was exported, or a JSON array'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "updateTopicPerm" -d 'As `topic perm`: Allow or forbid reading and writing of a topic'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "deleteTopic" -d 'As `topic delete`: Delete a topic with all its messages'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "updateOrderConf" -d 'As `topic order`: Say on which brokers an ordered topic has how many queues'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "allocateMQ" -d 'As `topic allocate`: Show how the queues of a topic fall to consumers'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "updateSubGroup" -d 'As `group create`: Make a consumer group, or change it'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "updateSubGroupList" -d 'As `group create-list`: Make or change the groups of a file: what was exported, or a JSON array'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "getConsumerConfig" -d 'As `group config`: Show how a consumer group is configured'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "deleteSubGroup" -d 'As `group delete`: Delete a consumer group'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "consumerConnection" -d 'As `consumer list`: List the members of a consumer group and what they subscribe to'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "consumerStatus" -d 'As `consumer status`: Ask the members of a consumer group what they hold'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "producer" -d 'As `producer list`: List the producers of all groups that brokers know'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "producerConnection" -d 'As `producer connections`: List the producers of a group at the brokers of a topic'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "queryMsgById" -d 'As `message get`: Show the message with an id, and which groups have consumed it'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "queryMsgByKey" -d 'As `message by-key`: Show the messages with a key'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "queryMsgByUniqueKey" -d 'As `message by-unique-key`: Show the message with its sender\'s id'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "queryMsgByOffset" -d 'As `message by-offset`: Show the message at an offset of a queue'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "printMsg" -d 'As `message print`: Show the messages of a topic'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "printMsgByQueue" -d 'As `message print-queue`: Show the messages of a queue, or count them by tag'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "consumeMessage" -d 'As `message consume`: Show messages from an offset or a moment on, without moving any group'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "queryMsgTraceById" -d 'As `message trace`: Show what clients that trace say of a message'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "sendMessage" -d 'As `message send`: Send one message'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "checkMsgSendRT" -d 'As `message send-times`: Send messages to the queues of a topic in turn and show how long each takes'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "sendMsgStatus" -d 'As `message send-status`: Send messages to a broker and show how long each takes'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "consumerProgress" -d 'As `offset show`: Show how far a group is; without one, all groups'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "resetOffsetByTime" -d 'As `offset reset`: Move a group in a topic to a moment'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "skipAccumulatedMessage" -d 'As `offset skip`: Move a group in a topic to the end of each queue'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "cloneGroupOffset" -d 'As `offset clone`: Give a group the offsets of another'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "queryCq" -d 'As `offset queue`: Show units of a consume queue'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "brokerStatus" -d 'As `broker status`: Show what brokers say of themselves'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "brokerConsumeStats" -d 'As `broker lag`: Show how far all groups are at brokers'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "getBrokerConfig" -d 'As `broker config get`: Show the settings in force'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "updateBrokerConfig" -d 'As `broker config set`: Change a setting; what can change at run time does at once'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "cleanExpiredCQ" -d 'As `broker clean queues`: Remove files of consume queues whose messages are gone'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "cleanUnusedTopic" -d 'As `broker clean topics`: Remove what is left of topics that were deleted'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "deleteExpiredCommitLog" -d 'As `broker clean log`: Remove segments of the log that are past their time, now and not at deleteWhen'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "getNamesrvConfig" -d 'As `namesrv config get`: Show the settings of the name servers'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "updateNamesrvConfig" -d 'As `namesrv config set`: Change a setting of the name servers'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "updateKvConfig" -d 'As `namesrv kv put`: Keep a value under a key'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "deleteKvConfig" -d 'As `namesrv kv delete`: Forget the value of a key'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "wipeWritePerm" -d 'As `namesrv wipe-write-perm`: Let no route lead writers to a broker any more'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "addWritePerm" -d 'As `namesrv add-write-perm`: Let routes lead writers to a broker again'
complete -c mqadmin -n "__fish_mqadmin_needs_command" -f -a "statsAll" -d 'As `stats all`: Show rates and the messages of a day for topics and their groups'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand startMonitoring" -l interval -d 'Seconds between two rounds' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand startMonitoring" -l rounds -d 'End after so many; else it goes on' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand startMonitoring" -l level -d 'Show lags from so many messages on' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand startMonitoring" -l delay -d '... that are so many seconds old' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand startMonitoring" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand startMonitoring" -s c -l clusterName -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand startMonitoring" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand startMonitoring" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand startMonitoring" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand startMonitoring" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterList" -s i -l interval -d 'Show it again every so many seconds' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterList" -s c -l clusterName -d 'Only this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterList" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterList" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterList" -s m -l moreStats -d 'Messages in and out of today and yesterday instead of rates'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterList" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterList" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterRT" -s a -l amount -d 'Messages' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterRT" -s s -l size -d 'Bytes of each' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterRT" -s c -l cluster -d 'Only this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterRT" -s p -l printLog -d 'Taken for the sake of mqadmin, and without effect' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterRT" -s m -l machineRoom -d 'Taken for the sake of mqadmin, and without effect' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterRT" -s i -l interval -d 'Do it again every so many seconds' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterRT" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterRT" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterRT" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand clusterRT" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetadata" -s c -l clusterName -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetadata" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetadata" -s f -l filePath -d 'Write it to a file in this folder [default: show it]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetadata" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetadata" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetadata" -s t -l topic -d 'Only the topics'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetadata" -s g -l subscriptionGroup -d 'Only the groups'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetadata" -s s -l specialTopic -d 'Topics of retries and dead letters too'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetadata" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetadata" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportConfigs" -s c -l clusterName -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportConfigs" -s f -l filePath -d 'Write it to a file in this folder [default: show it]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportConfigs" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportConfigs" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportConfigs" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportConfigs" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetrics" -s c -l clusterName -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetrics" -s f -l filePath -d 'Write it to a file in this folder [default: show it]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetrics" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetrics" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetrics" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand exportMetrics" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicList" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicList" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicList" -s c -l clusterModel -d 'With their clusters and the groups that consume them'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicList" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicList" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicRoute" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicRoute" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicRoute" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicRoute" -s l -l list -d 'Taken for the sake of mqadmin: a list it is anyway'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicRoute" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicRoute" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicClusterList" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicClusterList" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicClusterList" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicClusterList" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicClusterList" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicStatus" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicStatus" -s c -l cluster -d 'Only in this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicStatus" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicStatus" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicStatus" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand topicStatus" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopic" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopic" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopic" -s c -l clusterName -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopic" -l queues -d 'Queues on each broker, to read and to write' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopic" -s r -l readQueueNums -d 'Queues to read [default: 8]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopic" -s w -l writeQueueNums -d 'Queues to write [default: 8]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopic" -s p -l perm -d '4 read, 2 write, 6 both' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopic" -s o -l order -d 'Whether its messages are ordered' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopic" -s u -l unit -d 'Whether it is a unit\'s' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopic" -s s -l hasUnitSub -d 'Whether units subscribe to it' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopic" -s a -l attributes -d 'Attributes: +name=value,-name' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopic" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopic" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopic" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopic" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopicList" -s f -l filename -d 'The file' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopicList" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopicList" -s c -l clusterName -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopicList" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopicList" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopicList" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopicList" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopicPerm" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopicPerm" -s p -l perm -d '4 read, 2 write, 6 both' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopicPerm" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopicPerm" -s c -l clusterName -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopicPerm" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopicPerm" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopicPerm" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateTopicPerm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteTopic" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteTopic" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteTopic" -s c -l clusterName -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteTopic" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteTopic" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteTopic" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteTopic" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateOrderConf" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateOrderConf" -s m -l method -d 'get, put or delete' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateOrderConf" -s v -l orderConf -d 'BROKER:N;BROKER:N, to put' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateOrderConf" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateOrderConf" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateOrderConf" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateOrderConf" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand allocateMQ" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand allocateMQ" -s i -l ipList -d 'Addresses of the consumers, with commas' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand allocateMQ" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand allocateMQ" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand allocateMQ" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand allocateMQ" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -s g -l groupName -d 'The consumer group' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -s c -l clusterName -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -s s -l consumeEnable -d 'Whether it may consume' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -s m -l consumeFromMinEnable -d 'Whether it may start at the first message' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -s d -l consumeBroadcastEnable -d 'Whether it may broadcast' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -s o -l consumeMessageOrderly -d 'Whether it consumes in order' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -s q -l retryQueueNums -d 'Queues of its retry topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -s r -l retryMaxTimes -d 'Retries before a message is a dead letter' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -s p -l groupRetryPolicy -d 'JSON: {"type":"CUSTOMIZED","customizedRetryPolicy":{"next":[1000,5000]}}' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -s i -l brokerId -d 'The broker id to consume from' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -s w -l whichBrokerWhenConsumeSlowly -d 'The broker id to consume from when slow' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -s a -l notifyConsumerIdsChanged -d 'Whether members are told of each other at once' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -l attributes -d 'Attributes: +name=value,-name' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroupList" -s f -l filename -d 'The file' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroupList" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroupList" -s c -l clusterName -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroupList" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroupList" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroupList" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateSubGroupList" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getConsumerConfig" -s g -l groupName -d 'The consumer group' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getConsumerConfig" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getConsumerConfig" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getConsumerConfig" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getConsumerConfig" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteSubGroup" -s g -l groupName -d 'The consumer group' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteSubGroup" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteSubGroup" -s c -l clusterName -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteSubGroup" -s r -l removeOffset -d 'Whether its offsets go too' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteSubGroup" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteSubGroup" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteSubGroup" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteSubGroup" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerConnection" -s g -l consumerGroup -d 'The consumer group' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerConnection" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerConnection" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerConnection" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerConnection" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerConnection" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerStatus" -s g -l consumerGroup -d 'The consumer group' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerStatus" -s i -l clientId -d 'Only this client' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerStatus" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerStatus" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerStatus" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerStatus" -s s -l jstack -d 'With the stacks of its threads'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerStatus" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerStatus" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand producer" -s b -l broker -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand producer" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand producer" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand producer" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand producer" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand producerConnection" -s g -l producerGroup -d 'The producer group' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand producerConnection" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand producerConnection" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand producerConnection" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand producerConnection" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand producerConnection" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgById" -s i -l msgId -d 'The broker\'s id or the sender\'s' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgById" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgById" -s g -l consumerGroup -d 'The consumer group' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgById" -s d -l clientId -d 'Have this member of the group consume it now' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgById" -s s -l sendMessage -d 'Send it again, as a new message' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgById" -s u -l unitName -d 'Taken for the sake of mqadmin, and without effect' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgById" -s f -l bodyFormat -d 'How bodies are written: UTF-8, ISO-8859-1, UTF-16BE or UTF-16LE; else they are base64' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgById" -s c -l cluster -d 'Taken for the sake of mqadmin, and without effect' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgById" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgById" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgById" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgById" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByKey" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByKey" -s k -l msgKey -d 'The key' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByKey" -s b -l beginTimestamp -d 'From this moment on: milliseconds since 1970, or yyyy-MM-dd#HH:mm:ss:SSS' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByKey" -s e -l endTimestamp -d 'Up to this moment' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByKey" -s m -l maxNum -d 'How many at most' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByKey" -s p -l keyType -d 'Of which index: keys, senders\' ids, tags' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByKey" -s l -l lastKey -d 'Taken for the sake of mqadmin, and without effect' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByKey" -s c -l cluster -d 'Taken for the sake of mqadmin, and without effect' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByKey" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByKey" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByKey" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByKey" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByUniqueKey" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByUniqueKey" -s i -l msgId -d 'The sender\'s id' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByUniqueKey" -s g -l consumerGroup -d 'The consumer group' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByUniqueKey" -s d -l clientId -d 'Have this member of the group consume it now' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByUniqueKey" -s s -l startTime -d 'From this moment on: milliseconds since 1970, or yyyy-MM-dd#HH:mm:ss:SSS' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByUniqueKey" -s e -l endTime -d 'Up to this moment' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByUniqueKey" -s c -l cluster -d 'Taken for the sake of mqadmin, and without effect' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByUniqueKey" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByUniqueKey" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByUniqueKey" -s a -l showAll -d 'All with that id, up to 32'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByUniqueKey" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByUniqueKey" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByOffset" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByOffset" -s b -l brokerName -d 'The broker, by name' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByOffset" -s i -l queueId -d 'The queue' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByOffset" -s o -l offset -d 'Its offset' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByOffset" -s f -l bodyFormat -d 'How bodies are written: UTF-8, ISO-8859-1, UTF-16BE or UTF-16LE; else they are base64' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByOffset" -s r -l routeTopic -d 'Taken for the sake of mqadmin, and without effect' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByOffset" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByOffset" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByOffset" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgByOffset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsg" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsg" -s c -l charsetName -d 'How bodies are written: UTF-8, ISO-8859-1, UTF-16BE or UTF-16LE; else they are base64' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsg" -s s -l subExpression -d 'Only with these tags: A || B' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsg" -s b -l beginTimestamp -d 'From this moment on: milliseconds since 1970, or yyyy-MM-dd#HH:mm:ss:SSS' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsg" -s e -l endTimestamp -d 'Up to this moment' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsg" -s d -l printBody -d 'With the bodies' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsg" -s l -l lmqParentTopic -d 'Taken for the sake of mqadmin, and without effect' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsg" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsg" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsg" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsg" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsgByQueue" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsgByQueue" -s a -l brokerName -d 'The broker, by name' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsgByQueue" -s i -l queueId -d 'The queue' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsgByQueue" -s c -l charsetName -d 'How bodies are written: UTF-8, ISO-8859-1, UTF-16BE or UTF-16LE; else they are base64' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsgByQueue" -s s -l subExpression -d 'Only with these tags: A || B' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsgByQueue" -s b -l beginTimestamp -d 'From this moment on: milliseconds since 1970, or yyyy-MM-dd#HH:mm:ss:SSS' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsgByQueue" -s e -l endTimestamp -d 'Up to this moment' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsgByQueue" -s p -l printMsg -d 'Show the messages' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsgByQueue" -s d -l printBody -d 'With the bodies' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsgByQueue" -s f -l calculate -d 'Count by tag instead' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsgByQueue" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsgByQueue" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsgByQueue" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand printMsgByQueue" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumeMessage" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumeMessage" -s b -l brokerName -d 'The broker, by name' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumeMessage" -s i -l queueId -d 'The queue' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumeMessage" -s o -l offset -d 'From this offset on' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumeMessage" -s g -l consumerGroup -d 'The consumer group' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumeMessage" -s s -l beginTimestamp -d 'From this moment on: milliseconds since 1970, or yyyy-MM-dd#HH:mm:ss:SSS' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumeMessage" -s e -l endTimestamp -d 'Up to this moment' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumeMessage" -s c -l MessageNumber -d 'How many at most' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumeMessage" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumeMessage" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumeMessage" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumeMessage" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgTraceById" -s i -l msgId -d 'The sender\'s id' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgTraceById" -s t -l traceTopic -d 'Where traces are' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgTraceById" -s b -l beginTimestamp -d 'From this moment on' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgTraceById" -s e -l endTimestamp -d 'Up to this moment' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgTraceById" -s c -l maxNum -d 'How many traces at most' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgTraceById" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgTraceById" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgTraceById" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryMsgTraceById" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMessage" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMessage" -s p -l body -d 'Its body' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMessage" -s k -l key -d 'Its keys, with blanks between them' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMessage" -s c -l tags -d 'Its tag' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMessage" -s b -l broker -d 'To this broker' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMessage" -s i -l qid -d 'To this queue' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMessage" -s m -l msgTraceEnable -d 'Taken for the sake of mqadmin, and without effect' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMessage" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMessage" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMessage" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMessage" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand checkMsgSendRT" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand checkMsgSendRT" -s a -l amount -d 'Messages' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand checkMsgSendRT" -s s -l size -d 'Bytes of each' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand checkMsgSendRT" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand checkMsgSendRT" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand checkMsgSendRT" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand checkMsgSendRT" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMsgStatus" -s b -l brokerName -d 'The broker, by name' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMsgStatus" -s s -l messageSize -d 'Bytes of each' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMsgStatus" -s c -l count -d 'Messages' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMsgStatus" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMsgStatus" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMsgStatus" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand sendMsgStatus" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerProgress" -s g -l groupName -d 'The consumer group' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerProgress" -s t -l topicName -d 'Only in this topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerProgress" -s s -l showClientIP -d 'With the client that holds each queue' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerProgress" -s c -l cluster -d 'Taken for the sake of mqadmin, and without effect' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerProgress" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerProgress" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerProgress" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand consumerProgress" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand resetOffsetByTime" -s g -l group -d 'The consumer group' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand resetOffsetByTime" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand resetOffsetByTime" -s s -l timestamp -d 'Milliseconds since 1970, yyyy-MM-dd#HH:mm:ss:SSS, or now: the end of each queue' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand resetOffsetByTime" -s f -l force -d 'Whether offsets may move forward too' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand resetOffsetByTime" -s c -l cluster -d 'Taken for the sake of mqadmin, and without effect' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand resetOffsetByTime" -s b -l broker -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand resetOffsetByTime" -s q -l queue -d 'Only this queue' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand resetOffsetByTime" -s o -l offset -d 'To this offset of that queue' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand resetOffsetByTime" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand resetOffsetByTime" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand resetOffsetByTime" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand resetOffsetByTime" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand skipAccumulatedMessage" -s g -l group -d 'The consumer group' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand skipAccumulatedMessage" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand skipAccumulatedMessage" -s f -l force -d 'Whether offsets may move forward too' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand skipAccumulatedMessage" -s c -l cluster -d 'Taken for the sake of mqadmin, and without effect' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand skipAccumulatedMessage" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand skipAccumulatedMessage" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand skipAccumulatedMessage" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand skipAccumulatedMessage" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cloneGroupOffset" -s s -l srcGroup -d 'The group to copy' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cloneGroupOffset" -s d -l destGroup -d 'The group to change' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cloneGroupOffset" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cloneGroupOffset" -s o -l offline -d 'Whether group or topic may be offline' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cloneGroupOffset" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cloneGroupOffset" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cloneGroupOffset" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cloneGroupOffset" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryCq" -s t -l topic -d 'The topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryCq" -s q -l queue -d 'The queue' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryCq" -s i -l index -d 'The first unit' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryCq" -s c -l count -d 'How many' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryCq" -s b -l broker -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryCq" -s g -l consumer -d 'Whose filter to apply' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryCq" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryCq" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryCq" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand queryCq" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand brokerStatus" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand brokerStatus" -s c -l clusterName -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand brokerStatus" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand brokerStatus" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand brokerStatus" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand brokerStatus" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand brokerConsumeStats" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand brokerConsumeStats" -s o -l order -d 'Only ordered topics' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand brokerConsumeStats" -s t -l timeoutMillis -d 'Taken for the sake of mqadmin, and without effect' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand brokerConsumeStats" -s l -l level -d 'Only from this lag on' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand brokerConsumeStats" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand brokerConsumeStats" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand brokerConsumeStats" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand brokerConsumeStats" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getBrokerConfig" -s k -l key -d 'Only this one' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getBrokerConfig" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getBrokerConfig" -s c -l clusterName -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getBrokerConfig" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getBrokerConfig" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getBrokerConfig" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getBrokerConfig" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateBrokerConfig" -s k -l key -d 'Its name' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateBrokerConfig" -s v -l value -d 'Its value' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateBrokerConfig" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateBrokerConfig" -s c -l clusterName -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateBrokerConfig" -s a -l updateAllBroker -d 'Taken for the sake of mqadmin: there are no slaves' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateBrokerConfig" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateBrokerConfig" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateBrokerConfig" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateBrokerConfig" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cleanExpiredCQ" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cleanExpiredCQ" -s c -l cluster -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cleanExpiredCQ" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cleanExpiredCQ" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cleanExpiredCQ" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cleanExpiredCQ" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cleanUnusedTopic" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cleanUnusedTopic" -s c -l cluster -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cleanUnusedTopic" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cleanUnusedTopic" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cleanUnusedTopic" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand cleanUnusedTopic" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteExpiredCommitLog" -s b -l brokerAddr -d 'The broker at this address [default: the masters of all clusters]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteExpiredCommitLog" -s c -l cluster -d 'The masters of this cluster' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteExpiredCommitLog" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteExpiredCommitLog" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteExpiredCommitLog" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteExpiredCommitLog" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getNamesrvConfig" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getNamesrvConfig" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getNamesrvConfig" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand getNamesrvConfig" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateNamesrvConfig" -s k -l key -d 'The key' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateNamesrvConfig" -s v -l value -d 'The value' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateNamesrvConfig" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateNamesrvConfig" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateNamesrvConfig" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateNamesrvConfig" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateKvConfig" -s s -l namespace -d 'Where the key is' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateKvConfig" -s k -l key -d 'The key' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateKvConfig" -s v -l value -d 'The value' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateKvConfig" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateKvConfig" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateKvConfig" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand updateKvConfig" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteKvConfig" -s s -l namespace -d 'Where the key is' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteKvConfig" -s k -l key -d 'The key' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteKvConfig" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteKvConfig" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteKvConfig" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand deleteKvConfig" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand wipeWritePerm" -s b -l brokerName -d 'The broker\'s name' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand wipeWritePerm" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand wipeWritePerm" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand wipeWritePerm" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand wipeWritePerm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand addWritePerm" -s b -l brokerName -d 'The broker\'s name' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand addWritePerm" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand addWritePerm" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand addWritePerm" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand addWritePerm" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand statsAll" -s t -l topic -d 'Only this topic' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand statsAll" -s n -l namesrvAddr -d 'Name servers, as HOST:PORT;HOST:PORT [default: NAMESRV_ADDR, else localhost:9876]' -r
complete -c mqadmin -n "__fish_mqadmin_using_subcommand statsAll" -l format -d 'How the answer is written' -r -f -a "table\t'Columns, for people'
json\t'An array of objects'
yaml\t'A sequence of mappings'"
complete -c mqadmin -n "__fish_mqadmin_using_subcommand statsAll" -s a -l activeTopic -d 'Only those in use'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand statsAll" -l yes -d 'Do not ask before something is deleted or moved'
complete -c mqadmin -n "__fish_mqadmin_using_subcommand statsAll" -s h -l help -d 'Print help (see more with \'--help\')'
