package org.healingsqlite.demo.conversations;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.UUID;
import org.healingsqlite.demo.report.Calls;

/** The application in a process of its own: reads a command per line, and answers each with a line that begins with {@code ok} or {@code error}. */
public final class ConversationsProcess {
    private ConversationsProcess() {}

    /**
     * Answers until its input ends.
     *
     * @param arguments the URL, and the script of the schema
     */
    public static void main(String[] arguments) throws IOException, SQLException {
        PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        // The native library is loaded before anybody counts on this process to be as fast as the others.
        DriverManager.getConnection("jdbc:sqlite::memory:").close();
        try (ConversationsApplication application =
                new ConversationsApplication(arguments[0], arguments[1], new Calls())) {
            answers.println("ok ready");
            for (String command = commands.readLine(); command != null; command = commands.readLine()) {
                answers.println(answer(application, command));
            }
        }
    }

    private static String answer(ConversationsApplication application, String command) {
        try {
            return "ok "
                    + switch (command) {
                        case "look" -> application.look();
                        case "initialise" -> application.initialise();
                        case "start" -> application.start();
                        case "upload" -> application.upload("file " + UUID.randomUUID());
                        case "files" -> application.activeFiles().size() + " files";
                        case "foreign-keys" -> application.foreignKeys();
                        default -> throw new IllegalArgumentException("unknown command " + command);
                    };
        } catch (SQLException | RuntimeException e) {
            return "error " + Calls.message(e).replace('\n', ' ');
        }
    }
}
