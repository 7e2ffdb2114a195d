package org.healingsqlite.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An address says where a replica is, and never by whose leave. */
class S3AddressTest {
    @Test
    void itIsABucketAPrefixAndHowToGetThere() {
        assertThat(
                        S3Address.of(
                                URI.create(
                                        "s3://my.bucket_1/a/b%20c/?endpoint=http%3A%2F%2F127.0.0.1%3A9000&region=eu-central-1&pathStyle=true")))
                .isEqualTo(new S3Address(
                        "my.bucket_1", "a/b c/", URI.create("http://127.0.0.1:9000"), "eu-central-1", true));
        assertThat(S3Address.of(URI.create("s3://bucket"))).isEqualTo(new S3Address("bucket", "", null, null, false));
    }

    @ParameterizedTest
    @CsvSource({
        "s3:///prefix, s3://bucket/prefix",
        "s3:bucket, s3://bucket/prefix",
        "s3://id:secret@bucket/prefix, without credentials",
        "s3://bucket/prefix?endpoint=ftp://host, endpoint to be http://host:port",
        "s3://bucket/prefix?endpoint=http://id:secret@host, endpoint to be http://host:port",
        "s3://bucket/prefix?endpoint=, endpoint=",
        "s3://bucket/prefix?pathStyle=yes, pathStyle to be true or false",
        "s3://bucket/prefix?secretAccessKey=x, nothing but endpoint",
        "s3://bucket/prefix?region=a&region=b, each once",
        "s3://bucket/prefix#x, without #"
    })
    void whatIsNoneSaysWhatWasExpected(String url, String expected) {
        assertThat(new S3Stores().objection(URI.create(url)))
                .hasValueSatisfying(text -> assertThat(text).contains(expected).doesNotContain("secret@"));
    }
}
