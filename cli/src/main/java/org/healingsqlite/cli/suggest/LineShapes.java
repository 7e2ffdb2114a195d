package org.healingsqlite.cli.suggest;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.healingsqlite.cli.suggest.LineShape.Holds;
import org.healingsqlite.cli.suggest.LineShape.Piece;
import org.jspecify.annotations.Nullable;

/**
 * Finds the kinds of lines that there are: lines that begin with a time, or not, and then have a phrase in common, with texts around it that differ. A phrase is found
 * by counting; of two, the one that covers more words of more lines counts.
 */
final class LineShapes {
    private static final Pattern SEPARATOR = Pattern.compile("\\s*[-–—:|]*\\s+");
    private static final Pattern PHRASE_WORD = Pattern.compile("[\\p{Ll}'’]+[:,]?");
    private static final Pattern FIRST_WORD = Pattern.compile("[\\p{L}'’]+[:,]?");
    private static final Pattern TAIL = Pattern.compile("(.+) \\(([^()]+)\\)");

    /** Longer phrases have shorter ones in them. */
    private static final int MOST_WORDS = 6;

    /** What is far from the beginning of a line is text. */
    private static final int LOOKED_AT_WORDS = 24;

    /** Enough to find what many lines have in common; mining takes time with the square of it. */
    private static final int MOST_LINES = 1000;

    /** So many different words before a phrase, or behind it, are values; fewer may be words of the form. */
    private static final int VALUES = 4;

    private LineShapes() {}

    /** A shape, and the lines of it. */
    record Kind(LineShape shape, List<String> lines) {}

    private record Stat(AtomicInteger count, Set<String> before, Set<String> behind) {}

    /** The kinds of lines, those with most lines first; lines of no kind are in none. */
    static List<Kind> of(List<String> lines) {
        Map<String, List<String>> byBeginning = new LinkedHashMap<>();
        for (String line : lines.subList(0, Math.min(lines.size(), MOST_LINES))) {
            byBeginning
                    .computeIfAbsent(separator(line), key -> new ArrayList<>())
                    .add(line);
        }
        List<Kind> kinds = new ArrayList<>();
        byBeginning.forEach((separator, all) -> {
            List<Piece> beginning =
                    separator.isEmpty() ? List.of() : List.of(new Piece("", Holds.TIME), Piece.text(separator));
            List<String> rests = new ArrayList<>();
            all.forEach(line -> rests.add(separator.isEmpty() ? line : rest(line)));
            for (List<Piece> rest : phrases(rests)) {
                List<Piece> pieces = new ArrayList<>(beginning);
                pieces.addAll(rest);
                LineShape shape = new LineShape(merged(pieces)).narrowed(all);
                List<String> of =
                        lines.stream().filter(line -> shape.match(line) != null).toList();
                if (!of.isEmpty()) {
                    kinds.add(new Kind(shape, of));
                }
            }
        });
        return kinds;
    }

    /** What stands between the time with which a line begins and the rest; empty where it begins with none, or has no rest. */
    private static String separator(String line) {
        Optional<TimeForm.Found> time = TimeForm.within(line).filter(found -> found.start() == 0);
        if (time.isEmpty()) {
            return "";
        }
        Matcher matcher = SEPARATOR.matcher(line).region(time.get().end(), line.length());
        return matcher.lookingAt() && matcher.end() < line.length() ? matcher.group() : "";
    }

    private static String rest(String line) {
        return line.substring(TimeForm.within(line).map(TimeForm.Found::end).orElse(0)
                + separator(line).length());
    }

    /** The shape that all lines have, from the words that they have in common; of one line, those that name no value. */
    static LineShape common(List<String> lines) {
        List<String> words = List.of();
        for (int i = 0; i < lines.size(); i++) {
            List<String> of = Arrays.asList(lines.get(i).split(" ", -1));
            words = i == 0 ? of : common(words, of);
        }
        if (lines.size() == 1) {
            words = words.stream()
                    .filter(word -> word.equals(words(lines.get(0)).get(0))
                                    && FIRST_WORD.matcher(word).matches()
                            || word.matches("by|from|to|of|on|for|with|in"))
                    .toList();
        }
        List<Piece> pieces = new ArrayList<>();
        boolean open = false;
        List<List<String>> left = new ArrayList<>();
        lines.forEach(line -> left.add(words(line)));
        for (String word : words) {
            boolean gap = false;
            for (int i = 0; i < left.size(); i++) {
                int at = left.get(i).indexOf(word);
                gap |= at > 0;
                left.set(i, left.get(i).subList(at + 1, left.get(i).size()));
            }
            if (gap) {
                pieces.add(Piece.FIELD);
            }
            pieces.add(Piece.text((gap ? " " : "") + word + " "));
            open = true;
        }
        if (left.stream().anyMatch(rest -> !rest.isEmpty())) {
            pieces.add(Piece.FIELD);
        } else if (open) {
            Piece last = pieces.remove(pieces.size() - 1);
            pieces.add(Piece.text(last.text().stripTrailing()));
        }
        return new LineShape(merged(pieces)).narrowed(lines);
    }

    private static List<String> words(String line) {
        return Arrays.asList(line.split(" ", -1));
    }

    /** The longest list of words that both have, in order. */
    private static List<String> common(List<String> one, List<String> other) {
        int[][] length = new int[one.size() + 1][other.size() + 1];
        for (int i = one.size() - 1; i >= 0; i--) {
            for (int j = other.size() - 1; j >= 0; j--) {
                length[i][j] = one.get(i).equals(other.get(j))
                        ? length[i + 1][j + 1] + 1
                        : Math.max(length[i + 1][j], length[i][j + 1]);
            }
        }
        List<String> words = new ArrayList<>();
        int i = 0;
        int j = 0;
        while (i < one.size() && j < other.size()) {
            if (one.get(i).equals(other.get(j))) {
                words.add(one.get(i++));
                j++;
            } else if (length[i + 1][j] >= length[i][j + 1]) {
                i++;
            } else {
                j++;
            }
        }
        return words;
    }

    /** The pieces of each kind. */
    private static List<List<Piece>> phrases(List<String> rests) {
        List<List<Piece>> kinds = new ArrayList<>();
        List<String> left = new ArrayList<>(rests);
        int least = rests.size() < VALUES ? 1 : 2;
        while (left.size() >= least) {
            String phrase = best(left, least);
            if (phrase == null) {
                break;
            }
            List<String> of =
                    left.stream().filter(line -> places(line, phrase) >= 0).toList();
            left.removeAll(new HashSet<>(of));
            kinds.add(around(phrase, of));
        }
        return kinds;
    }

    private static int places(String line, String phrase) {
        return (" " + line + " ").indexOf(" " + phrase + " ");
    }

    private static @Nullable String best(List<String> lines, int least) {
        Map<String, Stat> stats = new HashMap<>();
        for (String line : lines) {
            List<String> all = words(line);
            List<String> words = all.subList(0, Math.min(all.size(), LOOKED_AT_WORDS));
            for (int from = 0; from < words.size(); from++) {
                StringBuilder phrase = new StringBuilder();
                for (int to = from; to < Math.min(words.size(), from + MOST_WORDS); to++) {
                    if (!(to == 0 ? FIRST_WORD : PHRASE_WORD)
                            .matcher(words.get(to))
                            .matches()) {
                        break;
                    }
                    phrase.append(to == from ? "" : " ").append(words.get(to));
                    Stat stat = stats.computeIfAbsent(
                            phrase.toString(), key -> new Stat(new AtomicInteger(), new HashSet<>(), new HashSet<>()));
                    stat.count().incrementAndGet();
                    stat.before().add(from == 0 ? "" : words.get(from - 1));
                    stat.behind().add(to + 1 == all.size() ? "" : all.get(to + 1));
                }
            }
        }
        String best = null;
        double most = 0;
        for (Map.Entry<String, Stat> entry : stats.entrySet()) {
            Stat stat = entry.getValue();
            int words = words(entry.getKey()).size();
            double score = stat.count().get() * (double) words * words;
            if (stat.count().get() >= least
                    && bounded(stat.before(), stat.count().get())
                    && (bounded(stat.behind(), stat.count().get()) || endsThere(stat.behind()))
                    && (score > most
                            || score == most && best != null && entry.getKey().compareTo(best) < 0)) {
                most = score;
                best = entry.getKey();
            }
        }
        return best == null ? null : trimmed(best, stats);
    }

    /** A phrase ends where lines differ, or at the line's own end. */
    private static boolean bounded(Set<String> neighbours, int count) {
        return neighbours.size() > 1 || neighbours.contains("") || count == 1;
    }

    /** What follows is no word of a phrase. */
    private static boolean endsThere(Set<String> behind) {
        return behind.stream().noneMatch(word -> PHRASE_WORD.matcher(word).matches());
    }

    /** Takes words off that are values: where the phrase without them has many others in their place. */
    private static String trimmed(String phrase, Map<String, Stat> stats) {
        String left = phrase;
        while (left.contains(" ")) {
            Stat first = stats.get(left.substring(left.indexOf(' ') + 1));
            Stat last = stats.get(left.substring(0, left.lastIndexOf(' ')));
            if (first != null && first.before().size() >= VALUES) {
                left = left.substring(left.indexOf(' ') + 1);
            } else if (last != null && last.behind().size() >= VALUES) {
                left = left.substring(0, left.lastIndexOf(' '));
            } else {
                break;
            }
        }
        return left;
    }

    private static List<Piece> around(String phrase, List<String> lines) {
        boolean before = false;
        boolean behind = false;
        int tails = 0;
        for (String line : lines) {
            int at = places(line, phrase);
            String right = at + phrase.length() >= line.length() ? "" : line.substring(at + phrase.length() + 1);
            before |= at > 0;
            behind |= !right.isEmpty();
            tails += TAIL.matcher(right).matches() ? 1 : 0;
        }
        List<Piece> pieces = new ArrayList<>();
        if (before) {
            pieces.add(Piece.FIELD);
        }
        pieces.add(Piece.text((before ? " " : "") + phrase + (behind ? " " : "")));
        if (behind) {
            pieces.add(Piece.FIELD);
            if (tails == lines.size()) {
                pieces.addAll(List.of(Piece.text(" ("), Piece.FIELD, Piece.text(")")));
            } else if (tails > 1 || tails * VALUES > lines.size()) {
                pieces.add(new Piece("", Holds.TAIL));
            }
        }
        return pieces;
    }

    private static List<Piece> merged(List<Piece> pieces) {
        List<Piece> merged = new ArrayList<>();
        for (Piece piece : pieces) {
            Piece last = merged.isEmpty() ? null : merged.get(merged.size() - 1);
            if (last != null && !piece.field() && !last.field()) {
                merged.set(merged.size() - 1, Piece.text(last.text() + piece.text()));
            } else {
                merged.add(piece);
            }
        }
        return merged;
    }
}
