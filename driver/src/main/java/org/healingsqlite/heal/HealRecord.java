package org.healingsqlite.heal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.healingsqlite.completeness.Content;
import org.healingsqlite.fault.Fault;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.HeldFile;
import org.healingsqlite.files.SideDirectory;
import org.healingsqlite.incident.Loss;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.healingsqlite.log.Printable;
import org.healingsqlite.salvage.SalvageException;
import org.jspecify.annotations.Nullable;

/**
 * The heals of damaged content of one database, in the side directory: what every process, and the next start, has to know of those before. Whoever writes holds the
 * lock between processes.
 *
 * <p>One line for each: {@code healed MOMENT}, {@code failed MOMENT DIGEST HEAP MILLIS REASON}, {@code stopped MOMENT}. Lines that are none are passed over.
 */
final class HealRecord {
    /** How many times the heap is more of it: with the same setting, garbage collectors differ by some percent in what they count as theirs. */
    private static final double MORE_HEAP = 1.1;

    private static final Log LOG = Log.of(HealRecord.class);

    /** Of a reason: it names a file, and says how much is in it. */
    private static final int MOST_CHARACTERS_OF_REASON = 400;

    /** More than {@link #MOST_LINES} of the longest ones have. */
    private static final int MOST_BYTES = 1 << 18;

    /** More than any bound that can be set is of use for. */
    private static final int MOST_LINES = 300;

    private static final int COPY_BYTES = 1 << 20;

    private final DatabaseFile file;
    private final SideDirectory side;

    HealRecord(DatabaseFile file) {
        this.file = file;
        this.side = file.side();
    }

    /** Where it lies; who deletes it has damage healed again. */
    Path path() {
        return side.heals();
    }

    /** Notes that content was rewritten, unless what came of it is what was there, to the byte. */
    static void note(DatabaseFile file, Loss loss, Instant moment) {
        if (!loss.isNone() || loss.content() != Content.VERIFIED) {
            new HealRecord(file).add("healed " + moment);
        }
    }

    /**
     * A heal has failed. Noted where the reason lies in the file, so that it would fail again.
     *
     * @param reason null where nothing was thrown
     */
    void failed(@Nullable Exception reason, Instant moment, HealingSettings settings) {
        if (reason != null && isPassing(reason)) {
            return;
        }
        String why = reason == null ? "no rung held" : Printable.of(Disclosure.message(reason));
        String cut = why.substring(0, Math.min(why.length(), MOST_CHARACTERS_OF_REASON));
        state().ifPresent(state -> add("failed " + moment + ' ' + state + ' ' + means(settings) + ' ' + cut));
    }

    /** A heal that has failed; its text says when, and why where that is known. */
    record Failed(Instant moment, String reason) {
        @Override
        public String toString() {
            return reason.isEmpty() ? moment.toString() : moment + " (" + reason + ')';
        }
    }

    /** Whether the failure lies in the surroundings, and not in the file: it may be over when the same bytes are met again. */
    private static boolean isPassing(Exception failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            boolean passing = each instanceof SQLException sql
                    ? "HYT00".equals(sql.getSQLState()) || Fault.of(sql) instanceof Fault.Unavailable
                    : each instanceof IOException && !(each instanceof SalvageException);
            if (passing) {
                return true;
            }
        }
        return false;
    }

    /** What a heal has to work with: where there is more of it than before, it may succeed. */
    private static String means(HealingSettings settings) {
        return Runtime.getRuntime().maxMemory() + " " + settings.timeout().toMillis();
    }

    /** Whether so many heals have been necessary in so short a time that something damages the database again and again. */
    boolean isRecurring(Recurring bound, Instant now) {
        Instant since = now.minus(bound.within());
        return bound.isReachedBy(lines().stream()
                .filter(line -> line.startsWith("healed "))
                .filter(line -> moment(line).isAfter(since))
                .count());
    }

    /** That healing has stopped; whether nobody has told of it yet within a time. */
    boolean isFirstStop(Recurring bound, Instant now) {
        Instant since = now.minus(bound.within());
        boolean told = lines().stream()
                .filter(line -> line.startsWith("stopped "))
                .anyMatch(line -> moment(line).isAfter(since));
        if (!told) {
            add("stopped " + now);
        }
        return !told;
    }

    /** A heal of the files as they are now that has failed, and had no less to work with; empty where none has. */
    Optional<Failed> failedBefore(HealingSettings settings) {
        List<String> failed =
                lines().stream().filter(line -> line.startsWith("failed ")).toList();
        if (failed.isEmpty()) {
            return Optional.empty();
        }
        String state = state().orElse("");
        return failed.stream()
                .map(line -> line.split(" ", 6))
                .filter(parts -> parts.length >= 5 && parts[2].equals(state) && isNoLess(parts[3], parts[4], settings))
                .map(parts -> new Failed(moment("failed " + parts[1]), parts.length == 6 ? parts[5] : ""))
                .findFirst();
    }

    private static boolean isNoLess(String heap, String millis, HealingSettings settings) {
        try {
            return Runtime.getRuntime().maxMemory() < Long.parseLong(heap) * MORE_HEAP
                    && Long.parseLong(millis) >= settings.timeout().toMillis();
        } catch (NumberFormatException unreadable) {
            return false;
        }
    }

    /** The next damage is healed again, whatever was before. */
    void forget() {
        try {
            if (side.isOurs()) {
                Files.deleteIfExists(path());
            }
        } catch (IOException e) {
            LOG.warn("{}: the record of heals stays: {}", file.main(), Disclosure.text(e));
        }
    }

    private static Instant moment(String line) {
        try {
            return Instant.parse(line.split(" ", -1)[1]);
        } catch (DateTimeParseException unreadable) {
            return Instant.EPOCH;
        }
    }

    private List<String> lines() {
        try {
            byte[] bytes = side.read(path(), MOST_BYTES);
            return bytes == null
                    ? List.of()
                    : new String(bytes, StandardCharsets.UTF_8)
                            .lines()
                            .filter(line -> line.indexOf(' ') > 0)
                            .toList();
        } catch (IOException e) {
            LOG.warn("{}: the record of heals cannot be read: {}", file.main(), Disclosure.text(e));
            return List.of();
        }
    }

    private void add(String line) {
        List<String> lines = new ArrayList<>(lines());
        lines.add(line);
        String text = String.join("\n", lines.subList(Math.max(0, lines.size() - MOST_LINES), lines.size())) + '\n';
        try {
            side.create();
            side.replace(path(), text.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            LOG.warn("{}: the record of heals cannot be written: {}", file.main(), Disclosure.text(e));
        }
    }

    /** The bytes of the database and of its log, in a number; empty where they cannot be read. */
    private Optional<String> state() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            HeldFile.of(file).digestInto(digest);
            if (Files.isRegularFile(file.wal())) {
                try (FileChannel log = FileChannel.open(file.wal(), StandardOpenOption.READ)) {
                    ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
                    while (log.read(buffer) > 0) {
                        buffer.flip();
                        digest.update(buffer);
                        buffer.clear();
                    }
                }
            }
            return Optional.of(HexFormat.of().formatHex(digest.digest()).toLowerCase(Locale.ROOT));
        } catch (IOException | NoSuchAlgorithmException e) {
            LOG.debug("{}: its state is not known: {}", file.main(), Disclosure.text(e));
            return Optional.empty();
        }
    }

    /** What to tell where healing has stopped. */
    String stopped(Recurring bound) {
        return "the database was damaged " + bound.heals() + " times within " + text(bound.within())
                + ", and was healed with losses: something damages it again and again, as a failing disk or memory, or a program that"
                + " writes to it without locks. Nothing is rewritten any more. Find the cause, then call resetBreakers(), run"
                + " healing-sqlite heal --go-on, or delete " + path() + "; healing.recurring sets the bound";
    }

    private static String text(Duration duration) {
        return duration.toSeconds() % 3600 == 0
                ? duration.toHours() + " h"
                : duration.toSeconds() > 0 ? duration.toSeconds() + " s" : duration.toMillis() + " ms";
    }
}
