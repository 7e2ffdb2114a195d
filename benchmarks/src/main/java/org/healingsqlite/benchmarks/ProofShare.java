package org.healingsqlite.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.Locale;
import org.healingsqlite.salvage.Salvage;
import org.healingsqlite.salvage.SalvageReport;

/** One salvage, as one process, and what part of its time the proof of the new content takes. */
final class ProofShare {
    private ProofShare() {}

    /** Prints the share of the proof, in percent, of the time that passed and of the processor's, and the rows that came back. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            throw new IllegalArgumentException("expected the damaged database and a path for the new one, found "
                    + arguments.length + " arguments");
        }
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long[] begun = {0, 0};
        long[] done = {0, 0};
        long start = System.nanoTime();
        SalvageReport report = Salvage.of(Path.of(arguments[0]))
                .progress((phase, pages, of) -> {
                    if (phase.equals("proof")) {
                        begun[0] = System.nanoTime();
                        begun[1] = threads.getCurrentThreadCpuTime();
                    } else if (phase.equals("publication")) {
                        done[0] = System.nanoTime();
                        done[1] = threads.getCurrentThreadCpuTime();
                    }
                })
                .into(Path.of(arguments[1]));
        long end = System.nanoTime();
        long processor = ProcessHandle.current()
                .info()
                .totalCpuDuration()
                .orElseThrow(() -> new IllegalStateException("this system does not tell what a process has used"))
                .toNanos();
        System.out.printf(
                Locale.ROOT,
                "%.1f %.1f %d%n",
                100.0 * (done[0] - begun[0]) / (end - start),
                100.0 * (done[1] - begun[1]) / processor,
                report.recoveredRows());
    }
}
