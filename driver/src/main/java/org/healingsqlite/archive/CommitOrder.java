package org.healingsqlite.archive;

import java.time.Duration;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;

/**
 * The order in which SQLite commits, for those who write the same order down afterwards. A number is taken under SQLite's write lock; what it stands for
 * is written when all numbers before it are done. Nobody waits here while holding a lock that another one's commit needs. Shared by threads.
 */
final class CommitOrder {
    private final TreeSet<Long> open = new TreeSet<>();
    private long last;

    /** The next number. */
    synchronized long take() {
        last++;
        open.add(last);
        return last;
    }

    /**
     * Waits until everything before a number is done.
     *
     * @return false where that took too long
     */
    synchronized boolean await(long number, Duration limit) {
        long deadlineNanos = System.nanoTime() + limit.toNanos();
        boolean interrupted = false;
        try {
            while (!open.isEmpty() && open.first() < number) {
                long leftNanos = deadlineNanos - System.nanoTime();
                if (leftNanos <= 0) {
                    return false;
                }
                try {
                    TimeUnit.NANOSECONDS.timedWait(this, leftNanos);
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            return true;
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Numbers are done, or stand for nothing. */
    synchronized void done(List<Long> numbers) {
        numbers.forEach(open::remove);
        notifyAll();
    }
}
