package org.healingsqlite.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import org.healingsqlite.log.Printable;
import org.jspecify.annotations.Nullable;

/**
 * The program's output: what a line is made of stays on its line, because names and texts may come from files of others. Reports, which have lines of
 * their own, are printed as they are; they see to that themselves.
 */
final class LineWriter extends PrintWriter {
    LineWriter(PrintWriter out) {
        super(out, true);
    }

    @Override
    public void println(@Nullable String line) {
        super.println(Printable.of(String.valueOf(line)));
    }

    @Override
    public void println(@Nullable Object line) {
        println(String.valueOf(line));
    }

    @Override
    public PrintWriter printf(String format, @Nullable Object... arguments) {
        return super.printf(
                format, Arrays.stream(arguments).map(LineWriter::shown).toArray());
    }

    private static @Nullable Object shown(@Nullable Object argument) {
        return argument instanceof String || argument instanceof Path ? Printable.of(argument.toString()) : argument;
    }
}
