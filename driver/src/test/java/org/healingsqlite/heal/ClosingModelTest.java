package org.healingsqlite.heal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.healingsqlite.files.DatabaseFile;
import org.healingsqlite.files.FileIdentity;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every interleaving of connections that open, write one row and close, in two processes, of the rescue in the background, of somebody who deletes the file and of a
 * SIGKILL: whatever the order, no acknowledged row is lost, and nobody waits for ever. Who may leave is decided by the {@link ConnectionRegistry} itself; the rest
 * is a model of the steps that the lock between processes, the rescue log and the path see.
 */
class ClosingModelTest {
    private static final int FILES = 6;
    private static final int NOBODY = -1;

    @TempDir
    Path directory;

    private final FileIdentity[] identities = new FileIdentity[FILES + 1];
    private final List<FakeDoor> doors = new ArrayList<>();

    @BeforeEach
    void makeDoors() throws Exception {
        for (int i = 1; i <= FILES; i++) {
            identities[i] = Objects.requireNonNull(FileIdentity.of(Files.createFile(directory.resolve("file" + i))));
        }
        for (int i = 0; i < 4; i++) {
            doors.add(new FakeDoor(DatabaseFile.at(directory.resolve("any.db")), FakeDoor.options()));
        }
    }

    @AfterEach
    void closeDoors() throws Exception {
        for (FakeDoor door : doors) {
            door.close();
        }
    }

    /** How a connection decides whether it may let go of its file. */
    @FunctionalInterface
    private interface Decision {
        boolean mayLeave(ConnectionRegistry registry, FakeDoor connection, @Nullable FileIdentity atPath);
    }

    private static final Decision AS_IT_IS =
            (registry, connection, atPath) -> registry.mayLeave(connection, false, () -> atPath);

    /** Looks who else is there, and tells nobody. */
    private static final Decision WITHOUT_A_DECISION =
            (registry, connection, atPath) -> registry.others(connection).stream()
                            .anyMatch(other -> Objects.equals(other.identity(), connection.identity()))
                    || Objects.equals(connection.identity(), atPath);

    @Test
    void twoThatCloseWhileTheFileIsDeletedLoseNothing() {
        assertThat(explore(new Cast(List.of(0, 0), 2, 0, true), AS_IT_IS)).isEmpty();
    }

    @Test
    void threeThatCloseAndTheRescueInTheBackgroundLoseNothing() {
        assertThat(explore(new Cast(List.of(0, 0, 0), 1, 0, true), AS_IT_IS)).isEmpty();
    }

    @Test
    void aProcessThatIsKilledTakesNothingAlongThatAnotherOneHolds() {
        assertThat(explore(new Cast(List.of(0, 0, 1), 1, 1, false), AS_IT_IS)).isEmpty();
    }

    @Test
    void oneThatIsDecidedWithoutTellingTheOthersIsFoundOut() {
        assertThat(explore(new Cast(List.of(0, 0), 1, 0, false), WITHOUT_A_DECISION))
                .isNotEmpty();
    }

    /**
     * Who plays.
     *
     * @param processes the process of each connection
     * @param deletions how often the file is deleted, at most
     * @param kills how many processes are killed, at most
     * @param watch whether the first process saves lost files in the background, too
     */
    private record Cast(List<Integer> processes, int deletions, int kills, boolean watch) {
        int size() {
            return processes.size() + (watch ? 1 : 0);
        }

        boolean isWatch(int actor) {
            return actor == processes.size();
        }

        int process(int actor) {
            return isWatch(actor) ? 0 : processes.get(actor);
        }
    }

    /** Where an actor is. The steps of a rescue are the same for a connection that closes and for the background. */
    private enum At {
        OPEN,
        REGISTER,
        WRITE,
        DECIDE,
        LOCK,
        COPY,
        PUBLISH,
        ARRIVE,
        CLOSE,
        REMOVE,
        GONE
    }

    private static final class Actor {
        At at = At.OPEN;
        int file;
        boolean registered;
        boolean leaving;
        int copy;
        int published;

        /** The connection that the background saves through. */
        int through = NOBODY;

        Actor copy() {
            Actor copy = new Actor();
            copy.at = at;
            copy.file = file;
            copy.registered = registered;
            copy.leaving = leaving;
            copy.copy = this.copy;
            copy.published = published;
            copy.through = through;
            return copy;
        }

        @Override
        public String toString() {
            return at + ":" + file + (registered ? "r" : "") + (leaving ? "l" : "") + ":" + copy + ":" + published + ":"
                    + through;
        }
    }

    /** The world between two steps. Rows are bits, one for each connection. */
    private static final class State {
        int path = 1;
        int files = 1;
        final int[] rows = new int[FILES + 1];
        final boolean[] fenced = new boolean[FILES + 1];
        final boolean[] safe = new boolean[FILES + 1];
        int acknowledged;
        int keptAside;
        int lock = NOBODY;
        int deletions;
        int kills;
        final List<Actor> actors = new ArrayList<>();
        String last = "begin";

        @Nullable
        State before;

        State copy(String step) {
            State copy = new State();
            copy.path = path;
            copy.files = files;
            System.arraycopy(rows, 0, copy.rows, 0, rows.length);
            System.arraycopy(fenced, 0, copy.fenced, 0, fenced.length);
            System.arraycopy(safe, 0, copy.safe, 0, safe.length);
            copy.acknowledged = acknowledged;
            copy.keptAside = keptAside;
            copy.lock = lock;
            copy.deletions = deletions;
            copy.kills = kills;
            actors.forEach(actor -> copy.actors.add(actor.copy()));
            copy.last = step;
            copy.before = this;
            return copy;
        }

        String key() {
            return path + " " + files + Arrays.toString(rows) + Arrays.toString(fenced) + Arrays.toString(safe)
                    + acknowledged + " " + keptAside + " " + lock + " " + deletions + " " + kills + actors;
        }

        boolean isLost(int file) {
            return file != 0 && file != path && !safe[file];
        }

        String story() {
            State earlier = before;
            return (earlier == null ? "" : earlier.story() + ", ") + last;
        }
    }

    /** Plays everything; gives the first story in which a row is lost or somebody waits for ever, and none where there is none. */
    private List<String> explore(Cast cast, Decision decision) {
        Set<String> seen = new HashSet<>();
        Deque<State> open = new ArrayDeque<>();
        State first = new State();
        first.deletions = cast.deletions();
        first.kills = cast.kills();
        for (int i = 0; i < cast.size(); i++) {
            first.actors.add(new Actor());
        }
        open.push(first);
        while (!open.isEmpty()) {
            State state = open.pop();
            if (!seen.add(state.key())) {
                continue;
            }
            List<State> next = new ArrayList<>();
            boolean isOver = true;
            for (int i = 0; i < cast.size(); i++) {
                boolean rests = cast.isWatch(i) && state.actors.get(i).at == At.OPEN;
                isOver &= rests || state.actors.get(i).at == At.GONE;
                State after = state.copy(i + " " + state.actors.get(i).at);
                if (step(cast, decision, after, i)) {
                    next.add(after);
                }
            }
            if (isOver) {
                int kept = state.rows[state.path] | state.keptAside;
                if ((state.acknowledged & ~kept) != 0) {
                    return List.of("lost: " + state.story());
                }
            } else if (next.isEmpty()) {
                return List.of("stuck: " + state.story());
            }
            addCalamities(cast, state, next);
            next.forEach(open::push);
        }
        System.out.printf("%d states of %s%n", seen.size(), cast.processes());
        return List.of();
    }

    private static void addCalamities(Cast cast, State state, List<State> next) {
        if (state.deletions > 0 && state.path != 0) {
            State after = state.copy("deleted");
            after.deletions--;
            after.path = 0;
            excuse(after, state.path);
            next.add(after);
        }
        if (state.kills > 0) {
            for (int process = 0; process <= Collections.max(cast.processes()); process++) {
                State after = state.copy("killed " + process);
                after.kills--;
                for (int i = 0; i < cast.size(); i++) {
                    Actor actor = after.actors.get(i);
                    if (cast.process(i) == process && actor.at != At.GONE) {
                        if (after.lock == i) {
                            after.lock = NOBODY;
                        }
                        int file = actor.file;
                        after.actors.set(i, new Actor());
                        after.actors.get(i).at = At.GONE;
                        if (file != after.path) {
                            excuse(after, file);
                        }
                    }
                }
                next.add(after);
            }
        }
    }

    /** What is in a file without a name, and nobody holds who could still save it, is not to be had: whoever closed it had it at its path. */
    private static void excuse(State state, int file) {
        boolean held = state.actors.stream().anyMatch(actor -> actor.file == file && !actor.leaving);
        if (file != 0 && !held && !state.safe[file]) {
            state.acknowledged &= ~state.rows[file];
        }
    }

    /** Whether the background is in the middle of saving through a connection: its own thread is let finish first. */
    private static boolean isMoved(State state, int connection) {
        return state.actors.stream().anyMatch(actor -> actor.through == connection && actor.at != At.LOCK);
    }

    /** One step of an actor; false where it cannot make one now. */
    private boolean step(Cast cast, Decision decision, State state, int number) {
        Actor actor = state.actors.get(number);
        if (actor.at != At.DECIDE && !cast.isWatch(number) && isMoved(state, number)) {
            return false;
        }
        switch (actor.at) {
            case OPEN -> {
                return cast.isWatch(number) ? choose(cast, state, actor) : open(state, actor);
            }
            case REGISTER -> {
                actor.registered = true;
                actor.at = At.WRITE;
            }
            case WRITE -> write(state, actor, 1 << number);
            case DECIDE -> decide(cast, decision, state, number);
            case LOCK, COPY, PUBLISH, ARRIVE -> {
                return rescue(cast, state, number);
            }
            case CLOSE -> {
                actor.file = 0;
                actor.at = At.REMOVE;
            }
            case REMOVE -> {
                actor.registered = false;
                actor.leaving = false;
                actor.at = At.GONE;
            }
            case GONE -> {
                return false;
            }
        }
        return true;
    }

    /** A file is created only where nobody holds what was there. */
    private static boolean open(State state, Actor actor) {
        if (state.path == 0) {
            boolean held = state.actors.stream().anyMatch(other -> other.registered && state.isLost(other.file));
            if (held || state.lock != NOBODY || state.files == FILES) {
                return false;
            }
            state.path = ++state.files;
        }
        actor.file = state.path;
        actor.at = At.REGISTER;
        return true;
    }

    private static void write(State state, Actor actor, int row) {
        if (state.fenced[actor.file]) {
            // Told so by SQLite: it moves, where there is something to move to, or closes without having written.
            if (state.safe[actor.file] && state.path != 0) {
                actor.file = state.path;
                return;
            }
        } else {
            state.rows[actor.file] |= row;
            state.acknowledged |= row;
        }
        actor.at = At.DECIDE;
    }

    private void decide(Cast cast, Decision decision, State state, int number) {
        Actor actor = state.actors.get(number);
        ConnectionRegistry registry = new ConnectionRegistry();
        for (int i = 0; i < cast.processes().size(); i++) {
            Actor other = state.actors.get(i);
            if (other.registered && cast.process(i) == cast.process(number)) {
                doors.get(i).identity = identities[other.file];
                registry.add(doors.get(i));
                if (other.leaving) {
                    registry.leaves(doors.get(i));
                }
            }
        }
        if (state.safe[actor.file] && actor.file != state.path) {
            actor.leaving = true;
            actor.at = At.CLOSE;
        } else if (decision.mayLeave(registry, doors.get(number), identities[state.path])) {
            actor.leaving = true;
            actor.at = At.CLOSE;
        } else {
            actor.at = At.LOCK;
        }
    }

    /** The background looks for a connection of its process that holds a lost file. */
    private static boolean choose(Cast cast, State state, Actor watch) {
        for (int i = 0; i < cast.processes().size(); i++) {
            Actor connection = state.actors.get(i);
            if (cast.process(i) == 0 && connection.registered && state.isLost(connection.file)) {
                watch.through = i;
                watch.at = At.LOCK;
                return true;
            }
        }
        return false;
    }

    private static boolean rescue(Cast cast, State state, int number) {
        Actor rescuer = state.actors.get(number);
        Actor connection = cast.isWatch(number) ? state.actors.get(rescuer.through) : rescuer;
        At begin = cast.isWatch(number) ? At.OPEN : At.DECIDE;
        switch (rescuer.at) {
            case LOCK -> {
                if (state.lock != NOBODY) {
                    return false;
                }
                if (state.isLost(connection.file)) {
                    state.lock = number;
                    rescuer.at = At.COPY;
                } else {
                    end(rescuer, begin);
                }
            }
            case COPY -> {
                rescuer.copy = state.rows[connection.file];
                state.fenced[connection.file] = true;
                state.keptAside |= rescuer.copy;
                rescuer.at = At.PUBLISH;
            }
            case PUBLISH -> {
                if (state.path == 0) {
                    if (state.files == FILES) {
                        return false;
                    }
                    state.path = ++state.files;
                }
                state.rows[state.path] |= rescuer.copy;
                state.safe[connection.file] = true;
                state.keptAside &= ~rescuer.copy;
                rescuer.published = state.path;
                rescuer.at = At.ARRIVE;
            }
            default -> {
                if (state.path == rescuer.published) {
                    connection.file = rescuer.published;
                } else {
                    state.safe[connection.file] = false;
                    state.fenced[connection.file] = false;
                }
                state.lock = NOBODY;
                end(rescuer, begin);
            }
        }
        return true;
    }

    private static void end(Actor rescuer, At begin) {
        rescuer.copy = 0;
        rescuer.published = 0;
        rescuer.through = NOBODY;
        rescuer.at = begin;
    }
}
