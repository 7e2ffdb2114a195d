package org.healingsqlite.replica;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/**
 * Who takes a lease, in one line: what tells this process from every other, and lets a process of the same machine find out whether it is gone.
 *
 * @param machine of this start of the machine, and of what numbers its processes; empty where the system does not tell
 */
record Owner(String host, String machine, long pid, String unique) {
    private static final String SEPARATOR = " ";

    static Owner ofThisProcess() {
        return new Owner(
                hostName(),
                machineNow(),
                ProcessHandle.current().pid(),
                UUID.randomUUID().toString().substring(0, 8));
    }

    private static String hostName() {
        try {
            // No name server is asked.
            return Files.readString(Path.of("/proc/sys/kernel/hostname"))
                    .strip()
                    .replaceAll("\\s", "-");
        } catch (IOException | RuntimeException unknown) {
            return System.getenv().getOrDefault("COMPUTERNAME", "unknown-host").replaceAll("\\s", "-");
        }
    }

    /** Process numbers mean something within one start of the machine, and within one name space of a container. */
    private static String machineNow() {
        try {
            return Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip() + "/"
                    + Files.readSymbolicLink(Path.of("/proc/self/ns/pid"))
                            .toString()
                            .replaceAll("\\D", "");
        } catch (IOException | RuntimeException unknown) {
            return "unknown";
        }
    }

    String line() {
        return host + SEPARATOR + machine + SEPARATOR + pid + SEPARATOR + unique;
    }

    /** Whether the process that a line names is certainly over. */
    static boolean isGone(String line) {
        String[] parts = line.split(SEPARATOR, -1);
        String here = machineNow();
        if (parts.length != 4 || here.equals("unknown") || !parts[1].equals(here) || !parts[2].matches("\\d{1,18}")) {
            return false;
        }
        return ProcessHandle.of(Long.parseLong(parts[2]))
                .filter(ProcessHandle::isAlive)
                .isEmpty();
    }

    /** Whether a line names this process. */
    static boolean isThisProcess(String line) {
        String[] parts = line.split(SEPARATOR, -1);
        return parts.length == 4
                && parts[1].equals(machineNow())
                && parts[2].equals(Long.toString(ProcessHandle.current().pid()));
    }

    /** What a reader is shown of a line: host and process. */
    static String shown(String line) {
        String[] parts = line.split(SEPARATOR, -1);
        return parts.length == 4 ? parts[0] + ", process " + parts[2] : line;
    }
}
