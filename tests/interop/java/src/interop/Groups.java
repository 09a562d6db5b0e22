package interop;

import interop.Driver.Command;
import java.nio.charset.StandardCharsets;
import java.text.SimpleDateFormat;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.AllocateMessageQueueStrategy;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyContext;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMachineRoomNearby;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragely;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragelyByCircle;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueByConfig;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueByMachineRoom;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueConsistentHash;
import org.apache.rocketmq.client.impl.consumer.ProcessQueue;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Consumers whose group is what the test is about: models, orders, strategies, starting points, limits. */
final class Groups {
    /** What holds a consumer's listener back until it is opened. */
    private static final Map<String, CountDownLatch> GATES = new ConcurrentHashMap<>();

    private Groups() {
    }

    static Json run(Command command) throws Exception {
        switch (command.text("do")) {
            case "push": return push(command);
            case "open": return open(command);
            case "cached": return cached(command);
            case "queues": return queues(command);
            case "time": return time(command);
            case "bodies": return bodies(command);
            case "producer": return Requests.producer(command);
            case "request": return Requests.request(command);
            case "replier": return Requests.replier(command);
            case "replies": return Requests.replies(command);
            case "refusals": return Refusals.all(command);
            case "select": return Refusals.select(command);
            case "reset": return Refusals.resetOld(command);
            default: throw new IllegalArgumentException("no command groups " + command.text("do"));
        }
    }

    private static Json push(Command command) throws Exception {
        String name = command.text("name");
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(command.text("group"), command.truth("trace"), null);
        Driver.configured(consumer, command.text("instance", name));
        consumer.setConsumeThreadMin(4);
        consumer.setConsumeThreadMax(4);
        consumer.setConsumeFromWhere(ConsumeFromWhere.valueOf("CONSUME_FROM_" + command.text("from", "FIRST_OFFSET")));
        consumer.setConsumeTimestamp(command.text("time", consumer.getConsumeTimestamp()));
        consumer.setMessageModel(named(consumer.getMessageModel(), command.text("model", "CLUSTERING")));
        consumer.setAllocateMessageQueueStrategy(strategy(command));
        consumer.setPullThresholdForQueue(command.number("most", consumer.getPullThresholdForQueue()));
        consumer.setPullThresholdSizeForQueue(command.number("mostMiB", consumer.getPullThresholdSizeForQueue()));
        if (command.truth("serverRebalance")) {
            // 5.x alone has it.
            DefaultMQPushConsumer.class.getMethod("setClientRebalance", boolean.class).invoke(consumer, false);
        }
        if (command.truth("gate")) GATES.put(name, new CountDownLatch(1));
        consumer.subscribe(command.text("topic"), command.text("tags", "*"));
        if (command.truth("orderly")) {
            consumer.registerMessageListener(inOrder(command, name));
        } else {
            consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
                pass(name);
                Receivers.report(name, messages);
                return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
            });
        }
        Receivers.PUSH.put(name, consumer);
        consumer.start();
        return new Json().put("client", consumer.buildMQClientId());
    }

    /** Suspends at the message "fails" as often as "times" says; all it sees it reports, that one each time. */
    private static MessageListenerOrderly inOrder(Command command, String name) {
        AtomicInteger left = new AtomicInteger(command.number("times", 0));
        String fails = command.text("fails", "");
        return (List<MessageExt> messages, ConsumeOrderlyContext context) -> {
            pass(name);
            Receivers.report(name, messages);
            String body = new String(messages.get(0).getBody(), StandardCharsets.UTF_8);
            if (body.startsWith(fails) && left.getAndDecrement() > 0) {
                context.setSuspendCurrentQueueTimeMillis(10);
                return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
            }
            return ConsumeOrderlyStatus.SUCCESS;
        };
    }

    private static void pass(String name) {
        try {
            if (GATES.containsKey(name)) GATES.get(name).await();
        } catch (InterruptedException ended) {
            Thread.currentThread().interrupt();
        }
    }

    /** The constant of that name; 4.9 and 5.x have the same enumerations in different packages. */
    static <E extends Enum<E>> E named(E like, String name) {
        return Enum.valueOf(like.getDeclaringClass(), name);
    }

    private static AllocateMessageQueueStrategy strategy(Command command) {
        AllocateMessageQueueAveragely average = new AllocateMessageQueueAveragely();
        switch (command.text("strategy", "AVG")) {
            case "AVG": return average;
            case "AVG_BY_CIRCLE": return new AllocateMessageQueueAveragelyByCircle();
            case "CONSISTENT_HASH": return new AllocateMessageQueueConsistentHash();
            case "CONFIG":
                AllocateMessageQueueByConfig config = new AllocateMessageQueueByConfig();
                config.setMessageQueueList(listed(command.text("topic"), command.text("queues")));
                return config;
            case "MACHINE_ROOM":
                AllocateMessageQueueByMachineRoom room = new AllocateMessageQueueByMachineRoom();
                room.setConsumeridcs(Collections.singleton(command.text("room")));
                return room;
            case "MACHINE_ROOM_NEARBY":
                return new AllocateMachineRoomNearby(average, new AllocateMachineRoomNearby.MachineRoomResolver() {
                    @Override
                    public String brokerDeployIn(MessageQueue queue) {
                        return queue.getBrokerName().split("@")[0];
                    }

                    @Override
                    public String consumerDeployIn(String clientId) {
                        return clientId.split("@")[1].split("-")[0];
                    }
                });
            default: throw new IllegalArgumentException("no strategy " + command.text("strategy"));
        }
    }

    /** Queues given as broker:id,broker:id. */
    private static List<MessageQueue> listed(String topic, String queues) {
        List<MessageQueue> all = new ArrayList<>();
        for (String queue : queues.split(",")) {
            String[] parts = queue.split(":");
            all.add(new MessageQueue(topic, parts[0], Integer.parseInt(parts[1])));
        }
        return all;
    }

    private static Json open(Command command) {
        GATES.get(command.text("name")).countDown();
        return new Json();
    }

    private static Map<MessageQueue, ProcessQueue> table(Command command) {
        return Receivers.PUSH.get(command.text("name")).getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable();
    }

    /** A second since 1970 as consumers take the time to start at: as text, in the zone of this process. */
    private static Json time(Command command) {
        Date date = new Date(Long.parseLong(command.text("second")) * 1000);
        return new Json().put("time", new SimpleDateFormat("yyyyMMddHHmmss").format(date));
    }

    /** The records of all trace messages in a topic. */
    @SuppressWarnings("deprecation")
    private static Json bodies(Command command) throws Exception {
        DefaultMQPullConsumer consumer = Pulls.CONSUMERS.get("pull");
        List<String> records = new ArrayList<>();
        for (MessageQueue queue : consumer.fetchSubscribeMessageQueues(command.text("topic"))) {
            long end = consumer.maxOffset(queue);
            for (long next = consumer.minOffset(queue); next < end; ) {
                PullResult result = consumer.pull(queue, "*", next, 32);
                for (MessageExt message : result.getMsgFoundList()) {
                    for (String record : new String(message.getBody(), StandardCharsets.UTF_8).split("\u0002")) records.add(record);
                }
                next = result.getNextBeginOffset();
            }
        }
        return new Json().put("records", records);
    }

    /** How much a consumer has fetched of a topic and not consumed yet: messages and bytes of its fullest queue. */
    private static Json cached(Command command) {
        long count = 0;
        long bytes = 0;
        for (Map.Entry<MessageQueue, ProcessQueue> entry : table(command).entrySet()) {
            if (!entry.getKey().getTopic().equals(command.text("topic"))) continue;
            count = Math.max(count, entry.getValue().getMsgCount().get());
            bytes = Math.max(bytes, entry.getValue().getMsgSize().get());
        }
        return new Json().put("count", count).put("bytes", bytes);
    }

    /** The queues of a topic that a consumer holds, as broker:id, sorted. */
    private static Json queues(Command command) {
        List<MessageQueue> held = new ArrayList<>();
        for (MessageQueue queue : table(command).keySet()) if (queue.getTopic().equals(command.text("topic"))) held.add(queue);
        Collections.sort(held);
        List<String> texts = new ArrayList<>();
        for (MessageQueue queue : held) texts.add(queue.getBrokerName() + ":" + queue.getQueueId());
        return new Json().put("queues", texts);
    }
}
