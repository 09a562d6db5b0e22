package interop;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.rocketmq.client.ClientConfig;

/**
 * A RocketMQ application that does what its standard input says: one command a line, fields parted by tabs, the first the name of
 * the command, the others key=value. Each command is answered by one line, a JSON object with "ok"; what happens besides
 * (messages consumed, sends acknowledged under load) comes as lines with "event" as it happens. Compiles against 4.9.x and 5.x.
 */
public final class Driver {
    /** The real standard output; the libraries' own prints go elsewhere. */
    private static final PrintStream OUT = utf8(System.out);
    static String nameServers;

    private Driver() {
    }

    private static PrintStream utf8(PrintStream stream) {
        try {
            return new PrintStream(stream, true, "UTF-8");
        } catch (java.io.UnsupportedEncodingException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    static void emit(Json line) {
        synchronized (OUT) {
            OUT.println(line);
        }
    }

    /** The fields of a command; asking for one that is missing is an error of the test. */
    static final class Command {
        final String name;
        private final Map<String, String> fields = new HashMap<>();

        Command(String line) {
            String[] parts = line.split("\t");
            name = parts[0];
            for (int i = 1; i < parts.length; i++) {
                int at = parts[i].indexOf('=');
                fields.put(parts[i].substring(0, at), parts[i].substring(at + 1));
            }
        }

        String text(String key) {
            String value = fields.get(key);
            if (value == null) throw new IllegalArgumentException(name + " needs " + key);
            return value;
        }

        String text(String key, String otherwise) {
            return fields.getOrDefault(key, otherwise);
        }

        int number(String key) {
            return Integer.parseInt(text(key));
        }

        int number(String key, int otherwise) {
            return fields.containsKey(key) ? number(key) : otherwise;
        }

        boolean truth(String key) {
            return Boolean.parseBoolean(text(key, "false"));
        }
    }

    /**
     * The settings every client of this process shares: defaults, but for two intervals and a timeout. Offsets are stored every
     * second and heartbeats go out every two, so that no test waits five or thirty; the rebalance interval stays 20 s, so that
     * what happens sooner happens because the broker told the members. The timeout leaves room on a busy machine.
     */
    static <T extends ClientConfig> T configured(T client, String name) {
        client.setNamesrvAddr(nameServers);
        client.setClientIP("127.0.0.1");
        client.setInstanceName(name + "#" + ProcessHandle.current().pid());
        client.setPersistConsumerOffsetInterval(1000);
        client.setHeartbeatBrokerInterval(2000);
        client.setMqClientApiTimeout(20_000);
        return client;
    }

    private static Json run(Command command) throws Exception {
        switch (command.name) {
            case "producer": return Senders.start(command);
            case "send": return Senders.send(command);
            case "load": return Senders.load(command);
            case "loadEnd": return Senders.loadEnd(command);
            case "push": return Receivers.push(command);
            case "delayed": return Retries.delayed(command);
            case "failing": return Retries.start(command);
            case "held": return Receivers.held(command);
            case "pull": return Pulls.start(command);
            case "drain": return Pulls.drain(command);
            case "hold": return Pulls.hold(command);
            case "commit": return Pulls.commit(command);
            case "view": return Pulls.view(command);
            case "filteredPush": return Filters.push(command);
            case "filteredDrain": return Filters.drain(command);
            case "lite": return Receivers.lite(command);
            case "poll": return Receivers.poll(command);
            case "admin": return Admin.run(command);
            case "adminOptions": return Admin.options();
            case "groups": return Groups.run(command);
            case "transactional": return Transactions.start(command);
            case "transact": return Transactions.send(command);
            case "replan": return Transactions.replan(command);
            case "checks": return Transactions.checks();
            case "transactionLoad": return Transactions.load(command);
            case "transactionLoadEnd": return Transactions.loadEnd();
            case "shutdown": return shutdown(command.text("name"));
            default: throw new IllegalArgumentException("no command " + command.name);
        }
    }

    private static Json shutdown(String name) throws Exception {
        Object client = null;
        for (Map<String, ?> kind : java.util.Arrays.asList(Senders.PRODUCERS, Transactions.PRODUCERS, Receivers.PUSH, Receivers.LITE, Pulls.CONSUMERS)) {
            if (kind.containsKey(name)) client = kind.remove(name);
        }
        if (client == null) throw new IllegalArgumentException("no client " + name);
        client.getClass().getMethod("shutdown").invoke(client);
        return new Json();
    }

    public static void main(String[] args) throws Exception {
        System.setOut(System.err);
        nameServers = args[0];
        System.setProperty("rocketmq.namesrv.addr", nameServers);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        emit(new Json().put("event", "ready"));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Json reply;
            try {
                reply = run(new Command(line)).put("ok", true);
            } catch (Throwable error) {
                error.printStackTrace();
                reply = new Json().put("ok", false).put("error", String.valueOf(error));
            }
            emit(reply);
        }
        // The test has closed the pipe: nothing here outlives it.
        Runtime.getRuntime().halt(0);
    }
}
