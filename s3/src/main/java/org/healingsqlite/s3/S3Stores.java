package org.healingsqlite.s3;

import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import org.healingsqlite.replica.ReplicaStore;
import org.healingsqlite.replica.StoreProvider;
import software.amazon.awssdk.core.checksums.RequestChecksumCalculation;
import software.amazon.awssdk.core.checksums.ResponseChecksumValidation;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3ClientBuilder;

/** Opens stores at {@code s3://bucket/prefix}; see {@link S3Address}. Thread-safe. */
public final class S3Stores implements StoreProvider {

    /** A store that does not answer is one that is away: the log waits for it, and nobody else. */
    private static final Duration LONGEST_CONNECT = Duration.ofSeconds(5);

    private static final Duration LONGEST_SILENCE = Duration.ofSeconds(30);

    /** Stores that are not Amazon's have none as a rule; requests are signed for one all the same. */
    private static final Region ANY_REGION = Region.US_EAST_1;

    /** For {@link java.util.ServiceLoader}. */
    public S3Stores() {}

    @Override
    public String scheme() {
        return "s3";
    }

    @Override
    public Optional<String> objection(URI url) {
        return S3Address.objection(url);
    }

    @Override
    public ReplicaStore open(URI url) throws IOException {
        S3Address address = S3Address.of(url);
        try {
            return new S3Store(client(address), address.bucket(), address.prefix());
        } catch (SdkException e) {
            throw new IOException("Cannot use s3://" + address.bucket() + ": " + e.getMessage(), e);
        }
    }

    static S3Client client(S3Address address) {
        S3ClientBuilder builder = S3Client.builder()
                .httpClient(UrlConnectionHttpClient.builder()
                        .connectionTimeout(LONGEST_CONNECT)
                        .socketTimeout(LONGEST_SILENCE)
                        .build())
                .forcePathStyle(address.pathStyle())
                // Parts have checksums of their own, and not every store knows those of the SDK.
                .requestChecksumCalculation(RequestChecksumCalculation.WHEN_REQUIRED)
                .responseChecksumValidation(ResponseChecksumValidation.WHEN_REQUIRED);
        if (address.endpoint() != null) {
            builder.endpointOverride(address.endpoint());
        }
        if (address.region() != null) {
            builder.region(Region.of(address.region()));
        } else if (address.endpoint() != null) {
            builder.region(ANY_REGION);
        }
        return builder.build();
    }
}
