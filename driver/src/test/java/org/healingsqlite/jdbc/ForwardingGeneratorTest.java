package org.healingsqlite.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class ForwardingGeneratorTest {

    @TestFactory
    Stream<DynamicTest> theCheckedInBasesAreWhatTheGeneratorPrints() {
        Path directory = Path.of("src", "main", "java", "org", "healingsqlite", "jdbc");
        return ForwardingGenerator.sources().entrySet().stream()
                .map(file -> DynamicTest.dynamicTest(
                        file.getKey(),
                        () -> assertThat(Files.readString(directory.resolve(file.getKey())))
                                .isEqualTo(file.getValue())));
    }
}
