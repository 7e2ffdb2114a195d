package org.healingsqlite.s3;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.healingsqlite.replica.ReplicaStore;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedMultipartUpload;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;
import software.amazon.awssdk.services.s3.model.S3Object;

/**
 * A store in a bucket. An object is written to a file of this machine first, because its size has to be known, and then put as a whole; a large one in parts, which become an object together.
 * Thread-safe.
 */
final class S3Store implements ReplicaStore {
    /** S3 takes no more than 5 GiB at once; parts of this size make 10,000 of them, the most, an object of over a terabyte, and only one has to be sent again after an error. */
    private static final long PART_BYTES = 128L << 20;

    /** S3 lists no more at once. */
    private static final int PAGE_KEYS = 1_000;

    /** What a store says where the condition of a put does not hold, and where another put of the key is under way. */
    private static final int PRECONDITION_FAILED = 412;

    private static final int CONFLICT = 409;

    /** Who loses every one of so many races has a rival that never ends. */
    private static final int MOST_RACES = 20;

    /** What an object's metadata call the put that it came with. */
    private static final String PUT = "healing-put";

    /** An object that only tells whether the store can keep one from being replaced. */
    private static final String CONDITION = "healing/condition-";

    private final S3Client client;
    private final String bucket;
    private final String prefix;
    private final long partBytes;
    private final int pageKeys;
    private volatile boolean conditional;

    S3Store(S3Client client, String bucket, String prefix) {
        this(client, bucket, prefix, PART_BYTES, PAGE_KEYS);
    }

    /**
     * A store.
     *
     * @param partBytes the size of a part, and of the largest object that is put in one; 5 MiB at least, by the rules of S3
     * @param pageKeys how many objects one request lists
     */
    S3Store(S3Client client, String bucket, String prefix, long partBytes, int pageKeys) {
        this.client = client;
        this.bucket = bucket;
        this.prefix = prefix;
        this.partBytes = partBytes;
        this.pageKeys = pageKeys;
    }

    /** A call of the SDK. */
    private interface Call<T> {
        T run() throws IOException;
    }

    /** Makes a call; what the SDK throws is an error of input and output that names the key. */
    private <T> T made(String key, Call<T> call) throws IOException {
        try {
            return call.run();
        } catch (NoSuchKeyException e) {
            NoSuchFileException absent = new NoSuchFileException(this + key);
            absent.initCause(e);
            throw absent;
        } catch (SdkException e) {
            throw new IOException(this + key + ": " + e.getMessage(), e);
        }
    }

    @Override
    public List<Entry> list(String start) throws IOException {
        return made(start, () -> {
            List<Entry> entries = new ArrayList<>();
            for (S3Object object : client.listObjectsV2Paginator(request ->
                            request.bucket(bucket).prefix(prefix + start).maxKeys(pageKeys))
                    .contents()) {
                String key = object.key().substring(prefix.length());
                if (!key.startsWith(CONDITION)) {
                    entries.add(new Entry(key, object.size(), object.lastModified()));
                }
            }
            entries.sort(Comparator.comparing(Entry::key));
            return entries;
        });
    }

    @Override
    public InputStream get(String key) throws IOException {
        return made(
                key, () -> client.getObject(request -> request.bucket(bucket).key(prefix + key)));
    }

    @Override
    public void put(String key, Content content) throws IOException {
        try (Written written = Written.of(content)) {
            boolean unused = made(key, () -> stored(key, written.file(), null));
        }
    }

    /**
     * {@inheritDoc}
     *
     * @throws IOException also where the store replaces objects whatever is asked: then nobody can own a replica there
     */
    @Override
    public boolean putIfAbsent(String key, Content content) throws IOException {
        requireConditions();
        try (Written written = Written.of(content)) {
            return made(key, () -> stored(key, written.file(), "*"));
        }
    }

    /** A store that does not know conditions passes them over: it is tried once. */
    private void requireConditions() throws IOException {
        if (conditional) {
            return;
        }
        String key = CONDITION + UUID.randomUUID();
        try (Written written = Written.of(Content.of(new byte[1]))) {
            boolean replaced = made(key, () -> stored(key, written.file(), null) && stored(key, written.file(), "*"));
            if (replaced) {
                throw new IOException(
                        this
                                + " has no conditional writes (If-None-Match), and so nothing that one of several writers can win");
            }
            conditional = true;
        } finally {
            delete(key);
        }
    }

    /** Whether an object was put; not where one is there and none may be. */
    private boolean stored(String key, Path file, @Nullable String noneMatches) throws IOException {
        Map<String, String> mark = Map.of(PUT, UUID.randomUUID().toString());
        for (int race = 1; ; race++) {
            try {
                if (Files.size(file) <= partBytes) {
                    client.putObject(
                            request -> request.bucket(bucket)
                                    .key(prefix + key)
                                    .metadata(mark)
                                    .ifNoneMatch(noneMatches),
                            RequestBody.fromFile(file));
                } else {
                    putInParts(key, file, mark, noneMatches);
                }
                return true;
            } catch (S3Exception e) {
                if (noneMatches != null && e.statusCode() == PRECONDITION_FAILED) {
                    return isMarked(key, mark);
                }
                // Another put of the key is under way: whether it comes to be is not known yet.
                if (noneMatches == null || e.statusCode() != CONFLICT || race == MOST_RACES) {
                    throw e;
                }
            }
        }
    }

    /** Whether the object that is there is ours after all: a put whose answer was lost is made again, by the SDK too, and meets its own object. */
    private boolean isMarked(String key, Map<String, String> mark) {
        try {
            return client.headObject(request -> request.bucket(bucket).key(prefix + key))
                    .metadata()
                    .entrySet()
                    .containsAll(mark.entrySet());
        } catch (NoSuchKeyException deletedMeanwhile) {
            return false;
        }
    }

    private void putInParts(String key, Path file, Map<String, String> mark, @Nullable String noneMatches)
            throws IOException {
        String upload = client.createMultipartUpload(
                        request -> request.bucket(bucket).key(prefix + key).metadata(mark))
                .uploadId();
        boolean complete = false;
        try {
            List<CompletedPart> parts = new ArrayList<>();
            long size = Files.size(file);
            for (long from = 0; from < size; from += partBytes) {
                int number = parts.size() + 1;
                long start = from;
                long bytes = Math.min(partBytes, size - from);
                String tag = client.uploadPart(
                                request -> request.bucket(bucket)
                                        .key(prefix + key)
                                        .uploadId(upload)
                                        .partNumber(number)
                                        .contentLength(bytes),
                                RequestBody.fromContentProvider(
                                        () -> new Part(file, start, bytes), bytes, "application/octet-stream"))
                        .eTag();
                parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
            }
            client.completeMultipartUpload(request -> request.bucket(bucket)
                    .key(prefix + key)
                    .uploadId(upload)
                    .ifNoneMatch(noneMatches)
                    .multipartUpload(
                            CompletedMultipartUpload.builder().parts(parts).build()));
            complete = true;
        } finally {
            if (!complete) {
                abort(key, upload);
            }
        }
    }

    /** Parts of an upload that came to nothing are paid for until somebody ends it. */
    private void abort(String key, String upload) {
        try {
            client.abortMultipartUpload(
                    request -> request.bucket(bucket).key(prefix + key).uploadId(upload));
        } catch (SdkException e) {
            // What kept it from ending well keeps this too: buckets have a rule for such rests.
            return;
        }
    }

    @Override
    public void delete(String key) throws IOException {
        made(key, () -> client.deleteObject(request -> request.bucket(bucket).key(prefix + key)));
    }

    @Override
    public String toString() {
        return "s3://" + bucket + "/" + prefix;
    }

    /** An object before it is put. */
    private record Written(Path file) implements AutoCloseable {
        static Written of(Content content) throws IOException {
            Path file = Files.createTempFile("healing-s3-", ".part");
            boolean whole = false;
            try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 16)) {
                content.writeTo(out);
                whole = true;
            } finally {
                if (!whole) {
                    Files.deleteIfExists(file);
                }
            }
            return new Written(file);
        }

        @Override
        public void close() throws IOException {
            Files.deleteIfExists(file);
        }
    }
}
