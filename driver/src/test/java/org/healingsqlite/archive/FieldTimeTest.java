package org.healingsqlite.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Times of an archive become the database's, or are told: none is bent until it fits. */
class FieldTimeTest {
    private static @Nullable Object converted(String patterns, @Nullable String stored, String text)
            throws ArchiveException {
        return new FieldTime(patterns, stored).converted(text);
    }

    @ParameterizedTest
    @CsvSource({
        "yyyy-MM-dd HH:mm:ss, 2024-02-29 13:00:05, 2024-02-29 13:00:05",
        "MMMM d yyyy 'at' hh:mm a, March 3 2024 at 01:30 pm, 2024-03-03 13:30:00",
        "dd.MM.uuuu, 31.12.2023, 2023-12-31 00:00:00",
        "iso, 2024-02-29T13:00, 2024-02-29 13:00:00",
        "iso, 2024-02-29T13:00:05.5, 2024-02-29 13:00:05",
        "epoch, 0, 1970-01-01 00:00:00",
        "epochMillis, 1500, 1970-01-01 00:00:01",
        "dd.MM.yyyy|yyyy-MM-dd, 2024-01-02, 2024-01-02 00:00:00"
    })
    void aTimeThatFitsAPatternIsTheDatabases(String patterns, String text, String expected) throws ArchiveException {
        assertThat(converted(patterns, null, text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "yyyy-MM-dd, 2023-02-30",
        "yyyy-MM-dd, 2023-02-29",
        "yyyy-MM-dd, 2023-04-31",
        "uuuu-MM-dd, 2023-02-30",
        "yyyy-MM-dd HH:mm, 2023-01-01 24:00",
        "iso, 2023-02-30T10:00:00",
        "iso, 2023-02-29T10:00:00Z",
        "dd MMM yyyy, 31 Jun 2024"
    })
    void aDayThatNoCalendarHasFitsNoPattern(String pattern, String text) throws ArchiveException {
        assertThat(converted(pattern, null, text)).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "iso, 2024-01-01T01:30:00+02:00, 2023-12-31 23:30:00",
        "yyyy-MM-dd HH:mm:ss XXX, 2024-01-01 01:30:00 +02:00, 2023-12-31 23:30:00",
        "yyyy-MM-dd HH:mm:ss Z, 2024-01-01 01:30:00 -0500, 2024-01-01 06:30:00",
        "yyyy-MM-dd HH:mm VV, 2024-07-01 12:00 Europe/Berlin, 2024-07-01 10:00:00"
    })
    void aTimeWithAnOffsetOrAZoneIsConvertedToUtc(String pattern, String text, String expected)
            throws ArchiveException {
        assertThat(converted(pattern, null, text)).isEqualTo(expected);
    }

    @Test
    void anOffsetIsWrittenOnlyWhereOneWasRead() throws ArchiveException {
        String stored = "yyyy-MM-dd'T'HH:mm:ssXXX";
        assertThat(converted("yyyy-MM-dd HH:mm XXX", stored, "2024-01-01 01:30 +02:00"))
                .isEqualTo("2023-12-31T23:30:00Z");
        assertThat(converted("epoch", stored, "0")).isEqualTo("1970-01-01T00:00:00Z");
        assertThat(converted("yyyy-MM-dd HH:mm", stored, "2024-01-01 01:30")).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"yyyy-MM-ddTHH:mm", "{", "QQQQQQ"})
    void aPatternThatIsNoneIsAnError(String pattern) {
        assertThatThrownBy(() -> new FieldTime(pattern, null))
                .isInstanceOf(ArchiveException.class)
                .hasMessageContaining("time pattern");
    }
}
