package org.healingsqlite.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.healingsqlite.differential.OutcomeLog;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/** A core whose methods all throw: the application has sqlite-jdbc's own behaviour, call by call, errors included. */
class FailSafeTest {
    private static final String CORE = "/org/healingsqlite/agent/core/";
    private static final int CALLS = 4_000;
    private static final int SEED = 8;

    @TempDir
    Path directory;

    /** What sqlite-jdbc does by itself, call by call: the same for every test. */
    private static List<String> plain = List.of();

    @ParameterizedTest(name = "every method of {0} throws {1}")
    @CsvSource({
        "door/AgentDoor, java/lang/IllegalStateException",
        "door/AgentDoor, java/lang/OutOfMemoryError",
        "door/AgentConnection, java/lang/IllegalStateException",
        "door/AgentConnection, java/lang/StackOverflowError",
        "heal/Healer, java/lang/IllegalStateException",
        "heal/Healer, java/lang/NoSuchMethodError",
        "heal/Healer, java/sql/SQLException",
        "heal/ManagedDatabase, java/lang/IllegalStateException",
        "heal/ManagedDatabase, java/sql/SQLException"
    })
    void aCoreThatThrowsShowsNoDifference(String type, String thrown) throws Exception {
        Path broken = brokenJar(type, thrown);
        if (plain.isEmpty()) {
            plain = outcomes("plain", List.of());
        }
        List<String> woven = outcomes("woven", List.of("-javaagent:" + broken));
        assertThat(plain).hasSize(CALLS).anyMatch(outcome -> outcome.contains("SQLiteException"));
        assertThat(woven).isEqualTo(plain);
    }

    /** The negative control: the damage to the jar is real. */
    @Test
    void aBrokenHealerHealsNothing() throws Exception {
        Path database = directory.resolve("app.db");
        Path script = Files.writeString(directory.resolve("schema.sql"), "CREATE TABLE item (id INTEGER PRIMARY KEY);");
        for (String agent : List.of(
                Agents.JAR.toString(),
                brokenJar("heal/ManagedDatabase", "java/lang/IllegalStateException")
                        .toString())) {
            Agents.Ended ended = Agents.run(
                    System.getProperty("java.home"),
                    List.of("-javaagent:" + agent + "=schema=" + script),
                    Agents.classPath(Agents.NEWEST, false),
                    Program.class.getName(),
                    "count",
                    "jdbc:sqlite:" + database);
            assertThat(ended.output()).contains(agent.equals(Agents.JAR.toString()) ? "rows 0" : "no such table: item");
            Files.delete(database);
        }
    }

    private Path brokenJar(String type, String thrown) throws IOException {
        Path broken = directory.resolve("broken.jar");
        Files.copy(Agents.JAR, broken);
        try (FileSystem jar = FileSystems.newFileSystem(broken);
                Stream<Path> classes = Files.list(jar.getPath(CORE + type).getParent())) {
            for (Path each : classes.filter(path -> path.toString().equals(CORE + type + ".class"))
                    .toList()) {
                Files.write(each, throwing(Files.readAllBytes(each), thrown));
            }
        }
        return broken;
    }

    /** The class with methods that do nothing but throw; what makes its objects stays. */
    private static byte[] throwing(byte[] classFile, String thrown) {
        ClassReader reader = new ClassReader(classFile);
        ClassWriter writer = new ClassWriter(ClassWriter.COMPUTE_MAXS);
        reader.accept(
                new ClassVisitor(Opcodes.ASM9, writer) {
                    @Override
                    public @Nullable MethodVisitor visitMethod(
                            int access,
                            String name,
                            String descriptor,
                            @Nullable String signature,
                            String @Nullable [] exceptions) {
                        MethodVisitor method = super.visitMethod(access, name, descriptor, signature, exceptions);
                        if (name.startsWith("<")
                                || name.equals("instance")
                                || (access & (Opcodes.ACC_ABSTRACT | Opcodes.ACC_SYNTHETIC)) != 0) {
                            return method;
                        }
                        method.visitCode();
                        method.visitTypeInsn(Opcodes.NEW, thrown);
                        method.visitInsn(Opcodes.DUP);
                        method.visitLdcInsn("made to fail");
                        method.visitMethodInsn(Opcodes.INVOKESPECIAL, thrown, "<init>", "(Ljava/lang/String;)V", false);
                        method.visitInsn(Opcodes.ATHROW);
                        method.visitMaxs(0, 0);
                        method.visitEnd();
                        return null;
                    }
                },
                0);
        return writer.toByteArray();
    }

    private List<String> outcomes(String name, List<String> options) throws Exception {
        Path log = directory.resolve(name + ".log");
        Agents.Ended ended = Agents.run(
                System.getProperty("java.home"),
                options,
                Agents.classPath(Agents.NEWEST, false),
                OutcomeLog.class.getName(),
                directory.resolve(name).toString(),
                log.toString(),
                Integer.toString(SEED),
                Integer.toString(CALLS));
        assertThat(ended.code()).as(ended.output()).isZero();
        return Files.readAllLines(log);
    }
}
