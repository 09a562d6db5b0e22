package interop;

import interop.Driver.Command;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.client.producer.TransactionSendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Transactional producers. What a transaction comes to is planned: a letter for the local transaction and one for each check, the
 * last one for all further checks; C commits, R rolls back, U does not know. Plans are this process's, so that any producer of a
 * group can answer for any other. A transaction that was not begun here, because its half message was not acknowledged, is rolled back.
 */
final class Transactions {
    static final Map<String, TransactionMQProducer> PRODUCERS = new ConcurrentHashMap<>();
    private static final Map<String, String> PLANS = new ConcurrentHashMap<>();
    private static final Map<String, AtomicInteger> STEPS = new ConcurrentHashMap<>();
    private static final List<Json> CHECKS = new ArrayList<>();
    private static final List<Thread> LOAD = new ArrayList<>();
    private static final AtomicBoolean LOADING = new AtomicBoolean();
    private static final String[] LOAD_PLANS = {"C", "C", "R", "UC", "C", "UR", "C", "UUC"};
    private static final long FAILURE_PAUSE_NANOS = 20_000_000;

    private Transactions() {
    }

    private static LocalTransactionState state(char letter) {
        switch (letter) {
            case 'C': return LocalTransactionState.COMMIT_MESSAGE;
            case 'R': return LocalTransactionState.ROLLBACK_MESSAGE;
            default: return LocalTransactionState.UNKNOW;
        }
    }

    private static String label(Message message) {
        String text = new String(message.getBody(), StandardCharsets.UTF_8);
        int end = text.indexOf('|');
        return end < 0 ? text : text.substring(0, end);
    }

    /** Takes the next step of a transaction. */
    private static LocalTransactionState step(String label) {
        String plan = PLANS.get(label);
        int at = STEPS.get(label).getAndIncrement();
        return state(plan.charAt(Math.min(at, plan.length() - 1)));
    }

    /** Each local transaction is an "ack" event; its "status" is what its plan comes to in the end. */
    private static final class Listener implements TransactionListener {
        private final String producer;

        Listener(String producer) {
            this.producer = producer;
        }

        @Override
        public LocalTransactionState executeLocalTransaction(Message message, Object plan) {
            String label = label(message);
            PLANS.put(label, (String) plan);
            STEPS.put(label, new AtomicInteger());
            char end = ((String) plan).charAt(((String) plan).length() - 1);
            Driver.emit(sent(message).put("event", "ack").put("status", state(end).name()));
            return step(label);
        }

        @Override
        public LocalTransactionState checkLocalTransaction(MessageExt message) {
            String label = label(message);
            LocalTransactionState state = STEPS.containsKey(label) ? step(label) : LocalTransactionState.ROLLBACK_MESSAGE;
            synchronized (CHECKS) {
                CHECKS.add(Receivers.seen(message).put("consumer", producer).put("tag", state.name()).put("stored", System.currentTimeMillis()));
            }
            return state;
        }
    }

    static Json start(Command command) throws Exception {
        String name = command.text("name");
        TransactionMQProducer producer = Driver.configured(new TransactionMQProducer(command.text("group")), name);
        producer.setSendMsgTimeout(command.number("timeout", 20_000));
        // A half message that is sent again is another transaction; its first copy would be asked about and counted twice.
        producer.setRetryTimesWhenSendFailed(0);
        producer.setTransactionListener(new Listener(name));
        producer.start();
        PRODUCERS.put(name, producer);
        return new Json();
    }

    private static Json sent(Message message) {
        return new Json().put("body", label(message)).put("length", message.getBody().length)
            .put("crc", Senders.crc(message.getBody())).put("tag", message.getTags() == null ? "" : message.getTags());
    }

    private static Message message(Command command, String label) {
        Message message = new Message(command.text("topic"), "T", (label + "|text").getBytes(StandardCharsets.UTF_8));
        message.setKeys("key-" + label);
        message.setFlag(7);
        return message;
    }

    /** Each message's "status" is the answer of its local transaction, or the code that the broker refused it with. */
    static Json send(Command command) throws Exception {
        TransactionMQProducer producer = PRODUCERS.get(command.text("name"));
        List<Json> acks = new ArrayList<>();
        for (int i = 0; i < command.number("count"); i++) {
            Message message = message(command, command.text("prefix") + "-" + i);
            if (!command.text("immunity", "").isEmpty()) message.putUserProperty("CHECK_IMMUNITY_TIME_IN_SECONDS", command.text("immunity"));
            TransactionSendResult result;
            try {
                result = producer.sendMessageInTransaction(message, command.text("plan"));
            } catch (MQClientException error) {
                Throwable cause = error;
                while (cause != null && !(cause instanceof MQBrokerException)) cause = cause.getCause();
                if (cause == null) throw error;
                acks.add(sent(message).put("status", "REFUSED " + ((MQBrokerException) cause).getResponseCode()));
                continue;
            }
            acks.add(sent(message).put("queue", result.getMessageQueue().getQueueId()).put("offset", result.getQueueOffset())
                .put("id", result.getTransactionId()).put("offsetId", result.getOffsetMsgId()).put("status", result.getLocalTransactionState().name()));
        }
        return new Json().put("acks", acks);
    }

    /** From now on transactions whose label starts so are answered as this plan says. */
    static Json replan(Command command) {
        for (String label : PLANS.keySet()) {
            if (label.startsWith(command.text("prefix"))) {
                STEPS.put(label, new AtomicInteger());
                PLANS.put(label, command.text("plan"));
            }
        }
        return new Json();
    }

    /** The half messages that producers were asked about; "tag" is the answer, "consumer" who was asked, "stored" when. */
    static Json checks() {
        synchronized (CHECKS) {
            return new Json().put("messages", new ArrayList<>(CHECKS));
        }
    }

    /** Transactions without end, from several threads; see {@link Listener}. */
    static Json load(Command command) {
        TransactionMQProducer producer = PRODUCERS.get(command.text("name"));
        LOADING.set(true);
        for (int t = 0; t < command.number("threads"); t++) {
            String prefix = command.text("prefix") + "-" + t + "-";
            Thread thread = new Thread(() -> {
                for (int i = 0; LOADING.get(); i++) {
                    try {
                        producer.sendMessageInTransaction(message(command, prefix + i), LOAD_PLANS[i % LOAD_PLANS.length]);
                    } catch (Exception error) {
                        // The broker is gone; whether the half message was stored is for the check to find out.
                        LockSupport.parkNanos(FAILURE_PAUSE_NANOS);
                    }
                }
            }, "transactions-" + t);
            LOAD.add(thread);
            thread.start();
        }
        return new Json();
    }

    static Json loadEnd() throws Exception {
        LOADING.set(false);
        for (Thread thread : LOAD) thread.join();
        LOAD.clear();
        return new Json();
    }
}
