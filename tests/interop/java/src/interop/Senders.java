package interop;

import interop.Driver.Command;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;

/** Everything that sends. */
final class Senders {
    static final Map<String, DefaultMQProducer> PRODUCERS = new ConcurrentHashMap<>();
    private static final Map<String, Load> LOADS = new ConcurrentHashMap<>();
    private static final long ASYNC_WAIT_SECONDS = 30;
    private static final long FAILURE_PAUSE_NANOS = 20_000_000;

    private Senders() {
    }

    static Json start(Command command) throws Exception {
        String name = command.text("name");
        DefaultMQProducer producer = Driver.configured(new DefaultMQProducer(command.text("group", "producers")), name);
        int retries = command.number("retries", 2);
        // Longer than the default 3 s: how busy the machine is must not decide a test.
        producer.setSendMsgTimeout(20_000);
        producer.setRetryTimesWhenSendFailed(retries);
        producer.setRetryTimesWhenSendAsyncFailed(retries);
        producer.start();
        PRODUCERS.put(name, producer);
        return new Json();
    }

    /** The label of a body ends at the first '|'; what follows only gives it the asked-for length. */
    private static byte[] body(String label, int size) {
        StringBuilder text = new StringBuilder(label);
        if (size > 0) text.append('|');
        while (text.length() < size) text.append(label).append(' ');
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    static long crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return crc.getValue();
    }

    private static List<Message> messages(Command command) {
        List<Message> all = new ArrayList<>();
        String[] tags = command.text("tags", "").split(",");
        int from = command.number("from", 0);
        for (int i = from; i < from + command.number("count"); i++) {
            String label = command.text("prefix") + "-" + i;
            Message message = new Message(command.text("topic"), tags[i % tags.length], body(label, command.number("size", 0)));
            if (command.truth("keys")) message.setKeys("key-" + label);
            if (command.truth("properties")) {
                message.putUserProperty("number", String.valueOf(i));
                message.putUserProperty("city", "北京");
            }
            all.add(message);
        }
        return all;
    }

    private static String label(byte[] body) {
        String text = new String(body, StandardCharsets.UTF_8);
        int end = text.indexOf('|');
        return end < 0 ? text : text.substring(0, end);
    }

    private static Json sent(Message message) {
        return new Json().put("body", label(message.getBody())).put("length", message.getBody().length)
            .put("crc", crc(message.getBody())).put("tag", message.getTags() == null ? "" : message.getTags());
    }

    private static Json ack(Message message, SendResult result, int index) {
        return sent(message).put("queue", result.getMessageQueue().getQueueId()).put("offset", result.getQueueOffset() + index)
            .put("broker", result.getMessageQueue().getBrokerName())
            .put("id", result.getMsgId().split(",")[index]).put("offsetId", result.getOffsetMsgId().split(",")[index])
            .put("status", result.getSendStatus().name());
    }

    static Json send(Command command) throws Exception {
        DefaultMQProducer producer = PRODUCERS.get(command.text("name"));
        List<Message> messages = messages(command);
        List<Json> acks = new ArrayList<>();
        String kind = command.text("kind");
        if (kind.equals("async")) {
            async(producer, messages, acks);
        } else if (kind.equals("batch")) {
            int size = command.number("batch");
            for (int at = 0; at < messages.size(); at += size) {
                List<Message> part = new ArrayList<>(messages.subList(at, Math.min(at + size, messages.size())));
                SendResult result = producer.send(part);
                for (int i = 0; i < part.size(); i++) acks.add(ack(part.get(i), result, i));
            }
        } else {
            for (int i = 0; i < messages.size(); i++) {
                Message message = messages.get(i);
                if (kind.equals("sync")) {
                    acks.add(ack(message, producer.send(message), 0));
                } else if (kind.equals("oneway")) {
                    producer.sendOneway(message);
                    acks.add(sent(message).put("status", "ONEWAY"));
                } else if (kind.equals("ordered")) {
                    int key = i % command.number("orders");
                    acks.add(ack(message, producer.send(message, (queues, m, order) -> queues.get((Integer) order % queues.size()), key), 0));
                } else if (kind.equals("queue")) {
                    MessageQueue queue = new MessageQueue(message.getTopic(), command.text("broker"), command.number("queue"));
                    acks.add(ack(message, producer.send(message, queue), 0));
                } else {
                    throw new IllegalArgumentException("no kind " + kind);
                }
            }
        }
        return new Json().put("acks", acks);
    }

    private static void async(DefaultMQProducer producer, List<Message> messages, List<Json> acks) throws Exception {
        CountDownLatch left = new CountDownLatch(messages.size());
        List<Throwable> errors = new ArrayList<>();
        for (Message message : messages) {
            producer.send(message, new SendCallback() {
                @Override
                public void onSuccess(SendResult result) {
                    synchronized (acks) {
                        acks.add(ack(message, result, 0));
                    }
                    left.countDown();
                }

                @Override
                public void onException(Throwable error) {
                    synchronized (acks) {
                        errors.add(error);
                    }
                    left.countDown();
                }
            });
        }
        if (!left.await(ASYNC_WAIT_SECONDS, TimeUnit.SECONDS)) throw new IllegalStateException(left.getCount() + " async sends unanswered");
        if (!errors.isEmpty()) throw new IllegalStateException(errors.size() + " async sends failed", errors.get(0));
    }

    /** Senders that go on until told to stop; each acknowledgement and each failure is an event. */
    private static final class Load {
        final AtomicBoolean stop = new AtomicBoolean();
        final List<Thread> threads = new ArrayList<>();
    }

    static Json load(Command command) {
        Load load = new Load();
        DefaultMQProducer producer = PRODUCERS.get(command.text("name"));
        for (int i = 0; i < command.number("threads") + command.number("asyncThreads", 0); i++) {
            boolean async = i >= command.number("threads");
            String label = command.text("prefix") + "-" + (async ? "a" : "s") + i;
            Thread thread = new Thread(() -> keepSending(command, load, producer, label, async), label);
            load.threads.add(thread);
            thread.start();
        }
        LOADS.put(command.text("name"), load);
        return new Json();
    }

    private static void keepSending(Command command, Load load, DefaultMQProducer producer, String label, boolean async) {
        int queues = command.number("queues");
        int slots = command.number("window", 32);
        long pace = TimeUnit.MILLISECONDS.toNanos(command.number("paceMs", 0));
        Semaphore window = new Semaphore(slots);
        for (int n = 0; !load.stop.get(); n++) {
            Message message = new Message(command.text("topic"), "T" + n % 3, body(label + "-" + n, command.number("size", 0)));
            if (command.number("level", 0) > 0) message.setDelayTimeLevel(command.number("level"));
            MessageQueue queue = new MessageQueue(message.getTopic(), command.text("broker"), n % queues);
            if (pace > 0) LockSupport.parkNanos(pace);
            try {
                if (!async) {
                    loadAck(label, n, message, producer.send(message, queue));
                    continue;
                }
                window.acquire();
                int number = n;
                producer.send(message, queue, new SendCallback() {
                    @Override
                    public void onSuccess(SendResult result) {
                        loadAck(label, number, message, result);
                        window.release();
                    }

                    @Override
                    public void onException(Throwable error) {
                        loadFailure(label, number, error);
                        window.release();
                    }
                });
            } catch (Exception error) {
                loadFailure(label, n, error);
                if (async) window.release();
            }
        }
        // Whatever is still in flight ends (acknowledged or failed) before the load counts as ended.
        if (async) window.acquireUninterruptibly(slots);
    }

    /** Reports a failed send, and keeps a sender whose broker is gone from spinning. */
    private static void loadFailure(String label, int number, Throwable error) {
        Driver.emit(new Json().put("event", "failed").put("sender", label).put("number", number).put("error", String.valueOf(error)));
        LockSupport.parkNanos(FAILURE_PAUSE_NANOS);
    }

    private static void loadAck(String label, int number, Message message, SendResult result) {
        Driver.emit(ack(message, result, 0).put("event", "ack").put("sender", label).put("number", number));
    }

    static Json loadEnd(Command command) throws Exception {
        Load load = LOADS.remove(command.text("name"));
        load.stop.set(true);
        for (Thread thread : load.threads) {
            thread.join(TimeUnit.SECONDS.toMillis(ASYNC_WAIT_SECONDS));
            if (thread.isAlive()) throw new IllegalStateException(thread.getName() + " still sends");
        }
        return new Json();
    }
}
