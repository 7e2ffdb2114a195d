package org.healingsqlite.archive;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonParser;
import com.grack.nanojson.JsonParserException;
import org.healingsqlite.log.Disclosed;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/** Reads JSON that comes from elsewhere. Depth, number of values and length of numbers are looked at before it is parsed: see {@link Bounds}. */
final class Json {
    private Json() {}

    /** It is no JSON, or more of it than is read. */
    static final class NotRead extends Exception implements Disclosed {
        private static final long serialVersionUID = 1;

        NotRead(String message) {
            super(message, null, false, false);
        }
    }

    static @Nullable Object any(String text) throws NotRead {
        check(text);
        try {
            return JsonParser.any().from(text);
        } catch (JsonParserException e) {
            // The parser quotes what it has found.
            throw new NotRead("not JSON: wrong at character " + e.getCharPosition()
                    + (Disclosure.showsValues() ? ": " + Disclosure.message(e) : ""));
        }
    }

    static JsonObject object(String text) throws NotRead {
        if (any(text) instanceof JsonObject object) {
            return object;
        }
        throw new NotRead("not JSON: expected an object");
    }

    static JsonArray array(String text) throws NotRead {
        if (any(text) instanceof JsonArray array) {
            return array;
        }
        throw new NotRead("not JSON: expected an array");
    }

    /**
     * Whether an object in a text has two values of one name, of which a parser gives only the last.
     *
     * @param parsed what {@link #any} made of the text
     */
    static boolean repeatsName(String text, @Nullable Object parsed) {
        int colons = 0;
        boolean inString = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (inString && c == '\\') {
                i++;
            } else if (c == '"') {
                inString = !inString;
            } else if (c == ':' && !inString) {
                colons++;
            }
        }
        return colons > names(parsed);
    }

    private static int names(@Nullable Object json) {
        int names = 0;
        if (json instanceof JsonObject object) {
            names = object.size();
            for (Object value : object.values()) {
                names += names(value);
            }
        } else if (json instanceof JsonArray array) {
            for (Object value : array) {
                names += names(value);
            }
        }
        return names;
    }

    /** Counts without parsing; what is no JSON the parser will find. */
    private static void check(String text) throws NotRead {
        int depth = 0;
        int values = 0;
        int digits = 0;
        boolean inString = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (inString) {
                if (c == '\\') {
                    i++;
                } else {
                    inString = c != '"';
                }
                continue;
            }
            digits = c >= '0' && c <= '9' ? digits + 1 : 0;
            switch (c) {
                case '"' -> inString = true;
                case '[', '{' -> {
                    depth++;
                    values++;
                }
                case ']', '}' -> depth--;
                case ',' -> values++;
                default -> {}
            }
            if (depth > Bounds.JSON_DEPTH) {
                throw new NotRead("nested deeper than " + Bounds.JSON_DEPTH + " at character " + (i + 1));
            }
            if (values > Bounds.JSON_VALUES) {
                throw new NotRead("more than " + Bounds.JSON_VALUES + " values at character " + (i + 1));
            }
            if (digits > Bounds.NUMBER_CHARS) {
                throw new NotRead("a number of more than " + Bounds.NUMBER_CHARS + " digits at character " + (i + 1));
            }
        }
    }
}
