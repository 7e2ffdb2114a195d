package org.healingsqlite.cli.suggest;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Names as people make them of words: {@code createdBy}, {@code Created by} and {@code created_by} have the same. */
final class Words {
    private static final Pattern BETWEEN = Pattern.compile("[^\\p{L}\\p{N}]+|(?<=\\p{Ll})(?=\\p{Lu})");

    /** Words that stand in names of all kinds: two names that have only them in common have little. */
    private static final Set<String> COMMON =
            Set.of("id", "name", "at", "by", "is", "json", "info", "text", "value", "type", "key", "the", "of");

    private static final double COMMON_WEIGHT = 0.3;

    /** Words are taken for one where so many letters at their beginnings are the same: invited, invitation. */
    private static final int STEM = 5;

    private Words() {}

    /** The words of a name, in lower case. */
    static List<String> of(String name) {
        return BETWEEN.splitAsStream(name)
                .map(word -> word.toLowerCase(Locale.ROOT))
                .filter(word -> !word.isEmpty() && !word.chars().allMatch(Character::isDigit))
                .toList();
    }

    /** The name as manifests compare names. */
    static String key(String name) {
        return name.toLowerCase(Locale.ROOT).replaceAll("[ _-]", "");
    }

    /** How much of two names' words are the same: 0 to 1. */
    static double likeness(List<String> one, List<String> other) {
        double common = 0;
        double all = 0;
        Set<String> left = new LinkedHashSet<>(other);
        for (String word : new LinkedHashSet<>(one)) {
            String same =
                    left.stream().filter(each -> same(word, each)).findFirst().orElse("");
            all += weight(word);
            if (!same.isEmpty()) {
                common += Math.min(weight(word), weight(same));
                left.remove(same);
            }
        }
        for (String word : left) {
            all += weight(word);
        }
        return all == 0 ? 0 : common / all;
    }

    private static double weight(String word) {
        return COMMON.contains(word) ? COMMON_WEIGHT : 1;
    }

    /** Whether two words are one, in singular or plural, or of one stem. */
    static boolean same(String one, String other) {
        String shorter = one.length() < other.length() ? one : other;
        String longer = one.length() < other.length() ? other : one;
        return one.equals(other)
                || longer.equals(shorter + "s")
                || longer.equals(shorter + "es")
                || shorter.endsWith("y") && longer.equals(shorter.substring(0, shorter.length() - 1) + "ies")
                || shorter.length() >= STEM && longer.startsWith(shorter.substring(0, STEM));
    }
}
