import java.io.PrintStream;
import java.util.LinkedHashSet;
import java.util.Random;
import java.util.Set;

/** Prints what Integer.valueOf, Long.valueOf and Double.valueOf make of texts, the last as its bits; null where they throw. */
public class Numbers {
    private static final String[] TEXTS = {
        "0", "-0", "+0", "00", "5", "+5", "-5", "05", " 5", "5 ", "\t5\n", "5\u00a0", "--5", "+-5", "", " ", "+", "-", ".", "-.", "e", "1e", "1e+", "1e-", ".e1",
        "2147483647", "2147483648", "-2147483648", "-2147483649", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809",
        "5L", "5l", "5f", "5F", "5d", "5D", "5df", "5.5f", "5.5d", "5e3f", "1_000", "1,5", "٥", "５", "-５", "٥.٥", "𝟓", "5.", ".5", "5.e3", ".5e-3", "5.5.5",
        "NaN", "-NaN", "+NaN", " NaN ", "nan", "NAN", "NaNd", "Infinity", "-Infinity", "+Infinity", " Infinity\t", "infinity", "inf", "Infinityf", "- 5", "-Inf",
        "1e308", "1e309", "-1e309", "1e-323", "1e-324", "2e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "4.9e-324", "1.7976931348623157e308",
        "1.7976931348623158e308", "1.7976931348623159e308", "2.2250738585072011e-308", "2.2250738585072012e-308", "2.2250738585072014e-308", "9007199254740993",
        "9007199254740992.5", "9007199254740993.0000000000000000000000000000000000000000000001", "0.1", "0.30000000000000004", "123456789012345678901234567890", "0e999999999999",
        "1e999999999999", "1e-999999999999", "1e2147483648", "1e-2147483649", "0.0000000000000000000000000000000000000000000000000000000000000001e64", "1e1.5", "0x", "0x10",
        "0x10p", "0xp1", "0x.p1", "0x1p", "0x1p+", "0x1p1", "0X1P1", "-0x1p1", "+0x1p1", " 0x1p1 ", "0x1p1f", "0x1p1D", "0x1p1fd", "0x1.p1", "0x.1p1", "0x1.8p1", "0x1.8p+1",
        "0x1.8p-1", "0xap0", "0xAp0", "0xgp0", "0x1p0x1", "0x1 p1", "0x 1p1", "0x-1p1", "0x1p1.5", "0x0p0", "-0x0p0", "0x0.0p99999999999", "0x1p99999999999", "-0x1p99999999999",
        "0x1p-99999999999", "-0x1p-99999999999", "0x1p99999999999999999999", "0x1p-99999999999999999999", "0x0p99999999999999999999", "0x1p1023", "0x1p1024", "0x1.fffffffffffffp1023",
        "0x1.fffffffffffff7p1023", "0x1.fffffffffffff8p1023", "0x1.fffffffffffff7ffffffffffffp1023", "0x1p-1022", "0x1p-1023", "0x1p-1074", "0x1p-1075", "0x1.0000000000001p-1075",
        "0x1.8p-1075", "0x1.8p-1074", "0x1.7p-1074", "0x1.fffffffffffffp-1023", "0x0.fffffffffffffp-1022", "0x0.fffffffffffff8p-1022", "0x0.fffffffffffff7p-1022", "0x1p-1076",
        "0x1.00000000000008p0", "0x1.00000000000018p0", "0x1.000000000000080000000000000000000000001p0", "0x1.00000000000007fffffffffffffffffffffffffp0", "0x123456789abcdef01p0",
        "0x123456789abcdef0123456789abcdefp-60", "0x00000000000000000000000000000001p0", "0x0.00000000000000000000000000000001p128", "0x80000000000000000000p-79", "0b1", "017", "1e٥", "true", "abc",
    };

    public static void main(String[] args) {
        Set<String> texts = new LinkedHashSet<>(java.util.Arrays.asList(TEXTS));
        Random random = new Random(1492);
        String[] parts = {"0", "1", "7", "9", "a", "F", ".", "e", "E", "p", "P", "x", "0x", "-", "+", "f", "d", " ", "12", "00", "NaN", "Infinity"};
        while (texts.size() < 700) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(7); i >= 0; i--) text.append(parts[random.nextInt(parts.length)]);
            texts.add(text.toString());
        }
        while (texts.size() < 1200) {
            StringBuilder text = new StringBuilder(random.nextBoolean() ? "-0x" : "0x");
            for (int i = random.nextInt(20); i >= 0; i--) text.append(Integer.toHexString(random.nextInt(16)));
            text.append('.');
            for (int i = random.nextInt(20); i > 0; i--) text.append(Integer.toHexString(random.nextInt(16)));
            texts.add(text.append('p').append(random.nextInt(2400) - 1200).toString());
        }
        while (texts.size() < 1500) texts.add(Double.longBitsToDouble(random.nextLong()) + (random.nextBoolean() ? "" : "d"));
        PrintStream out = new PrintStream(System.out, true, java.nio.charset.StandardCharsets.UTF_8);
        String separator = "[";
        for (String text : texts) {
            out.print(separator + "\n[" + quoted(text) + "," + integer(text) + "," + longer(text) + "," + bits(text) + "]");
            separator = ",";
        }
        out.println("\n]");
    }

    private static String integer(String text) {
        try {
            return Integer.valueOf(text).toString();
        } catch (NumberFormatException none) {
            return "null";
        }
    }

    /** A text, since JSON's numbers are doubles. */
    private static String longer(String text) {
        try {
            return quoted(Long.valueOf(text).toString());
        } catch (NumberFormatException none) {
            return "null";
        }
    }

    private static String bits(String text) {
        try {
            return quoted(Long.toHexString(Double.doubleToLongBits(Double.valueOf(text))));
        } catch (NumberFormatException none) {
            return "null";
        }
    }

    private static String quoted(String text) {
        return '"' + text.replace("\t", "\\t").replace("\n", "\\n") + '"';
    }
}
