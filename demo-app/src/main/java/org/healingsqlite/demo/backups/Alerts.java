package org.healingsqlite.demo.backups;

import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;

/** Tells subscribers of events that are HIGH or CRITICAL, when they happen. Nobody who tells waits for those who listen. Thread-safe. */
final class Alerts {
    /** What a subscriber who does not listen may have waiting; what comes then is not for him. */
    private static final int MOST_WAITING = 1000;

    private final Set<BlockingQueue<ErrorEvent>> subscribers = ConcurrentHashMap.newKeySet();

    /** A queue that gets what happens from now on, for {@link #unsubscribe}. */
    BlockingQueue<ErrorEvent> subscribe() {
        BlockingQueue<ErrorEvent> queue = new LinkedBlockingQueue<>(MOST_WAITING);
        subscribers.add(queue);
        return queue;
    }

    void unsubscribe(BlockingQueue<ErrorEvent> queue) {
        subscribers.remove(queue);
    }

    void tell(ErrorEvent event) {
        if (event.severity().isAlarming()) {
            subscribers.forEach(queue -> queue.offer(event));
        }
    }
}
