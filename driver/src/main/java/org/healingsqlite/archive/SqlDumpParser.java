package org.healingsqlite.archive;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.healingsqlite.log.Disclosed;
import org.healingsqlite.log.Disclosure;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a SQL dump, as {@code sqlite3 .dump} writes it: the values of its INSERT statements. No statement of it is ever run. Values are literals,
 * and what the shell writes for text that it cannot quote: {@code replace}, {@code char}, {@code unistr}, {@code CAST}, {@code ||}. The schema of a
 * dump is passed over; it comes from the schema's own sources.
 */
final class SqlDumpParser implements ArchiveParser {
    @Override
    public String format() {
        return "sql";
    }

    @Override
    public void parse(ArchiveFile file, RowConsumer rows) throws IOException {
        try (SqlTokens tokens = new SqlTokens(file)) {
            Dump dump = new Dump(tokens, rows);
            try {
                dump.read();
            } catch (CharacterCodingException e) {
                rows.problem(tokens.line(), "cannot be read behind this line: not UTF-8");
            }
        }
    }

    /** The statement is not one whose values can be told. */
    private static final class NotPlain extends Exception implements Disclosed {
        private static final long serialVersionUID = 1;

        NotPlain(String message) {
            super(BlocksParser.cut(message), null, false, false);
        }
    }

    private static final class Dump {
        private final SqlTokens tokens;
        private final RowConsumer rows;
        private List<String> lastColumns = List.of();
        private int depth;

        Dump(SqlTokens tokens, RowConsumer rows) {
            this.tokens = tokens;
            this.rows = rows;
        }

        void read() throws IOException {
            tokens.next();
            while (tokens.kind() != SqlTokens.Kind.END) {
                long line = tokens.line();
                if (tokens.isSymbol(';')) {
                    tokens.next();
                } else if (tokens.isWord("INSERT") || tokens.isWord("REPLACE")) {
                    try {
                        insert();
                    } catch (NotPlain e) {
                        rows.problem(line, "not a plain INSERT: " + Disclosure.message(e));
                    }
                    skipStatement(false);
                } else if (tokens.isWord("CREATE")) {
                    tokens.next();
                    if (tokens.isWord("TEMP") || tokens.isWord("TEMPORARY")) {
                        tokens.next();
                    }
                    skipStatement(tokens.isWord("TRIGGER"));
                } else {
                    String verb = tokens.text().toUpperCase(Locale.ROOT);
                    switch (verb) {
                        case "PRAGMA", "BEGIN", "COMMIT", "END", "ANALYZE", "SAVEPOINT", "RELEASE" ->
                            skipStatement(false);
                        default -> other(verb, line);
                    }
                }
            }
        }

        private void other(String verb, long line) throws IOException {
            tokens.next();
            boolean sequence = false;
            if (verb.equals("DELETE") && tokens.isWord("FROM")) {
                tokens.next();
                sequence = tokens.is("sqlite_sequence");
            }
            if (!sequence) {
                rows.problem(line, verb + " is not run: an archive gives rows, not statements");
            }
            skipStatement(false);
        }

        /** To behind the semicolon; that of a trigger follows its END. */
        private void skipStatement(boolean trigger) throws IOException {
            boolean semicolon = false;
            boolean end = false;
            while (tokens.kind() != SqlTokens.Kind.END) {
                if (tokens.isSymbol(';') && (!trigger || end)) {
                    tokens.next();
                    return;
                }
                end = semicolon && tokens.isWord("END");
                semicolon = tokens.isSymbol(';');
                tokens.next();
            }
        }

        private void insert() throws IOException, NotPlain {
            boolean insert = tokens.isWord("INSERT");
            tokens.next();
            if (insert && tokens.isWord("OR")) {
                tokens.next();
                tokens.next();
            }
            expectWord("INTO");
            String table = name();
            if (tokens.isSymbol('.')) {
                tokens.next();
                table = name();
            }
            List<String> columns = new ArrayList<>();
            if (tokens.isSymbol('(')) {
                do {
                    tokens.next();
                    columns.add(name());
                    requireColumns(columns.size());
                } while (tokens.isSymbol(','));
                expect(')');
            }
            expectWord("VALUES");
            lastColumns = columns.equals(lastColumns) ? lastColumns : List.copyOf(columns);
            boolean schema = table.equalsIgnoreCase("sqlite_schema") || table.equalsIgnoreCase("sqlite_master");
            while (true) {
                long line = tokens.line();
                List<@Nullable Object> values = new ArrayList<>();
                expectHere('(');
                do {
                    tokens.next();
                    values.add(value());
                    requireColumns(values.size());
                } while (tokens.isSymbol(','));
                expect(')');
                if (!schema) {
                    if (tokens.kind() == SqlTokens.Kind.END) {
                        rows.problem(line, "taken, but no semicolon follows: the file may be cut");
                    }
                    rows.row(table, lastColumns, values, line);
                }
                if (!tokens.isSymbol(',')) {
                    break;
                }
                tokens.next();
            }
            if (!tokens.isSymbol(';') && tokens.kind() != SqlTokens.Kind.END) {
                throw new NotPlain("found " + found() + " behind its values");
            }
        }

        private static void requireColumns(int count) throws NotPlain {
            if (count > Bounds.COLUMNS) {
                throw new NotPlain("more than " + Bounds.COLUMNS + " columns");
            }
        }

        private String name() throws IOException, NotPlain {
            if (!tokens.isName()) {
                throw new NotPlain("expected a name, found " + found());
            }
            requireWhole();
            String name = tokens.text();
            tokens.next();
            return name;
        }

        private String found() {
            return tokens.kind() == SqlTokens.Kind.END ? "the end: the file was cut" : Disclosure.value(tokens.text());
        }

        private void expectWord(String word) throws IOException, NotPlain {
            if (!tokens.isWord(word)) {
                throw new NotPlain("expected " + word + ", found " + found());
            }
            tokens.next();
        }

        private void expectHere(char symbol) throws NotPlain {
            if (!tokens.isSymbol(symbol)) {
                throw new NotPlain("expected " + symbol + ", found " + found());
            }
        }

        private void expect(char symbol) throws IOException, NotPlain {
            expectHere(symbol);
            tokens.next();
        }

        private void requireWhole() throws NotPlain {
            if (tokens.tooLong()) {
                throw new NotPlain("a value " + Bounds.tooLong());
            }
        }

        private static void requireLength(long chars) throws NotPlain {
            if (chars > Bounds.piece()) {
                throw new NotPlain("a value " + Bounds.tooLong());
            }
        }

        private @Nullable Object value() throws IOException, NotPlain {
            Object value = primary();
            if (!tokens.isSymbol('|')) {
                return value;
            }
            StringBuilder joined = value == null ? null : new StringBuilder(text(value));
            while (tokens.isSymbol('|')) {
                tokens.next();
                expect('|');
                Object right = primary();
                if (joined != null && right != null) {
                    String more = text(right);
                    requireLength((long) joined.length() + more.length());
                    joined.append(more);
                } else {
                    joined = null;
                }
            }
            return joined == null ? null : joined.toString();
        }

        private @Nullable Object primary() throws IOException, NotPlain {
            requireWhole();
            Object value;
            switch (tokens.kind()) {
                case STRING -> value = tokens.text();
                case BLOB -> {
                    try {
                        value = tokens.blob();
                    } catch (IllegalArgumentException e) {
                        throw new NotPlain("wrong digits in X'...'");
                    }
                }
                case NUMBER -> value = number(tokens.text(), false);
                case SYMBOL -> {
                    boolean negative = tokens.isSymbol('-');
                    if (!negative && !tokens.isSymbol('+')) {
                        throw new NotPlain("expected a literal, found " + found());
                    }
                    if (tokens.next() != SqlTokens.Kind.NUMBER) {
                        throw new NotPlain("expected a number, found " + found());
                    }
                    value = number(tokens.text(), negative);
                }
                case WORD -> {
                    String word = tokens.text().toLowerCase(Locale.ROOT);
                    tokens.next();
                    return switch (word) {
                        case "null" -> null;
                        case "true" -> 1L;
                        case "false" -> 0L;
                        case "cast", "replace", "char", "unistr" -> nested(word);
                        default -> throw new NotPlain("expected a literal, found " + Disclosure.value(word));
                    };
                }
                default -> throw new NotPlain("expected a literal, found " + found());
            }
            tokens.next();
            return value;
        }

        private @Nullable Object nested(String word) throws IOException, NotPlain {
            if (depth == Bounds.CALL_DEPTH) {
                throw new NotPlain("nested deeper than " + Bounds.CALL_DEPTH);
            }
            depth++;
            try {
                return word.equals("cast") ? cast() : call(word);
            } finally {
                depth--;
            }
        }

        private Object number(String digits, boolean negative) throws NotPlain {
            String signed = negative ? "-" + digits : digits;
            try {
                if (digits.regionMatches(true, 0, "0x", 0, 2)) {
                    long bits = Long.parseUnsignedLong(digits.substring(2), 16);
                    return negative ? -bits : bits;
                }
                if (digits.chars().allMatch(Character::isDigit)) {
                    try {
                        return Long.parseLong(signed);
                    } catch (NumberFormatException e) {
                        return Double.parseDouble(signed);
                    }
                }
                return Double.parseDouble(signed);
            } catch (NumberFormatException e) {
                throw new NotPlain("expected a number, found " + Disclosure.value(digits));
            }
        }

        private @Nullable Object cast() throws IOException, NotPlain {
            expect('(');
            Object value = value();
            expectWord("AS");
            String type = name().toUpperCase(Locale.ROOT);
            expect(')');
            if (type.equals("TEXT") && value instanceof byte[] bytes) {
                return new RawText(bytes);
            }
            if (type.equals("TEXT") && value instanceof String || type.equals("BLOB") && value instanceof byte[]) {
                return value;
            }
            throw new NotPlain("a CAST to " + Disclosure.value(type));
        }

        private @Nullable Object call(String function) throws IOException, NotPlain {
            expect('(');
            List<@Nullable Object> arguments = new ArrayList<>();
            arguments.add(value());
            while (tokens.isSymbol(',')) {
                tokens.next();
                arguments.add(value());
                requireLength(arguments.size());
            }
            expect(')');
            if (arguments.contains(null)) {
                return null;
            }
            if (function.equals("replace") && arguments.size() == 3) {
                return replaced(text(arguments.get(0)), text(arguments.get(1)), text(arguments.get(2)));
            }
            if (function.equals("char")) {
                StringBuilder text = new StringBuilder();
                for (Object argument : arguments) {
                    if (!(argument instanceof Long point) || !Character.isValidCodePoint(point.intValue())) {
                        throw new NotPlain("an argument of char()");
                    }
                    text.appendCodePoint(point.intValue());
                }
                return text.toString();
            }
            if (function.equals("unistr") && arguments.size() == 1) {
                return unistr(text(arguments.get(0)));
            }
            throw new NotPlain("the arguments of " + function);
        }

        /** A short call can make a text of any length: it is measured before it is made. */
        private static String replaced(String text, String pattern, String by) throws NotPlain {
            if (pattern.isEmpty()) {
                return text;
            }
            long found = 0;
            for (int at = text.indexOf(pattern); at >= 0; at = text.indexOf(pattern, at + pattern.length())) {
                found++;
            }
            requireLength(text.length() + found * (by.length() - pattern.length()));
            return text.replace(pattern, by);
        }

        private static String text(@Nullable Object value) throws NotPlain {
            if (value instanceof String || value instanceof Long) {
                return value.toString();
            }
            throw new NotPlain("a value that is no text");
        }

        /** Source: SQLite documentation, Built-In Scalar SQL Functions, unistr(X). */
        private static String unistr(String escaped) throws NotPlain {
            StringBuilder text = new StringBuilder();
            int i = 0;
            while (i < escaped.length()) {
                char c = escaped.charAt(i++);
                if (c != '\\') {
                    text.append(c);
                    continue;
                }
                char form = i < escaped.length() ? escaped.charAt(i) : ' ';
                int digits = switch (form) {
                    case '\\' -> 0;
                    case 'u' -> 4;
                    case 'U' -> 8;
                    case '+' -> 6;
                    default -> -4;
                };
                if (digits == 0) {
                    text.append('\\');
                    i++;
                    continue;
                }
                int start = digits > 0 ? i + 1 : i;
                int end = start + Math.abs(digits);
                try {
                    text.appendCodePoint(Integer.parseInt(escaped.substring(start, end), 16));
                } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
                    throw new NotPlain("an escape of unistr()");
                }
                i = end;
            }
            return text.toString();
        }
    }
}
