package interop;

import interop.Driver.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** The old pull consumer: the application chooses queue and offset itself. */
@SuppressWarnings("deprecation")
final class Pulls {
    static final Map<String, DefaultMQPullConsumer> CONSUMERS = new ConcurrentHashMap<>();
    private static final int BATCH = 32;

    private Pulls() {
    }

    static Json start(Command command) throws Exception {
        String name = command.text("name");
        DefaultMQPullConsumer consumer = Driver.configured(new DefaultMQPullConsumer(command.text("group")), name);
        consumer.start();
        CONSUMERS.put(name, consumer);
        return new Json();
    }

    /** Every message of every queue of a topic from its min to its max offset, queue by queue in the order they came. */
    static Json drain(Command command) throws Exception {
        DefaultMQPullConsumer consumer = CONSUMERS.get(command.text("name"));
        List<Json> messages = new ArrayList<>();
        Map<String, Long> ends = new TreeMap<>();
        for (MessageQueue queue : new TreeSet<>(consumer.fetchSubscribeMessageQueues(command.text("topic")))) {
            long end = consumer.maxOffset(queue);
            ends.put(String.valueOf(queue.getQueueId()), end);
            long next = consumer.minOffset(queue);
            while (next < end) {
                PullResult result = consumer.pull(queue, command.text("tags", "*"), next, BATCH);
                PullStatus status = result.getPullStatus();
                if (status != PullStatus.FOUND && status != PullStatus.NO_MATCHED_MSG) {
                    throw new IllegalStateException(queue + " at " + next + " of " + end + ": " + result);
                }
                if (result.getNextBeginOffset() <= next) throw new IllegalStateException(queue + " stays at " + next + ": " + result);
                if (status == PullStatus.FOUND) for (MessageExt message : result.getMsgFoundList()) messages.add(Receivers.seen(message));
                next = result.getNextBeginOffset();
            }
        }
        return new Json().put("messages", messages).put("ends", ends);
    }

    /** A long poll at the end of a queue, in the background; what it returns in the end is an event. */
    static Json hold(Command command) throws Exception {
        DefaultMQPullConsumer consumer = CONSUMERS.get(command.text("name"));
        MessageQueue queue = new MessageQueue(command.text("topic"), command.text("broker"), command.number("queue"));
        long offset = consumer.maxOffset(queue);
        new Thread(() -> {
            Json event = new Json().put("event", "held").put("consumer", command.text("name"));
            try {
                PullResult result = consumer.pullBlockIfNotFound(queue, command.text("tags", "*"), offset, BATCH);
                List<Json> messages = new ArrayList<>();
                if (result.getMsgFoundList() != null) for (MessageExt message : result.getMsgFoundList()) messages.add(Receivers.seen(message));
                event.put("status", result.getPullStatus().name()).put("messages", messages);
            } catch (Exception error) {
                event.put("status", String.valueOf(error)).put("messages", new ArrayList<>());
            }
            Driver.emit(event);
        }, "hold").start();
        return new Json().put("offset", offset);
    }

    /** Commits an offset and reads back what the broker then says. */
    static Json commit(Command command) throws Exception {
        DefaultMQPullConsumer consumer = CONSUMERS.get(command.text("name"));
        MessageQueue queue = new MessageQueue(command.text("topic"), command.text("broker"), command.number("queue"));
        long before = consumer.fetchConsumeOffset(queue, true);
        consumer.updateConsumeOffset(queue, command.number("offset"));
        consumer.getOffsetStore().persist(queue);
        return new Json().put("before", before);
    }

    /** The message an offset message id names, by VIEW_MESSAGE_BY_ID. */
    static Json view(Command command) throws Exception {
        MessageExt message = CONSUMERS.get(command.text("name")).viewMessage(command.text("topic"), command.text("id"));
        return new Json().put("message", Receivers.seen(message));
    }
}
