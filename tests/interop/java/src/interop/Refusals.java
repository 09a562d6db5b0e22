package interop;

import interop.Driver.Command;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
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

    /** Sends that differ from what is allowed by one, with what came of each: a status, or the error of broker or client. */
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
        for (String name : Arrays.asList("two words", repeated('t', 128), "", "%RETRY%nobody")) {
            outcomes.put("topic " + shown(name), outcome(() -> producer.send(new Message(name, new byte[1]))));
        }
        outcomes.put("no body", outcome(() -> producer.send(new Message(topic, new byte[0]))));
        Message delayed = new Message(topic, new byte[1]);
        delayed.setDelayTimeLevel(2);
        outcomes.put("batch with a delay", outcome(() -> producer.send(Arrays.asList(delayed, new Message(topic, new byte[1])))));
        Message other = new Message(topic + "2", new byte[1]);
        outcomes.put("batch of two topics", outcome(() -> producer.send(Arrays.asList(new Message(topic, new byte[1]), other))));
        Message retried = new Message("%RETRY%nobody", new byte[1]);
        outcomes.put("batch to a retry topic", outcome(() -> producer.send(Arrays.asList(retried, retried))));
        for (String group : Arrays.asList("two words", repeated('g', 256), "", "DEFAULT_PRODUCER")) {
            outcomes.put("producers " + shown(group), outcome(() -> started(group)));
        }
        for (String group : Arrays.asList("two words", repeated('g', 256), "DEFAULT_CONSUMER")) {
            outcomes.put("consumers " + shown(group), outcome(() -> startedConsumer(group, topic)));
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
            return said(error);
        } catch (MQClientException error) {
            // From the client itself, or what the last of its tries met.
            Throwable cause = error.getCause();
            return cause instanceof MQBrokerException ? said((MQBrokerException) cause) : "client: " + error.getErrorMessage();
        } catch (Exception error) {
            return String.valueOf(error);
        }
    }

    /** Behind code 1 stands where in a broker an exception was thrown; others may name the connection. */
    private static String said(MQBrokerException error) {
        if (error.getResponseCode() == 1) return "1";
        return error.getResponseCode() + ": " + error.getErrorMessage().replaceAll("127\\.0\\.0\\.1:\\d+", "<client>");
    }

    private static String shown(String name) {
        return name.length() < 20 ? "`" + name + "`" : "of " + name.length() + " characters";
    }

    private static String repeated(char character, int times) {
        char[] all = new char[times];
        Arrays.fill(all, character);
        return new String(all);
    }

    private static Object started(String group) throws Exception {
        DefaultMQProducer producer = Driver.configured(new DefaultMQProducer(group), "refused");
        producer.start();
        producer.shutdown();
        return producer;
    }

    private static Object startedConsumer(String group, String topic) throws Exception {
        DefaultMQPushConsumer consumer = Driver.configured(new DefaultMQPushConsumer(group), "refused");
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> ConsumeConcurrentlyStatus.CONSUME_SUCCESS);
        consumer.start();
        consumer.shutdown();
        return consumer;
    }

    /** A body that does not become smaller by compression. */
    private static Message noise(String topic, int size) {
        byte[] body = new byte[size];
        new java.util.Random(7).nextBytes(body);
        return new Message(topic, body);
    }

    private static Message withProperty(String topic, int size) {
        Message message = new Message(topic, new byte[1]);
        message.putUserProperty("long", repeated('v', size));
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
