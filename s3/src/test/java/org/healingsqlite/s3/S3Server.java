package org.healingsqlite.s3;

import java.net.URI;
import org.gaul.s3proxy.S3Proxy;
import org.gaul.s3proxy.auth.AuthenticationType;
import org.gaul.s3proxy.nio2blob.TransientNio2BlobStore;
import software.amazon.awssdk.services.s3.S3Client;

/** A server that speaks as S3 does, in memory, at a free port of the loopback address; and the credentials that the SDK finds for it. */
final class S3Server implements AutoCloseable {
    static final String BUCKET = "backups";
    private static final String ID = "somebody";
    private static final String SECRET = "secret";

    private final S3Proxy proxy;

    S3Server() throws Exception {
        // Where the SDK looks first.
        System.setProperty("aws.accessKeyId", ID);
        System.setProperty("aws.secretAccessKey", SECRET);
        proxy = S3Proxy.builder()
                .blobStore(new TransientNio2BlobStore())
                .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, ID, SECRET)
                .endpoint(URI.create("http://127.0.0.1:0"))
                .build();
        proxy.start();
        try (S3Client client = S3Stores.client(S3Address.of(url("")))) {
            client.createBucket(request -> request.bucket(BUCKET));
        }
    }

    /** The address of a place in the bucket. */
    URI url(String prefix) {
        return URI.create(
                "s3://" + BUCKET + "/" + prefix + "?pathStyle=true&endpoint=http://127.0.0.1:" + proxy.getPort());
    }

    @Override
    public void close() throws Exception {
        proxy.stop();
    }
}
