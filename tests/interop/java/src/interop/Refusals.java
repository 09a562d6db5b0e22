package interop;

import interop.Driver.Command;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.MessageQueueSelector;
import org.apache.rocketmq.client.producer.selector.SelectMessageQueueByHash;
import org.apache.rocketmq.client.producer.selector.SelectMessageQueueByRandom;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/** What a broker does not take, and where selectors send. */
final class Refusals {
    private Refusals() {
    }

    private interface Send {
        Object run() throws Exception;
    }

    /** Sends that differ from what is allowed by one, with what came of each: a status, or the broker's code. */
    static Json all(Command command) {
        DefaultMQProducer producer = Senders.PRODUCERS.get(command.text("name"));
        String topic = command.text("topic");
        int most = command.number("most");
        Json outcomes = new Json();
        outcomes.put("largest body", outcome(() -> producer.send(noise(topic, most))));
        outcomes.put("body too large", outcome(() -> producer.send(noise(topic, most + 1))));
        outcomes.put("large properties", outcome(() -> producer.send(withProperty(topic, 32_000))));
        outcomes.put("properties too large", outcome(() -> producer.send(withProperty(topic, 32_768))));
        List<Message> batch = Arrays.asList(noise(topic, most / 2), noise(topic, most / 2 + 1));
        outcomes.put("batch too large", outcome(() -> producer.send(batch)));
        for (String to : command.text("topics").split(",")) {
            outcomes.put(to, outcome(() -> producer.send(new Message(to, new byte[1]))));
        }
        MessageQueue beyond = new MessageQueue(topic, command.text("broker"), 1000);
        outcomes.put("no such queue", outcome(() -> producer.send(new Message(topic, new byte[1]), beyond)));
        return new Json().put("outcomes", outcomes);
    }

    private static String outcome(Send send) {
        try {
            send.run();
            return "sent";
        } catch (MQBrokerException error) {
            return String.valueOf(error.getResponseCode());
        } catch (MQClientException error) {
            // From the client itself, or what the last of its tries met.
            Throwable cause = error.getCause();
            return cause instanceof MQBrokerException ? String.valueOf(((MQBrokerException) cause).getResponseCode()) : "client";
        } catch (Exception error) {
            return String.valueOf(error);
        }
    }

    /** A body that does not become smaller by compression. */
    private static Message noise(String topic, int size) {
        byte[] body = new byte[size];
        new java.util.Random(7).nextBytes(body);
        return new Message(topic, body);
    }

    private static Message withProperty(String topic, int size) {
        char[] value = new char[size];
        Arrays.fill(value, 'v');
        Message message = new Message(topic, new byte[1]);
        message.putUserProperty("long", new String(value));
        return message;
    }

    /** The queues that "count" messages of one key went to, by a selector of the client library. */
    static Json select(Command command) throws Exception {
        DefaultMQProducer producer = Senders.PRODUCERS.get(command.text("name"));
        MessageQueueSelector selector =
            command.text("selector").equals("hash") ? new SelectMessageQueueByHash() : new SelectMessageQueueByRandom();
        Set<Integer> queues = new TreeSet<>();
        for (int i = 0; i < command.number("count"); i++) {
            queues.add(producer.send(new Message(command.text("topic"), new byte[1]), selector, command.text("key")).getMessageQueue().getQueueId());
        }
        return new Json().put("queues", new ArrayList<>(queues));
    }

    /** The reset that tools did before brokers did it: they look the offset up and store it as the group would. */
    static Json resetOld(Command command) throws Exception {
        DefaultMQAdminExt admin = Driver.configured(new DefaultMQAdminExt(), "admin-" + command.text("group"));
        admin.start();
        try {
            int queues = admin.resetOffsetByTimestampOld(command.text("group"), command.text("topic"), Long.parseLong(command.text("time")), true).size();
            return new Json().put("queues", queues);
        } finally {
            admin.shutdown();
        }
    }
}
