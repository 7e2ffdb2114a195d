package org.healingsqlite.files;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;
import org.jspecify.annotations.Nullable;

/**
 * The directory beside a database that holds what healing leaves behind: {@code app.db.healing/}. Created when it is first needed.
 *
 * <p>It is believed only where nobody else can have made or changed it: see {@link #standing()}. It belongs to its owner alone, mode 0700 and its files
 * 0600; where a group shares the database, to that group as well. No symbolic link is followed for it or in it, a file with a second name is refused, and so is
 * what is no file where one is expected. Where the system lets a directory be held open, files are opened through it, so that it cannot be exchanged in
 * between.
 *
 * @param database whose it is
 */
public record SideDirectory(DatabaseFile database) {
    private static final Log LOG = Log.of(SideDirectory.class);

    /** The form of what is in it, as this release writes it. Raised where an older release would misread or harm a newer one's. */
    static final int VERSION = 1;

    private static final String LOCK = "lock";
    private static final String INCIDENTS = "incidents.db";
    private static final String JOURNAL = "heal.journal";
    private static final String RESCUES = "rescues";
    private static final String HEALS = "heals";
    private static final String WORKSHOP = "healing.tmp";
    private static final String QUARANTINE = "quarantine";
    private static final String FORMAT = "version";
    private static final String NEW = ".new";

    /** What is read or opened by its name. */
    private static final List<String> FILES = List.of(
            FORMAT,
            LOCK,
            RESCUES,
            JOURNAL,
            HEALS,
            INCIDENTS,
            INCIDENTS + "-journal",
            INCIDENTS + "-wal",
            INCIDENTS + "-shm");

    /** A number of a release to come is no longer than this; what is longer was not written by one. */
    private static final int MOST_VERSION_BYTES = 20;

    private static final Pattern VERSION_TEXT = Pattern.compile("[1-9]\\d{0,8}\\s*");
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("yyyyMMdd_HHmmss", Locale.ROOT).withZone(ZoneId.systemDefault());
    private static final int MAX_COPIES_PER_SECOND = 10_000;

    /** What the names that {@link #reserve} gives look like behind the name of the database. */
    private static final Pattern RESERVED =
            Pattern.compile("_rescued_[0-9a-f]{6}_\\d{8}_\\d{6}(_\\d{1,5})?(\\.[^./\\\\]*)?");

    /** What can be said of a side directory before anything in it is believed. */
    public sealed interface Standing {
        /** There is none. */
        record Absent() implements Standing {}

        /** It is this database's own. */
        record Ours() implements Standing {}

        /**
         * It is not to be touched: somebody else may have made or changed it, or a newer release did.
         *
         * @param why what was found, and what was expected
         */
        record NotOurs(String why) implements Standing {}
    }

    /** Where it is, or would be. */
    public Path path() {
        return database.beside(".healing");
    }

    public Path lock() {
        return path().resolve(LOCK);
    }

    public Path incidents() {
        return path().resolve(INCIDENTS);
    }

    /** The steps of a heal that is under way, or that was when its process ended. */
    public Path journal() {
        return path().resolve(JOURNAL);
    }

    /** Which lost files' content is safe. */
    public Path rescues() {
        return path().resolve(RESCUES);
    }

    /** What every process has to know of the heals before: how many there were, and which failed. */
    public Path heals() {
        return path().resolve(HEALS);
    }

    /** Where a heal makes what it will put into the database. */
    public Path workshop() {
        return path().resolve(WORKSHOP);
    }

    public Path quarantine() {
        return path().resolve(QUARANTINE);
    }

    // ---- Whether it is believed

    /** Looks at the directory and at what is opened by its name. Opens nothing but the version, and changes nothing. Costs one stat where there is none. */
    public Standing standing() {
        try {
            EntryFacts facts = EntryFacts.of(path());
            if (facts == null) {
                return new Standing.Absent();
            }
            SideRules rules = SideRules.of(database).ifSharedBefore(facts);
            Optional<String> problem = rules.problemOfDirectory(path(), facts);
            for (String name : FILES) {
                if (problem.isEmpty()) {
                    problem = problemOfFile(rules, path().resolve(name));
                }
            }
            EntryFacts kept = problem.isPresent() ? null : EntryFacts.of(quarantine());
            if (kept != null) {
                problem = rules.problemOfDirectory(quarantine(), kept);
            }
            return problem.or(() -> problemOfVersion(rules))
                    .<Standing>map(Standing.NotOurs::new)
                    .orElseGet(Standing.Ours::new);
        } catch (IOException | RuntimeException e) {
            return new Standing.NotOurs(path() + " cannot be looked at: " + Disclosure.text(e));
        }
    }

    private static Optional<String> problemOfFile(SideRules rules, Path path) throws IOException {
        EntryFacts facts = EntryFacts.of(path);
        return facts == null ? Optional.empty() : rules.problemOfFile(path, facts);
    }

    private Optional<String> problemOfVersion(SideRules rules) {
        try {
            byte[] bytes = readThoughInterrupted(rules, FORMAT, MOST_VERSION_BYTES);
            // Releases before there was a version wrote what this one calls 1.
            if (bytes == null) {
                return Optional.empty();
            }
            String text = new String(bytes, StandardCharsets.US_ASCII);
            if (!VERSION_TEXT.matcher(text).matches()) {
                return Optional.of(path().resolve(FORMAT) + ": expected a number, found something else");
            }
            int version = Integer.parseInt(text.strip());
            return version <= VERSION
                    ? Optional.empty()
                    : Optional.of(path() + " is of a newer release: its version is " + version + ", this release knows "
                            + VERSION);
        } catch (IOException e) {
            return Optional.of(path().resolve(FORMAT) + " cannot be read: " + Disclosure.text(e));
        }
    }

    /** The rules, once the directory is known to keep them. It may be exchanged from then on: what is opened is asked once more. */
    SideRules requireOurs() throws IOException {
        Standing standing = standing();
        if (standing instanceof Standing.NotOurs not) {
            throw new SideDirectoryException(not.why());
        }
        EntryFacts facts = EntryFacts.of(path());
        if (facts == null) {
            throw new NoSuchFileException(path().toString());
        }
        return SideRules.of(database).ifSharedBefore(facts);
    }

    /** Whether there is one, and it is this database's own. */
    public boolean isOurs() {
        return standing() instanceof Standing.Ours;
    }

    // ---- Making it

    /**
     * Sees to it that the directory is there. The database's own directory must be there: it may be gone on purpose.
     *
     * @throws SideDirectoryException where it is not this database's own
     */
    public void create() throws IOException {
        if (EntryFacts.of(path()) == null) {
            try {
                Files.createDirectory(
                        path(),
                        attributes(Set.of(
                                PosixFilePermission.OWNER_READ,
                                PosixFilePermission.OWNER_WRITE,
                                PosixFilePermission.OWNER_EXECUTE)));
            } catch (FileAlreadyExistsException meanwhile) {
                // Whose it is will be seen.
            }
        }
        SideRules rules = requireOurs();
        adopt(rules, path());
        if (EntryFacts.of(path().resolve(FORMAT)) == null) {
            // Nobody has to hold the lock to make the directory, so each writes a file of its own: in one for all,
            // another's half could be taken for the whole.
            String own = FORMAT + '-' + UUID.randomUUID() + NEW;
            replaceOpen(FORMAT, own, (VERSION + "\n").getBytes(StandardCharsets.US_ASCII))
                    .close();
        }
    }

    /**
     * A directory of this user's gets the permissions it should have, and the group where one shares the database; where this process is the system's administrator, the
     * owner of the database as well, who could not use it otherwise.
     */
    private static void adopt(SideRules rules, Path directory) throws IOException {
        EntryFacts facts = EntryFacts.of(directory);
        if (facts == null || !rules.process().equals(facts.owner())) {
            return;
        }
        if (!facts.permissions().equals(rules.directoryPermissions()) && !facts.groupMayWrite()) {
            adoptFiles(rules, directory);
        }
        try (SecureDirectoryStream<Path> open = open(directory)) {
            PosixFileAttributeView view = open == null ? null : open.getFileAttributeView(PosixFileAttributeView.class);
            if (view != null) {
                belong(rules, view, rules.directoryPermissions());
            }
        }
    }

    /**
     * The files in a directory that is about to become a group's, or was made by others than this library. As long as it is nobody else's, no name in it can be exchanged, and none has to be opened:
     * closing the lock file, or a database, would drop locks.
     */
    private static void adoptFiles(SideRules rules, Path directory) throws IOException {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(directory)) {
            for (Path each : all) {
                PosixFileAttributeView view = view(null, each);
                if (view != null) {
                    belong(rules, view, rules.filePermissions());
                }
            }
        }
    }

    /** Only what this process owns, or may give away, is changed; what it may not is as it was. */
    private static void belong(SideRules rules, PosixFileAttributeView view, Set<PosixFilePermission> permissions)
            throws IOException {
        PosixFileAttributes now = view.readAttributes();
        if (!rules.process().equals(now.owner())) {
            return;
        }
        Set<PosixFilePermission> allowed = permissions;
        GroupPrincipal group = rules.sharedBy();
        UserPrincipal owner = rules.database();
        try {
            if (group != null && !group.equals(now.group())) {
                view.setGroup(group);
            }
        } catch (IOException notAMember) {
            LOG.debug("group {} cannot be given: {}", group, notAMember.toString());
            allowed = new HashSet<>(permissions);
            allowed.removeIf(each -> each.name().startsWith("GROUP_"));
        }
        if (!allowed.equals(now.permissions())) {
            view.setPermissions(allowed);
        }
        if (owner != null && !owner.equals(now.owner())) {
            try {
                view.setOwner(owner);
            } catch (IOException onlyAdministratorsMay) {
                LOG.debug("{}", onlyAdministratorsMay.toString());
            }
        }
    }

    /** A directory held open, no link followed; null where the platform has no such thing, or does not let the one above be read. */
    @SuppressWarnings("MustBeClosedChecker")
    private static @Nullable SecureDirectoryStream<Path> open(Path directory) throws IOException {
        Path parent = directory.getParent();
        Path name = directory.getFileName();
        if (parent == null || name == null) {
            return null;
        }
        try (DirectoryStream<Path> above = Files.newDirectoryStream(parent)) {
            return above instanceof SecureDirectoryStream<Path> secure
                    ? secure.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)
                    : null;
        } catch (java.nio.file.AccessDeniedException unreadable) {
            return null;
        }
    }

    // ---- Files in it

    /**
     * Opens a file that lies in the directory itself.
     *
     * @param options no link is followed in any case; a new file gets the permissions of the directory's files
     * @throws SideDirectoryException where the directory, or the file, is not this database's own
     */
    FileChannel channel(Path file, Set<? extends OpenOption> options) throws IOException {
        return channel(requireOurs(), name(file), options);
    }

    /** As {@link #channel(Path, Set)}, of a directory that was looked at before. */
    FileChannel channel(SideRules rules, String name, Set<? extends OpenOption> options) throws IOException {
        boolean isNew = EntryFacts.of(path().resolve(name)) == null;
        Set<OpenOption> all = new HashSet<>(options);
        all.add(LinkOption.NOFOLLOW_LINKS);
        FileAttribute<?>[] attributes = attributes(rules.filePermissions());
        try (SecureDirectoryStream<Path> open = open(path())) {
            if (open == null) {
                return FileChannel.open(path().resolve(name), all, attributes);
            }
            refuseOthers(rules, open);
            SeekableByteChannel channel = open.newByteChannel(Path.of(name), all, attributes);
            if (isNew) {
                belong(rules, path().resolve(name));
            }
            // Source: SecureDirectoryStream.newByteChannel is a FileChannel on the default file system.
            return (FileChannel) channel;
        }
    }

    /** What was opened may be another directory than the one that was looked at. */
    private void refuseOthers(SideRules rules, SecureDirectoryStream<Path> open) throws IOException {
        PosixFileAttributeView view = open.getFileAttributeView(PosixFileAttributeView.class);
        if (view == null) {
            return;
        }
        PosixFileAttributes now = view.readAttributes();
        EntryFacts facts = new EntryFacts(EntryFacts.Kind.DIRECTORY, now.owner(), now.group(), now.permissions(), 1);
        Optional<String> problem = rules.problemOfDirectory(path(), facts);
        if (problem.isPresent()) {
            throw new SideDirectoryException(problem.get());
        }
    }

    /** Gives a file that this process has just made in the directory to those who share it. */
    private static void belong(SideRules rules, Path file) throws IOException {
        try (SecureDirectoryStream<Path> open = open(parent(file))) {
            PosixFileAttributeView view = view(open, file);
            if (view != null) {
                belong(rules, view, rules.filePermissions());
            }
        }
    }

    /** What changes a file's owner and permissions: through the directory where that can be held open, so that no link is followed that somebody puts there. */
    private static @Nullable PosixFileAttributeView view(@Nullable SecureDirectoryStream<Path> open, Path file)
            throws IOException {
        EntryFacts facts = EntryFacts.of(file);
        if (facts == null || facts.kind() != EntryFacts.Kind.FILE || facts.links() > 1) {
            return null;
        }
        return open == null
                ? Files.getFileAttributeView(file, PosixFileAttributeView.class)
                : open.getFileAttributeView(
                        file.getFileName(), PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    }

    private static Path parent(Path file) throws IOException {
        Path parent = file.getParent();
        if (parent == null) {
            throw new NoSuchFileException(file.toString());
        }
        return parent;
    }

    /**
     * Reads a small file whole.
     *
     * @param most bytes that it may have
     * @return null where there is none, or no directory
     * @throws IOException where it is larger, or not this database's own
     */
    public byte @Nullable [] read(Path file, int most) throws IOException {
        try {
            return read(requireOurs(), name(file), most);
        } catch (NoSuchFileException absent) {
            return null;
        }
    }

    /** As {@link #read(Path, int)}, of a directory that was looked at before. */
    byte @Nullable [] read(SideRules rules, String name, int most) throws IOException {
        try (FileChannel channel = openToRead(rules, name)) {
            long size = channel.size();
            if (size > most) {
                throw new IOException(path().resolve(name) + ": expected at most " + most + " bytes, found " + size);
            }
            ByteBuffer buffer = ByteBuffer.allocate((int) size);
            while (buffer.hasRemaining() && channel.read(buffer) > 0) {
                // until it is full or the file has ended
            }
            byte[] bytes = new byte[buffer.position()];
            buffer.flip();
            buffer.get(bytes);
            return bytes;
        } catch (NoSuchFileException absent) {
            return null;
        }
    }

    /** As {@link #read(SideRules, String, int)}: that somebody interrupts the caller says nothing about the file. */
    private byte @Nullable [] readThoughInterrupted(SideRules rules, String name, int most) throws IOException {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return read(rules, name, most);
                } catch (ClosedByInterruptException e) {
                    interrupted |= Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private FileChannel openToRead(SideRules rules, String name) throws IOException {
        Set<OpenOption> options = Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
        try (SecureDirectoryStream<Path> open = open(path())) {
            if (open == null) {
                return FileChannel.open(path().resolve(name), options);
            }
            refuseOthers(rules, open);
            // Source: SecureDirectoryStream.newByteChannel is a FileChannel on the default file system.
            return (FileChannel) open.newByteChannel(Path.of(name), options);
        }
    }

    /** Writes a file whole, durably, in place of what has its name: who reads it sees the old content or the new. The caller holds the {@link #lock()}. */
    public void replace(Path file, byte[] content) throws IOException {
        replaceOpen(file, content).close();
    }

    /** As {@link #replace}, and leaves the new file open, for more to be added to it. */
    public FileChannel replaceOpen(Path file, byte[] content) throws IOException {
        String name = name(file);
        requireOurs();
        Files.deleteIfExists(path().resolve(name + NEW));
        return replaceOpen(name, name + NEW, content);
    }

    private FileChannel replaceOpen(String name, String writtenAs, byte[] content) throws IOException {
        SideRules rules = requireOurs();
        Path written = path().resolve(writtenAs);
        FileChannel channel =
                channel(rules, writtenAs, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
        boolean done = false;
        try {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
            Files.move(
                    written, path().resolve(name), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            done = true;
            return channel;
        } finally {
            if (!done) {
                channel.close();
                Files.deleteIfExists(written);
            }
        }
    }

    private String name(Path file) {
        if (!path().equals(file.getParent()) || file.getFileName() == null) {
            throw new IllegalArgumentException("Expected a file of " + path() + ", found " + file);
        }
        return file.getFileName().toString();
    }

    /**
     * Sees to it that a file is there, empty where it was not, for SQLite to write to: SQLite alone would let everybody read it.
     *
     * @param file in the directory or in its quarantine
     * @return the same
     * @throws SideDirectoryException where something else than a file of this database's own is there
     */
    public Path prepare(Path file) throws IOException {
        SideRules rules = requireOurs();
        Optional<String> problem = problemOfFile(rules, file);
        if (problem.isPresent()) {
            throw new SideDirectoryException(problem.get());
        }
        if (EntryFacts.of(file) == null) {
            try {
                Files.createFile(file, attributes(rules.filePermissions()));
                belong(rules, file);
            } catch (FileAlreadyExistsException meanwhile) {
                return prepare(file);
            }
        }
        return file;
    }

    /**
     * Gives a file that was moved here the permissions of the directory's files, where that can be done without opening it: SQLite may have it open, and closing
     * a descriptor would drop its locks. Where others may exchange it meanwhile, it stays as it is, in a directory that keeps everybody else out.
     */
    public void restrictMoved(Path file) throws IOException {
        SideRules rules = requireOurs();
        EntryFacts above = EntryFacts.of(parent(file));
        EntryFacts facts = EntryFacts.of(file);
        if (rules.isShared()
                || above == null
                || !rules.process().equals(above.owner())
                || facts == null
                || facts.kind() != EntryFacts.Kind.FILE
                || facts.links() > 1) {
            return;
        }
        try {
            PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
            if (view != null) {
                view.setPermissions(rules.filePermissions());
            }
        } catch (FileSystemException somebodyElses) {
            LOG.debug("{} keeps its permissions: {}", file, somebodyElses.toString());
        }
    }

    /** Gives a file that was written here by others the permissions of the directory's files, where this process may. Nobody has it open. */
    public void restrict(Path file) throws IOException {
        SideRules rules = requireOurs();
        try (SecureDirectoryStream<Path> open = open(parent(file))) {
            PosixFileAttributeView view = view(open, file);
            if (view != null) {
                view.setPermissions(rules.filePermissions());
                belong(rules, view, rules.filePermissions());
            }
        } catch (FileSystemException somebodyElses) {
            LOG.debug("{} keeps its permissions, in a directory that is private: {}", file, somebodyElses.toString());
        }
    }

    /**
     * Gives a file of the directory, or of its quarantine, the ownership with which it is to be put back to the path.
     *
     * @param wanted null where it is not known: then it is as private as it was here
     * @return what could not be given, for a reader
     */
    public List<String> give(@Nullable FileOwnership wanted, Path file) throws IOException {
        requireOurs();
        if (wanted == null) {
            return List.of();
        }
        try (SecureDirectoryStream<Path> open = open(parent(file))) {
            PosixFileAttributeView view = view(open, file);
            return view == null ? wanted.giveTo(file) : wanted.giveTo(view, file);
        }
    }

    // ---- The quarantine

    /**
     * Reserves a name in the quarantine, for example {@code app_rescued_20261121_101112.db}, by creating the empty file; a number is
     * added where the name is taken.
     *
     * @param name of the database file the evidence comes from
     * @param what what the copy is: {@code corrupted}, {@code rescued}
     */
    public Path reserve(String name, String what, Instant moment) throws IOException {
        create();
        createQuarantine();
        SideRules rules = requireOurs();
        int dot = name.lastIndexOf('.');
        String extension = dot > 0 ? name.substring(dot) : ".db";
        String first = stem(name) + '_' + what + '_' + STAMP.format(moment);
        for (int copy = 1; copy <= MAX_COPIES_PER_SECOND; copy++) {
            Path candidate = quarantine().resolve(copy == 1 ? first + extension : first + '_' + copy + extension);
            try {
                Files.createFile(candidate, attributes(rules.filePermissions()));
                belong(rules, candidate);
                return candidate;
            } catch (FileAlreadyExistsException taken) {
                // the next number
            }
        }
        throw new IOException("no free name for " + first + extension + " in " + quarantine());
    }

    private static String stem(String name) {
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private void createQuarantine() throws IOException {
        SideRules rules = requireOurs();
        if (EntryFacts.of(quarantine()) == null) {
            try {
                Files.createDirectory(quarantine(), attributes(rules.directoryPermissions()));
            } catch (FileAlreadyExistsException meanwhile) {
                requireOurs();
            }
        }
        adopt(rules, quarantine());
    }

    /** Whether a name is one that {@link #reserve} gives to what a lost file of this database held: none that leads elsewhere. */
    boolean isNameOfRescued(String name) {
        String stem = stem(String.valueOf(database.main().getFileName()));
        return name.startsWith(stem)
                && RESERVED.matcher(name.substring(stem.length())).matches();
    }

    /**
     * Whether a file in the quarantine is one that may be put back to the path: this database's own, with one name.
     *
     * @return what is wrong with it; empty where nothing is
     */
    public Optional<String> problemOf(Path copy) throws IOException {
        if (!quarantine().equals(copy.getParent()) || !isNameOfRescued(String.valueOf(copy.getFileName()))) {
            return Optional.of(copy + " is not the name of a rescued database");
        }
        EntryFacts facts = EntryFacts.of(copy);
        return facts == null ? Optional.of(copy + " is gone") : requireOurs().problemOfFile(copy, facts);
    }

    private FileAttribute<?>[] attributes(Set<PosixFilePermission> permissions) {
        return Platform.hasPermissions(database.main())
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)}
                : new FileAttribute<?>[0];
    }
}
