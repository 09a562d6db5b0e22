package interop;

import interop.Driver.Command;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.util.List;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.rocketmq.tools.command.MQAdminStartup;
import org.apache.rocketmq.tools.command.SubCommand;

/** mqadmin inside this process: a command costs no JVM of its own. */
final class Admin {
    private static volatile boolean guarded;

    private Admin() {
    }

    /** Runs "args" (parted by blanks; no mqadmin argument of the tests holds one) and answers what it printed. */
    static Json run(Command command) throws Exception {
        guard();
        forget();
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        PrintStream before = System.out;
        PrintStream errors = System.err;
        PrintStream capture = new PrintStream(printed, true, "UTF-8");
        System.setOut(capture);
        System.setErr(capture);
        guarded = true;
        int status = 0;
        try {
            MQAdminStartup.main0(command.text("args").split(" "), null);
        } catch (Exit exit) {
            status = exit.status;
        } finally {
            guarded = false;
            System.setOut(before);
            System.setErr(errors);
        }
        return new Json().put("output", printed.toString("UTF-8")).put("status", status);
    }

    /**
     * The commands of this version, a line each: its name, then letter, name and "=" for a value of each option, and "!" if it
     * must be given.
     */
    static Json options() throws Exception {
        forget();
        MQAdminStartup.initCommand();
        StringBuilder lines = new StringBuilder();
        for (Object each : commands()) {
            SubCommand one = (SubCommand) each;
            lines.append(one.commandName());
            for (Object found : one.buildCommandlineOptions(new Options()).getOptions()) {
                Option option = (Option) found;
                lines.append(" -").append(option.getOpt()).append("/--").append(String.valueOf(option.getLongOpt()).trim().replace(' ', '_'));
                if (option.hasArg()) lines.append('=');
                if (option.isRequired()) lines.append('!');
            }
            lines.append('\n');
        }
        return new Json().put("output", lines.toString());
    }

    private static List<?> commands() throws ReflectiveOperationException {
        for (Field field : MQAdminStartup.class.getDeclaredFields()) {
            field.setAccessible(true);
            if (field.getType() == List.class) return (List<?>) field.get(null);
        }
        throw new NoSuchFieldException("the list of commands");
    }

    /**
     * Commands are kept for the life of the process, and queryMsgByUniqueKey keeps the client that it
     * has shut down: a second one would ask by a connection that is no more. Each run gets new ones.
     */
    private static void forget() throws ReflectiveOperationException {
        commands().clear();
    }

    private static final class Exit extends SecurityException {
        private static final long serialVersionUID = 1L;
        final int status;

        Exit(int status) {
            super("exit " + status);
            this.status = status;
        }
    }

    /** Some commands end the process; here that only ends the command. Needs -Djava.security.manager=allow. */
    @SuppressWarnings({"removal", "deprecation"})
    private static void guard() {
        if (System.getSecurityManager() != null) return;
        System.setSecurityManager(new SecurityManager() {
            @Override
            public void checkPermission(java.security.Permission permission) {
            }

            @Override
            public void checkPermission(java.security.Permission permission, Object context) {
            }

            @Override
            public void checkExit(int status) {
                if (guarded) throw new Exit(status);
            }
        });
    }
}
