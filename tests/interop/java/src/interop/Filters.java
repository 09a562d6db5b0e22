package interop;

import interop.Driver.Command;
import java.util.ArrayList;
import java.util.List;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Consumers that select messages, by SQL92 or by tag. */
final class Filters {
    private static final long VERSION_WAIT_NANOS = 20_000_000_000L;

    private Filters() {
    }

    private static MessageSelector selector(Command command) {
        String sql = command.text("sql", "");
        return sql.isEmpty() ? MessageSelector.byTag(command.text("tags")) : MessageSelector.bySql(sql);
    }

    /** A push consumer; the answer has the error with which it did not start, if it did not. */
    static Json push(Command command) throws Exception {
        String name = command.text("name");
        DefaultMQPushConsumer consumer = Driver.configured(new DefaultMQPushConsumer(command.text("group")), name);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setConsumeThreadMin(2);
        consumer.setConsumeThreadMax(2);
        consumer.subscribe(command.text("topic"), selector(command));
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : messages) {
                Driver.emit(Receivers.seen(message).put("event", "message").put("consumer", name));
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        try {
            consumer.start();
        } catch (MQClientException refused) {
            consumer.shutdown();
            return new Json().put("refused", refused.getMessage());
        }
        Receivers.PUSH.put(name, consumer);
        return new Json();
    }

    /** All that a pull consumer gets from every queue, from its start to its end as of now. */
    static Json drain(Command command) throws Exception {
        DefaultMQPullConsumer consumer = Pulls.CONSUMERS.get(command.text("name"));
        List<Json> messages = new ArrayList<>();
        for (MessageQueue queue : consumer.fetchSubscribeMessageQueues(command.text("topic"))) {
            long end = consumer.maxOffset(queue);
            for (long at = consumer.minOffset(queue); at < end; ) {
                PullResult result = pull(consumer, queue, selector(command), at);
                if (result.getMsgFoundList() != null) {
                    for (MessageExt message : result.getMsgFoundList()) messages.add(Receivers.seen(message));
                }
                if (result.getNextBeginOffset() <= at) throw new IllegalStateException(queue + ": " + result);
                at = result.getNextBeginOffset();
            }
        }
        return new Json().put("messages", messages);
    }

    /** A client selects by SQL only once a heartbeat has told it the version of the broker; until then it is sent one. */
    private static PullResult pull(DefaultMQPullConsumer consumer, MessageQueue queue, MessageSelector selector, long at) throws Exception {
        long end = System.nanoTime() + VERSION_WAIT_NANOS;
        while (true) {
            try {
                return consumer.pull(queue, selector, at, 32);
            } catch (MQClientException unknown) {
                if (!unknown.getMessage().contains("does not upgrade") || System.nanoTime() > end) throw unknown;
                consumer.getDefaultMQPullConsumerImpl().getRebalanceImpl().getmQClientFactory().sendHeartbeatToAllBrokerWithLock();
            }
        }
    }
}
