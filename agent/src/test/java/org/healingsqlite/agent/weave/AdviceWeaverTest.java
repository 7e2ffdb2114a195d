package org.healingsqlite.agent.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Opcodes;

/** The weaver on methods with everything that a compiler makes: the JVM verifies them, and they give what they gave before. */
class AdviceWeaverTest {
    private static final List<String> WORDS =
            List.of("a", "bb", "ccc", "1", "22", "-7", "long", "loop", "nest", "throw", "x", "1000000", "");

    /** As woven code calls it before the agent's jar is made. */
    private static final String GATE = Gate.class.getName();

    /** What the gate was told, in order. */
    static final List<String> TOLD = new ArrayList<>();

    private final Method plain = methodOf(Sample.class);
    private final Method woven = methodOf(wovenSample());

    @BeforeEach
    void forget() {
        TOLD.clear();
    }

    @Test
    void aMethodGivesWhatItGaveBefore() throws Exception {
        Random random = new Random(1);
        for (int round = 0; round < 3_000; round++) {
            String words = words(random);
            assertThat(outcome(woven, words)).as(words).isEqualTo(outcome(plain, words));
        }
        assertThat(TOLD).contains("ran").doesNotContain("failed");
    }

    @Test
    void aMethodThatFailsRunsAgainWithItsOwnArguments() throws Exception {
        String words = "22 fail long nest 1000000";
        assertThatThrownBy(() -> run(plain, words)).hasMessage("run 0");
        Sample later = new Sample();
        later.run();
        assertThat(run(woven, words)).isEqualTo(later.executeQuery(words));
        assertThat(TOLD).containsExactly("enter", "failed QUERY " + words, "ran");
    }

    @Test
    void aMethodThatFailsForeverGivesItsOwnException() {
        String words = "1 never";
        assertThatThrownBy(() -> run(woven, words)).hasMessage("run 2");
        assertThat(TOLD).containsExactly("enter", "failed QUERY " + words, "failed QUERY " + words, "given up");
    }

    @Test
    void aLineNumberIsThatOfTheSource() {
        int[] lines = new int[2];
        int i = 0;
        for (Method method : List.of(plain, woven)) {
            try {
                run(method, "bug");
            } catch (Exception e) {
                lines[i++] = e.getStackTrace()[0].getLineNumber();
            }
        }
        assertThat(lines[0]).isPositive().isEqualTo(lines[1]);
    }

    @Test
    void whatIsNoJoinPointStaysAsItIs() throws Exception {
        byte[] file = classFile(Sample.class);
        assertThat(woven(file, List.of(JoinPoint.COMMIT))).isNull();
    }

    private static String words(Random random) {
        List<String> words = new ArrayList<>();
        for (int i = random.nextInt(7); i >= 0; i--) {
            words.add(WORDS.get(random.nextInt(WORDS.size())));
        }
        return String.join(" ", words);
    }

    private static String outcome(Method method, String words) {
        try {
            return run(method, words);
        } catch (Exception e) {
            return e.toString();
        }
    }

    private static String run(Method method, String words) throws Exception {
        try {
            return (String)
                    method.invoke(method.getDeclaringClass().getConstructor().newInstance(), words);
        } catch (InvocationTargetException e) {
            throw (Exception) e.getCause();
        }
    }

    private static Method methodOf(Class<?> type) {
        try {
            return type.getMethod("executeQuery", String.class);
        } catch (NoSuchMethodException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Class<?> wovenSample() {
        try {
            byte[] sample = woven(classFile(Sample.class), List.of(JoinPoint.QUERY, JoinPoint.INT));
            return new Definer(gate()).define(Sample.class.getName(), Objects.requireNonNull(sample));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static byte @Nullable [] woven(byte[] classFile, List<JoinPoint> points) {
        return new AdviceWeaver()
                .woven(
                        Sample.class.getName().replace('.', '/'),
                        classFile,
                        AdviceWeaverTest.class.getClassLoader(),
                        points);
    }

    /** {@link FakeGate} under the name that woven code calls. */
    private static byte[] gate() throws IOException {
        ClassWriter writer = new ClassWriter(0);
        new ClassReader(classFile(FakeGate.class))
                .accept(
                        new ClassVisitor(Opcodes.ASM9, writer) {
                            @Override
                            public void visit(
                                    int version,
                                    int access,
                                    String name,
                                    @Nullable String signature,
                                    String superName,
                                    String[] interfaces) {
                                super.visit(version, access, GATE.replace('.', '/'), signature, superName, interfaces);
                            }

                            @Override
                            public void visitNestHost(String host) {}
                        },
                        0);
        return writer.toByteArray();
    }

    private static byte[] classFile(Class<?> type) throws IOException {
        try (InputStream file = type.getResourceAsStream('/' + type.getName().replace('.', '/') + ".class")) {
            return Objects.requireNonNull(file).readAllBytes();
        }
    }

    private static final class Definer extends ClassLoader {
        Definer(byte[] gate) {
            super(AdviceWeaverTest.class.getClassLoader());
            define(GATE, gate);
        }

        Class<?> define(String name, byte[] file) {
            return defineClass(name, file, 0, file.length);
        }
    }

    /** Has a call made three times at most. */
    public static final class FakeGate {
        private FakeGate() {}

        public static void enter(Object on, @Nullable String sql) {
            Told.add("enter");
        }

        public static String asked(Object on, String sql) {
            return sql;
        }

        public static void ran(long told, Object on, String sql, int way) {
            Told.add("ran");
        }

        public static Object failed(
                Throwable failure, @Nullable Object before, String call, Object on, @Nullable Object argument)
                throws Throwable {
            if ("2".equals(before)) {
                Told.add("given up");
                throw failure;
            }
            Told.add("failed " + call + ' ' + argument);
            ((Runnable) on).run();
            return before == null ? "1" : "2";
        }
    }

    /** Public for the gate, which is in another package. */
    public static final class Told {
        private Told() {}

        public static void add(String what) {
            TOLD.add(what);
        }
    }

    /** Has a method with branches, loops, both kinds of switches, handlers, wide variables, and a parameter that it assigns to. */
    public static class Sample implements Runnable {
        private int runs;

        @Override
        public void run() {
            runs++;
        }

        @SuppressWarnings("StatementSwitchToExpressionSwitch") // As sqlite-jdbc is written.
        public String executeQuery(String sql) throws SQLException {
            int sum = 0;
            long wide = 1L << 40;
            double half = 0.5;
            Object last = null;
            for (String word : sql.split(" ", -1)) {
                if (word.equals("fail") && runs == 0 || word.equals("never")) {
                    throw new SQLException("run " + runs);
                }
                switch (word) {
                    case "long":
                        wide <<= 3;
                        break;
                    case "loop":
                        do {
                            wide += sum;
                            sum += 7;
                        } while (sum % 5 != 0);
                        break;
                    case "throw":
                        throw new SQLException("thrown after " + sum);
                    case "bug":
                        throw new IllegalStateException("bug");
                    default:
                        last = word;
                }
                switch (word.length()) {
                    case 0:
                        continue;
                    case 1:
                    case 2:
                        sum += safeGetIntCol(word.length());
                        break;
                    case 3:
                        sum = -sum;
                        break;
                    default:
                        sum ^= 1;
                }
                try {
                    sum += Integer.parseInt(word);
                } catch (NumberFormatException e) {
                    wide += last == null ? 1 : String.valueOf(e.getMessage()).length();
                } finally {
                    half *= word.equals("nest") ? -2 : 2;
                }
                sql = sql.substring(Math.min(1, sql.length()));
            }
            if (sum > 1_000) {
                return sql.isEmpty() ? "empty" : "much " + (sum > 5_000 ? wide : half);
            }
            return sql + sum + wide + half + last;
        }

        private int safeGetIntCol(int column) throws SQLException {
            return column > 1 ? column * 2 : column + 1;
        }
    }
}
