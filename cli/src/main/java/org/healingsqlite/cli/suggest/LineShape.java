package org.healingsqlite.cli.suggest;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What lines of one kind have in common: text that all of them have, and fields between. Immutable.
 *
 * @param pieces in order; a field is followed by text, or the end
 * @param regex what matches such a line
 */
record LineShape(List<Piece> pieces, Pattern regex) {
    /** Text, or a field. */
    record Piece(String text, Holds holds) {
        /** A field of any text. */
        static final Piece FIELD = new Piece("", Holds.ANY);

        static Piece text(String text) {
            return new Piece(text, Holds.TEXT);
        }

        boolean field() {
            return holds != Holds.TEXT;
        }
    }

    /** What a piece is. */
    enum Holds {
        /** No field. */
        TEXT,
        /** A time. */
        TIME,
        ANY,
        NUMBER,
        /** Text without blanks. */
        WORD,
        /** A field in round brackets that may be missing, with the blank before it. */
        TAIL
    }

    LineShape {
        pieces = List.copyOf(pieces);
    }

    LineShape(List<Piece> pieces) {
        this(pieces, regex(pieces));
    }

    /** How many fields it has. */
    int fields() {
        return (int) pieces.stream().filter(Piece::field).count();
    }

    /** The words before each field, back to the field before it. */
    List<List<String>> before() {
        List<List<String>> all = new ArrayList<>();
        for (int i = 0; i < pieces.size(); i++) {
            if (pieces.get(i).field()) {
                all.add(i == 0 ? List.of() : Words.of(pieces.get(i - 1).text()));
            }
        }
        return all;
    }

    /** Whether the last piece is any text. */
    boolean endsInText() {
        return !pieces.isEmpty() && pieces.get(pieces.size() - 1).holds() == Holds.ANY;
    }

    /** The words that all lines have. */
    List<String> words() {
        List<String> words = new ArrayList<>();
        pieces.forEach(piece -> words.addAll(Words.of(piece.text())));
        return words;
    }

    /** The values of the fields, null where a line has none; null where the line is of another shape. */
    @Nullable
    List<@Nullable String> match(String line) {
        Matcher matcher = regex.matcher(line);
        if (!matcher.matches()) {
            return null;
        }
        List<@Nullable String> values = new ArrayList<>();
        for (int i = 1; i <= matcher.groupCount(); i++) {
            values.add(matcher.group(i));
        }
        return values;
    }

    private static Pattern regex(List<Piece> pieces) {
        StringBuilder regex = new StringBuilder();
        for (Piece piece : pieces) {
            regex.append(
                    switch (piece.holds()) {
                        case TEXT -> Pattern.quote(piece.text());
                        case TIME, ANY -> "(.+?)";
                        case NUMBER -> "([+-]?\\d+(?:\\.\\d+)?)";
                        case WORD -> "(\\S+)";
                        case TAIL -> "(?: \\((.+?)\\))?";
                    });
        }
        return Pattern.compile(regex.toString());
    }

    /** The pattern of a manifest, with these names for the fields. */
    String pattern(List<String> names) {
        StringBuilder pattern = new StringBuilder();
        int at = 0;
        for (Piece piece : pieces) {
            String name = piece.field() ? names.get(at++) : "";
            pattern.append(
                    switch (piece.holds()) {
                        case TEXT -> piece.text().replaceAll("([{}\\[\\]])", "$1$1");
                        case TIME, ANY -> "{" + name + "}";
                        case NUMBER -> "{" + name + ":number}";
                        case WORD -> "{" + name + ":word}";
                        case TAIL -> "[ ({" + name + "})]";
                    });
        }
        return pattern.toString();
    }

    /** The same with each field narrowed to what its values are. */
    LineShape narrowed(List<String> lines) {
        List<Boolean> numbers = new ArrayList<>();
        List<Boolean> bare = new ArrayList<>();
        for (int i = 0; i < fields(); i++) {
            numbers.add(true);
            bare.add(true);
        }
        for (String line : lines) {
            List<@Nullable String> values = match(line);
            for (int i = 0; values != null && i < values.size(); i++) {
                String value = values.get(i);
                if (value != null) {
                    numbers.set(i, numbers.get(i) && value.matches("[+-]?\\d+(?:\\.\\d+)?"));
                    bare.set(i, bare.get(i) && !value.contains(" "));
                }
            }
        }
        List<Piece> narrow = new ArrayList<>();
        int at = 0;
        for (int i = 0; i < pieces.size(); i++) {
            Piece piece = pieces.get(i);
            if (piece.holds() == Holds.ANY) {
                boolean beforeTail = i + 1 < pieces.size() && pieces.get(i + 1).holds() == Holds.TAIL;
                piece = numbers.get(at)
                        ? new Piece("", Holds.NUMBER)
                        : beforeTail && bare.get(at) ? new Piece("", Holds.WORD) : piece;
            }
            at += piece.field() ? 1 : 0;
            narrow.add(piece);
        }
        return new LineShape(narrow);
    }
}
