import com.alibaba.fastjson2.JSON;
import com.alibaba.fastjson2.JSONArray;
import com.alibaba.fastjson2.JSONObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.apache.rocketmq.broker.filter.ConsumerFilterData;
import org.apache.rocketmq.broker.filter.ConsumerFilterManager;
import org.apache.rocketmq.broker.filter.ExpressionMessageFilter;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.filter.FilterFactory;
import org.apache.rocketmq.filter.expression.MQFilterException;
import org.apache.rocketmq.remoting.protocol.heartbeat.SubscriptionData;

/** Puts the verdicts of the broker's own filter into a table of expressions and messages. */
public class Table {
    public static void main(String[] args) throws Exception {
        Path path = Path.of(args[0]);
        JSONObject table = JSON.parseObject(Files.readString(path));
        JSONArray messages = table.getJSONArray("messages");
        JSONArray rows = table.getJSONArray("rows");
        StringBuilder out = new StringBuilder("{\"messages\":[\n");
        for (int at = 0; at < messages.size(); at++) {
            out.append(JSON.toJSONString(messages.get(at))).append(at + 1 < messages.size() ? ",\n" : "\n");
        }
        out.append("],\"rows\":[\n");
        for (int at = 0; at < rows.size(); at++) {
            String expression = rows.getJSONArray(at).getString(0);
            JSONArray row = JSONArray.of(expression, verdict(expression, messages));
            out.append(JSON.toJSONString(row)).append(at + 1 < rows.size() ? ",\n" : "\n");
        }
        Files.writeString(path, out.append("]}\n").toString());
        System.exit(0);
    }

    /** One digit for each message, or where the expression is refused. */
    static String verdict(String expression, JSONArray messages) {
        ConsumerFilterData data = new ConsumerFilterData();
        data.setExpression(expression);
        try {
            data.setCompiledExpression(FilterFactory.INSTANCE.get("SQL92").compile(expression));
        } catch (MQFilterException refused) {
            return "refused";
        }
        SubscriptionData subscription = new SubscriptionData("T", expression);
        subscription.setExpressionType("SQL92");
        ExpressionMessageFilter filter = new ExpressionMessageFilter(subscription, data, new ConsumerFilterManager());
        StringBuilder digits = new StringBuilder();
        for (Object one : messages) {
            Map<String, String> properties = new HashMap<>();
            ((JSONObject) one).forEach((name, value) -> properties.put(name, (String) value));
            String stored = MessageDecoder.messageProperties2String(properties);
            Map<String, String> read = MessageDecoder.string2messageProperties(stored);
            digits.append(filter.isMatchedByCommitLog(null, read) ? '1' : '0');
        }
        return digits.toString();
    }
}
