package interop;

import interop.Driver.Command;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.exception.MQBrokerException;
import org.apache.rocketmq.client.exception.MQClientException;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.RequestCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.utils.MessageUtil;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageAccessor;
import org.apache.rocketmq.common.message.MessageConst;
import org.apache.rocketmq.common.message.MessageExt;

/** Producers with options of their own, requests, and what replies to them. */
final class Requests {
    private static final List<Json> REPLIES = new ArrayList<>();

    private Requests() {
    }

    static Json producer(Command command) throws Exception {
        String name = command.text("name");
        DefaultMQProducer producer = new DefaultMQProducer(command.text("group", "producers"), command.truth("trace"), null);
        Driver.configured(producer, command.text("instance", name));
        producer.setSendMsgTimeout(20_000);
        producer.setCompressMsgBodyOverHowmuch(command.number("compressOver", producer.getCompressMsgBodyOverHowmuch()));
        producer.setMaxMessageSize(command.number("most", producer.getMaxMessageSize()));
        producer.setRetryTimesWhenSendFailed(command.number("retries", producer.getRetryTimesWhenSendFailed()));
        producer.setSendLatencyFaultEnable(command.truth("latency"));
        if (!command.text("compress", "").isEmpty()) compress(producer, command.text("compress"));
        producer.start();
        Senders.PRODUCERS.put(name, producer);
        return new Json().put("client", producer.buildMQClientId());
    }

    /** 5.x alone has a choice. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    private static void compress(DefaultMQProducer producer, String kind) throws Exception {
        Class type = Class.forName("org.apache.rocketmq.common.compression.CompressionType");
        DefaultMQProducer.class.getMethod("setCompressType", type).invoke(producer, Enum.valueOf(type, kind));
    }

    /** Sends a request and answers its reply, or why none came. */
    static Json request(Command command) throws Exception {
        DefaultMQProducer producer = Senders.PRODUCERS.get(command.text("name"));
        Message message = new Message(command.text("topic"), command.text("body").getBytes(StandardCharsets.UTF_8));
        long timeout = command.number("timeout", 20_000);
        try {
            if (!command.text("as", "").isEmpty()) return sendAs(producer, message, command.text("as"));
            return command.truth("async") ? async(producer, message, timeout) : reply(producer.request(message, timeout));
        } catch (Exception error) {
            return new Json().put("failure", String.valueOf(error));
        }
    }

    /** Sends what a request of another client looks like, and waits for no reply. */
    private static Json sendAs(DefaultMQProducer producer, Message message, String client) throws Exception {
        MessageAccessor.putProperty(message, MessageConst.PROPERTY_MESSAGE_REPLY_TO_CLIENT, client);
        MessageAccessor.putProperty(message, MessageConst.PROPERTY_CORRELATION_ID, "of-" + client);
        MessageAccessor.putProperty(message, MessageConst.PROPERTY_MESSAGE_TTL, "20000");
        producer.send(message);
        return new Json();
    }

    private static Json async(DefaultMQProducer producer, Message message, long timeout) throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        AtomicReference<Json> outcome = new AtomicReference<>();
        producer.request(message, new RequestCallback() {
            @Override
            public void onSuccess(Message reply) {
                outcome.set(reply(reply));
                done.countDown();
            }

            @Override
            public void onException(Throwable error) {
                outcome.set(new Json().put("failure", String.valueOf(error)));
                done.countDown();
            }
        }, timeout);
        if (!done.await(timeout + 20_000, TimeUnit.MILLISECONDS)) throw new IllegalStateException("neither reply nor failure");
        return outcome.get();
    }

    private static Json reply(Message reply) {
        Json json = new Json().put("reply", new String(reply.getBody(), StandardCharsets.UTF_8)).put("topic", reply.getTopic())
            .put("properties", new TreeMap<>(reply.getProperties()));
        return json;
    }

    /** A consumer that replies to each message with its body behind "re:". */
    static Json replier(Command command) throws Exception {
        String name = command.text("name");
        DefaultMQProducer producer = Senders.PRODUCERS.get(command.text("producer"));
        DefaultMQPushConsumer consumer = Driver.configured(new DefaultMQPushConsumer(command.text("group")), name);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(command.text("topic"), "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : messages) answer(producer, message, command.number("size", 0));
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        Receivers.PUSH.put(name, consumer);
        consumer.start();
        return new Json();
    }

    private static void answer(DefaultMQProducer producer, MessageExt message, int size) {
        StringBuilder body = new StringBuilder("re:" + new String(message.getBody(), StandardCharsets.UTF_8));
        while (body.length() < size) body.append('.');
        Json outcome = new Json().put("to", new String(message.getBody(), StandardCharsets.UTF_8));
        try {
            SendResult sent = producer.send(MessageUtil.createReplyMessage(message, body.toString().getBytes(StandardCharsets.UTF_8)), 20_000);
            outcome.put("status", sent.getSendStatus().name()).put("queue", sent.getMessageQueue().getQueueId())
                .put("offset", sent.getQueueOffset()).put("offsetId", sent.getOffsetMsgId());
        } catch (MQClientException error) {
            // The last of its tries met an error of the broker.
            MQBrokerException cause = (MQBrokerException) error.getCause();
            outcome.put("code", cause.getResponseCode()).put("remark", cause.getErrorMessage());
        } catch (Exception error) {
            outcome.put("failure", String.valueOf(error));
        }
        synchronized (REPLIES) {
            REPLIES.add(outcome);
        }
    }

    /** What became of the replies sent so far. */
    static Json replies(Command command) {
        synchronized (REPLIES) {
            return new Json().put("replies", new ArrayList<>(REPLIES));
        }
    }
}
