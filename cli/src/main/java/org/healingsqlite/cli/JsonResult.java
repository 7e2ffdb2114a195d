package org.healingsqlite.cli;

import com.grack.nanojson.JsonArray;
import com.grack.nanojson.JsonObject;
import com.grack.nanojson.JsonWriter;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/**
 * What a command has to tell, for programs: {@code --json} prints it instead of the text, as one object with the command's name and its exit code. What goes to standard error
 * goes there all the same, and is in {@code errors} too. docs/cli.schema.json has the form. For one run on one thread.
 */
final class JsonResult {
    private final JsonObject result = new JsonObject();

    /** That of the run that a command is part of. */
    static JsonResult of(CommandSpec spec) {
        return ((HealingCommand) spec.root().userObject()).result();
    }

    /**
     * Adds a value.
     *
     * @param value text, number, boolean, {@link JsonObject} or {@link JsonArray}; null where it is not known
     */
    void put(String name, @Nullable Object value) {
        result.put(name, value);
    }

    /** Adds everything that another object has. */
    void putAll(JsonObject other) {
        result.putAll(other);
    }

    /** Runs a command with its text kept, and prints the result. */
    static int run(
            CommandLine line, JsonResult result, CommandLine.IExecutionStrategy each, CommandLine.ParseResult parsed) {
        PrintWriter out = line.getOut();
        PrintWriter err = line.getErr();
        StringWriter text = new StringWriter();
        StringWriter errors = new StringWriter();
        line.setOut(new LineWriter(new PrintWriter(text, true)));
        line.setErr(new LineWriter(new PrintWriter(errors, true)));
        int exitCode;
        try {
            exitCode = each.execute(parsed);
        } finally {
            line.setOut(out);
            line.setErr(err);
            err.print(errors);
            err.flush();
        }
        JsonObject all = new JsonObject();
        all.put("command", name(parsed));
        all.put("exit_code", exitCode);
        all.putAll(result.result);
        if (result.result.isEmpty()) {
            all.put("lines", lines(text));
        }
        if (!errors.toString().isBlank()) {
            all.put("errors", lines(errors));
        }
        out.print(JsonWriter.indent("  ").string().object(all).done() + "\n");
        out.flush();
        return exitCode;
    }

    /** Prints the result of a command that was used wrongly, and has not run. */
    static void wrongUse(CommandLine line, CommandSpec used, String why) {
        JsonObject all = new JsonObject();
        all.put("command", used.qualifiedName().replaceFirst("^\\S+ ?", ""));
        all.put("exit_code", HealingCommand.USAGE);
        all.put("errors", new JsonArray(why.lines().toList()));
        line.getOut().print(JsonWriter.indent("  ").string().object(all).done() + "\n");
        line.getOut().flush();
    }

    private static JsonArray lines(StringWriter text) {
        return new JsonArray(text.toString().lines().map(String::strip).toList());
    }

    private static String name(CommandLine.ParseResult parsed) {
        StringBuilder name = new StringBuilder();
        for (CommandLine.ParseResult each = parsed; each.hasSubcommand(); each = each.subcommand()) {
            name.append(name.isEmpty() ? "" : " ")
                    .append(each.subcommand().commandSpec().name());
        }
        return name.toString();
    }
}
