package org.healingsqlite.log;

/**
 * Names in commands that people paste into a shell.
 *
 * <p>Source: POSIX.1-2017, Shell Command Language, §2.2.2 "Single-Quotes".
 */
public final class ShellWord {
    private ShellWord() {}

    /**
     * The name as one word, in single quotes: a shell does nothing of what may stand in it. What does not stay on its line is written as {@link Printable} writes it; then the
     * word is for reading and no longer the name.
     */
    public static String of(Object name) {
        return "'" + Printable.of(name.toString().replace("'", "'\\''")) + "'";
    }

    /** Whether {@link #of} is the name itself. */
    public static boolean isExact(Object name) {
        String text = name.toString();
        return Printable.of(text).equals(text);
    }
}
