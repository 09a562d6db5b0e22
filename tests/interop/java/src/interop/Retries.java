package interop;

import interop.Driver.Command;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Delayed messages, and consumers that fail. */
final class Retries {
    private Retries() {
    }

    /** Sends one message per level listed, to the queues of a topic in turn. */
    static Json delayed(Command command) throws Exception {
        List<Json> acks = new ArrayList<>();
        String[] levels = command.text("levels").split(",");
        for (int i = 0; i < levels.length; i++) {
            String label = command.text("prefix") + "-" + i;
            Message message = new Message(command.text("topic"), "Tag" + i % 2, "key-" + label, label.getBytes(StandardCharsets.UTF_8));
            message.setDelayTimeLevel(Integer.parseInt(levels[i]));
            message.putUserProperty("number", String.valueOf(i));
            MessageQueue queue = new MessageQueue(message.getTopic(), command.text("broker"), i % command.number("queues"));
            SendResult result = Senders.PRODUCERS.get(command.text("name")).send(message, queue);
            acks.add(new Json().put("body", label).put("status", result.getSendStatus().name()).put("queue", result.getMessageQueue().getQueueId())
                .put("level", Integer.parseInt(levels[i])));
        }
        return new Json().put("acks", acks);
    }

    /**
     * A push consumer that fails each message as long as it has come back less than `failures` times. How it fails: `later`
     * (RECONSUME_LATER), `api` (sendMessageBack, and success), `orderly` (SUSPEND_CURRENT_QUEUE_A_MOMENT).
     */
    static Json start(Command command) throws Exception {
        String name = command.text("name");
        int failures = command.number("failures");
        int level = command.number("level", 0);
        DefaultMQPushConsumer consumer = Driver.configured(new DefaultMQPushConsumer(command.text("group")), name);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setConsumeThreadMin(4);
        consumer.setConsumeThreadMax(4);
        consumer.setMaxReconsumeTimes(command.number("max", -1));
        consumer.setSuspendCurrentQueueTimeMillis(100);
        consumer.subscribe(command.text("topic"), "*");
        String how = command.text("how");
        if (how.equals("orderly")) {
            consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
                boolean fails = report(name, messages, failures);
                return fails ? ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT : ConsumeOrderlyStatus.SUCCESS;
            });
        } else {
            consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
                context.setDelayLevelWhenNextConsume(level);
                boolean fails = report(name, messages, failures);
                if (!fails) return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
                if (how.equals("later")) return ConsumeConcurrentlyStatus.RECONSUME_LATER;
                sendBack(consumer, messages, level);
                return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
            });
        }
        consumer.start();
        Receivers.PUSH.put(name, consumer);
        return new Json();
    }

    @SuppressWarnings("deprecation")
    private static void sendBack(DefaultMQPushConsumer consumer, List<MessageExt> messages, int level) {
        try {
            for (MessageExt message : messages) consumer.sendMessageBack(message, level);
        } catch (Exception error) {
            throw new IllegalStateException(error);
        }
    }

    /** Whether one of these is to fail. A batch holds one message, unless somebody asks for more. */
    private static boolean report(String consumer, List<MessageExt> messages, int failures) {
        boolean fails = false;
        for (MessageExt message : messages) {
            Driver.emit(Receivers.seen(message).put("event", "message").put("consumer", consumer));
            fails |= message.getReconsumeTimes() < failures;
        }
        return fails;
    }
}
