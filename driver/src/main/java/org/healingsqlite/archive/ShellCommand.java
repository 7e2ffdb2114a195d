package org.healingsqlite.archive;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.healingsqlite.api.Internal;
import org.healingsqlite.files.Platform;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Printable;

/**
 * A command of the operator's that runs in the system's shell: its environment tells what it is about, and it has a time limit.
 *
 * @param text for the shell
 * @param limit how long it may take; it is killed then, with all that it has started
 */
@Internal
public record ShellCommand(String text, Duration limit) {

    /**
     * Runs it. It has nothing to read.
     *
     * @param environment added to this process's own
     * @param output where it goes, errors among it
     * @return why it did not end well; empty where it did
     * @throws IOException where there is no shell
     */
    public Optional<String> run(Map<String, String> environment, ProcessBuilder.Redirect output)
            throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(Platform.current().shell(text));
        builder.environment().putAll(environment);
        Process process =
                builder.redirectErrorStream(true).redirectOutput(output).start();
        boolean ended = false;
        try {
            process.getOutputStream().close();
            ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        } finally {
            if (!ended) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
        }
        if (!ended) {
            return Optional.of("did not end within " + limit.toSeconds() + " s");
        }
        return process.exitValue() == 0 ? Optional.empty() : Optional.of("ended with status " + process.exitValue());
    }

    /** Its first word that is no assignment to a variable: keys and passwords may stand in the others. */
    public String name() {
        for (String word : text.strip().split("\\s+", -1)) {
            if (word.indexOf('=') < 0) {
                return Printable.of(word);
            }
        }
        return Disclosure.HIDDEN;
    }

    /** The name only: what is shown anywhere. */
    @Override
    public String toString() {
        return name();
    }
}
