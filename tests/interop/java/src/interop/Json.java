package interop;

import java.util.Map;

/** One JSON object on one line, built key by key; values are text, numbers, truth values, maps, lists or other objects. */
final class Json {
    private final StringBuilder text = new StringBuilder("{");

    Json put(String key, Object value) {
        if (text.length() > 1) text.append(',');
        quote(text, key);
        text.append(':');
        write(text, value);
        return this;
    }

    @Override
    public String toString() {
        return text + "}";
    }

    private static void write(StringBuilder out, Object value) {
        if (value == null || value instanceof Number || value instanceof Boolean || value instanceof Json) {
            out.append(value);
        } else if (value instanceof Map) {
            Json inner = new Json();
            for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) inner.put(String.valueOf(entry.getKey()), entry.getValue());
            out.append(inner);
        } else if (value instanceof Iterable) {
            out.append('[');
            String comma = "";
            for (Object item : (Iterable<?>) value) {
                out.append(comma);
                write(out, item);
                comma = ",";
            }
            out.append(']');
        } else {
            quote(out, value.toString());
        }
    }

    private static void quote(StringBuilder out, String value) {
        out.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') out.append('\\').append(c);
            else if (c < ' ' || c == 127) out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        out.append('"');
    }
}
