package interop;

import interop.Driver.Command;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageClientExt;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Push consumers, whose messages are events, and lite pull consumers. */
final class Receivers {
    static final Map<String, DefaultMQPushConsumer> PUSH = new ConcurrentHashMap<>();
    static final Map<String, DefaultLitePullConsumer> LITE = new ConcurrentHashMap<>();
    private static final int BODY_SHOWN = 200;

    private Receivers() {
    }

    /** What a test may ask of a message: who it is (body), where it lies and what came with it. */
    static Json seen(MessageExt message) {
        String body = new String(message.getBody(), StandardCharsets.UTF_8);
        int end = body.indexOf('|');
        if (end < 0) end = Math.min(body.length(), BODY_SHOWN);
        Json json = new Json().put("body", body.substring(0, end)).put("length", message.getBody().length)
            .put("crc", Senders.crc(message.getBody())).put("topic", message.getTopic()).put("queue", message.getQueueId())
            .put("offset", message.getQueueOffset()).put("tag", message.getTags() == null ? "" : message.getTags())
            .put("id", message.getMsgId()).put("physical", message.getCommitLogOffset()).put("size", message.getStoreSize())
            .put("flag", message.getFlag()).put("sysFlag", message.getSysFlag()).put("born", message.getBornTimestamp())
            .put("stored", message.getStoreTimestamp()).put("bodyCrc", message.getBodyCRC()).put("reconsumed", message.getReconsumeTimes())
            .put("prepared", message.getPreparedTransactionOffset()).put("properties", new TreeMap<>(message.getProperties()));
        String offsetId = message instanceof MessageClientExt ? ((MessageClientExt) message).getOffsetMsgId() : message.getMsgId();
        return json.put("offsetId", offsetId);
    }

    static Json push(Command command) throws Exception {
        String name = command.text("name");
        DefaultMQPushConsumer consumer = Driver.configured(new DefaultMQPushConsumer(command.text("group")), name);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setConsumeThreadMin(4);
        consumer.setConsumeThreadMax(4);
        consumer.subscribe(command.text("topic"), command.text("tags", "*"));
        if (command.truth("orderly")) {
            consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
                report(name, messages);
                return ConsumeOrderlyStatus.SUCCESS;
            });
        } else {
            consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
                report(name, messages);
                return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
            });
        }
        consumer.start();
        PUSH.put(name, consumer);
        return new Json();
    }

    static void report(String consumer, List<MessageExt> messages) {
        for (MessageExt message : messages) Driver.emit(seen(message).put("event", "message").put("consumer", consumer));
    }

    /** The queues of a topic this member of its group holds at the moment. */
    static Json held(Command command) {
        List<Integer> queues = new ArrayList<>();
        Collection<MessageQueue> all =
            PUSH.get(command.text("name")).getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable().keySet();
        for (MessageQueue queue : all) if (queue.getTopic().equals(command.text("topic"))) queues.add(queue.getQueueId());
        return new Json().put("queues", queues);
    }

    static Json lite(Command command) throws Exception {
        String name = command.text("name");
        DefaultLitePullConsumer consumer = Driver.configured(new DefaultLitePullConsumer(command.text("group")), name);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        boolean assign = command.truth("assign");
        if (!assign) consumer.subscribe(command.text("topic"), command.text("tags", "*"));
        consumer.setAutoCommit(false);
        consumer.start();
        LITE.put(name, consumer);
        if (assign) {
            // No seek: in 4.9.8 one that meets the first pull of a queue can leave the queue without any further pull.
            consumer.assign(consumer.fetchMessageQueues(command.text("topic")));
        }
        return new Json();
    }

    /** Polls until so many messages have come, or nothing more comes within the time given; commits what it got. */
    @SuppressWarnings("deprecation")
    static Json poll(Command command) {
        DefaultLitePullConsumer consumer = LITE.get(command.text("name"));
        int wanted = command.number("count");
        long end = System.nanoTime() + command.number("withinMs") * 1_000_000L;
        List<Json> messages = new ArrayList<>();
        while (messages.size() < wanted && System.nanoTime() < end) {
            for (MessageExt message : consumer.poll(500)) messages.add(seen(message));
        }
        consumer.commitSync();
        return new Json().put("messages", messages);
    }
}
