package org.healingsqlite.s3;

import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where in S3 a replica is: {@code s3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=eu-central-1&pathStyle=true}. Credentials are never in it: the SDK looks for them in the environment, in its own
 * files, and in what the machine is given. Immutable.
 *
 * @param prefix of every key, with a slash at its end; empty where the bucket has nothing else
 * @param endpoint of a store that is not Amazon's; null for Amazon's own
 * @param region null for the one of the environment
 * @param pathStyle whether the bucket stands in the path, and not in the host's name
 */
record S3Address(
        String bucket,
        String prefix,
        @Nullable URI endpoint,
        @Nullable String region,
        boolean pathStyle) {
    private static final Set<String> PARAMETERS = Set.of("endpoint", "region", "pathStyle");

    /** Why an address is none, as an expectation for a message; empty where it is one. */
    static Optional<String> objection(URI url) {
        try {
            S3Address unused = of(url);
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Reads an address.
     *
     * @throws IllegalArgumentException with what was expected
     */
    static S3Address of(URI url) {
        String bucket = url.getRawAuthority();
        if (bucket == null || !bucket.matches("[A-Za-z0-9][A-Za-z0-9._-]{1,254}")) {
            throw new IllegalArgumentException(
                    bucket != null && bucket.contains("@")
                            ? "s3://bucket/prefix without credentials: they come from the environment"
                            : "s3://bucket/prefix");
        }
        if (url.getRawFragment() != null) {
            throw new IllegalArgumentException("s3://bucket/prefix without #");
        }
        Map<String, String> parameters = parameters(url.getRawQuery());
        String endpoint = parameters.get("endpoint");
        String pathStyle = parameters.getOrDefault("pathStyle", "false");
        if (!pathStyle.equals("true") && !pathStyle.equals("false")) {
            throw new IllegalArgumentException("pathStyle to be true or false");
        }
        String path = url.getPath() == null ? "" : url.getPath().replaceAll("^/+|/+$", "");
        return new S3Address(
                bucket,
                path.isEmpty() ? "" : path + "/",
                endpoint == null ? null : endpoint(endpoint),
                parameters.get("region"),
                Boolean.parseBoolean(pathStyle));
    }

    private static URI endpoint(String text) {
        try {
            URI endpoint = URI.create(text);
            if (("http".equals(endpoint.getScheme()) || "https".equals(endpoint.getScheme()))
                    && endpoint.getHost() != null
                    && endpoint.getUserInfo() == null) {
                return endpoint;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("endpoint to be http://host:port or https://host", e);
        }
        throw new IllegalArgumentException("endpoint to be http://host:port or https://host, without credentials");
    }

    private static Map<String, String> parameters(@Nullable String query) {
        Map<String, String> parameters = new LinkedHashMap<>();
        if (query == null || query.isEmpty()) {
            return parameters;
        }
        for (String pair : query.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            String value = equals < 0 ? "" : URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8);
            if (!PARAMETERS.contains(name) || value.isEmpty() || parameters.put(name, value) != null) {
                throw new IllegalArgumentException("after ? nothing but endpoint=, region= and pathStyle=, each once");
            }
        }
        return parameters;
    }
}
