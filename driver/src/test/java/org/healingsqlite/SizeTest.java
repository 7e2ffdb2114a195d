package org.healingsqlite;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.BinaryTree;
import com.sun.source.tree.CaseTree;
import com.sun.source.tree.CatchTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ConditionalExpressionTree;
import com.sun.source.tree.DoWhileLoopTree;
import com.sun.source.tree.EnhancedForLoopTree;
import com.sun.source.tree.ForLoopTree;
import com.sun.source.tree.IfTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.tree.VariableTree;
import com.sun.source.tree.WhileLoopTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How large a type and a method may be where heals are carried out, and how much state may be spread over booleans. */
class SizeTest {
    private static final Path SOURCES = Path.of("src/main/java/org/healingsqlite");

    /** A type is read on a few screens. */
    private static final int MOST_LINES_OF_A_TYPE = 400;

    /** A method is read on one. */
    private static final int MOST_LINES_OF_A_METHOD = 60;

    /** McCabe's: decisions and one; above it nobody tests all paths. */
    private static final int MOST_COMPLEXITY = 15;

    /** Three booleans have eight states, of which most are impossible: they are one enum. */
    private static final int MOST_BOOLEANS = 2;

    @ParameterizedTest
    @ValueSource(strings = {"heal", "plan", "repair", "schema", "session"})
    void typesAndMethodsAreSmall(String name) throws IOException {
        List<JavaFileObject> sources = sources(name);
        assertThat(sources).isNotEmpty();
        assertThat(violations(sources)).isEmpty();
    }

    @Test
    void aTypeOrMethodThatIsTooLargeIsSeen() throws IOException {
        assertThat(violations("class A {" + "\n".repeat(MOST_LINES_OF_A_TYPE) + "}"))
                .containsExactly("A has 401 lines");
        assertThat(violations("class A { void m() {" + "\n".repeat(MOST_LINES_OF_A_METHOD) + "} }"))
                .containsExactly("A.m has 61 lines");
        assertThat(violations("class A { boolean a, b; volatile boolean c; static boolean d; }"))
                .containsExactly("A has 3 boolean fields");
        assertThat(violations("record R(boolean a, boolean b, int c, boolean d) {}"))
                .containsExactly("R has 3 boolean fields");
        assertThat(violations(
                        "class A { int m(int i) { " + "if (i > 0 && i < 9) { i++; }".repeat(8) + " return i; } }"))
                .containsExactly("A.m has complexity 17");
    }

    @Test
    void everyKindOfDecisionCounts() throws IOException {
        String decisions = "for (;;) {} for (int i : new int[0]) {} while (true) {} do {} while (true); "
                + "try {} catch (Exception e) {} int b = a > 0 ? 1 : 2; boolean c = a > 0 || b > 0; "
                + "switch (a) { case 1, 2: break; case 3: break; default: } "
                + "if (a > 0) {} if (a > 1) {} if (a > 2) {} if (a > 3) {} if (a > 4) {} if (a > 5) {}";
        assertThat(violations("class A { void m(int a) { " + decisions + " } }"))
                .containsExactly("A.m has complexity 16");
    }

    @Test
    void whatIsSmallIsNotSeen() throws IOException {
        assertThat(violations("class A { boolean a, b; void m() {" + "\n".repeat(MOST_LINES_OF_A_METHOD - 1) + "} }"))
                .isEmpty();
    }

    private static List<JavaFileObject> sources(String name) throws IOException {
        List<JavaFileObject> sources = new ArrayList<>();
        try (Stream<Path> files = Files.walk(SOURCES.resolve(name))) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                sources.add(new Source(file.getFileName().toString(), Files.readString(file)));
            }
        }
        return sources;
    }

    private static List<String> violations(String source) throws IOException {
        return violations(List.of(new Source("A.java", source)));
    }

    private static List<String> violations(List<JavaFileObject> sources) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        JavacTask task = (JavacTask) compiler.getTask(null, null, diagnostic -> {}, List.of(), null, sources);
        Scan scan = new Scan(Trees.instance(task).getSourcePositions());
        for (CompilationUnitTree unit : task.parse()) {
            scan.begin(unit);
            scan.scan(unit, null);
        }
        return scan.found;
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String name, String text) {
            super(URI.create("string:///" + name), Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    private static final class Scan extends TreeScanner<@Nullable Void, @Nullable Void> {
        private final SourcePositions positions;
        private final List<String> found = new ArrayList<>();
        private @Nullable CompilationUnitTree unit;
        private String type = "";

        Scan(SourcePositions positions) {
            this.positions = positions;
        }

        void begin(CompilationUnitTree next) {
            unit = next;
        }

        private long lines(Tree tree) {
            CompilationUnitTree in = java.util.Objects.requireNonNull(unit);
            LineMap map = in.getLineMap();
            return map.getLineNumber(positions.getEndPosition(in, tree))
                    - map.getLineNumber(positions.getStartPosition(in, tree))
                    + 1;
        }

        @Override
        public @Nullable Void visitClass(ClassTree tree, @Nullable Void unused) {
            String outer = type;
            type = outer.isEmpty() ? tree.getSimpleName().toString() : outer + "." + tree.getSimpleName();
            if (lines(tree) > MOST_LINES_OF_A_TYPE) {
                found.add(type + " has " + lines(tree) + " lines");
            }
            long booleans = tree.getMembers().stream()
                    .filter(member -> member instanceof VariableTree field
                            && String.valueOf(field.getType()).equals("boolean")
                            && !field.getModifiers().getFlags().contains(Modifier.STATIC))
                    .count();
            if (booleans > MOST_BOOLEANS) {
                found.add(type + " has " + booleans + " boolean fields");
            }
            super.visitClass(tree, null);
            type = outer;
            return null;
        }

        @Override
        public @Nullable Void visitMethod(MethodTree tree, @Nullable Void unused) {
            if (lines(tree) > MOST_LINES_OF_A_METHOD) {
                found.add(type + "." + tree.getName() + " has " + lines(tree) + " lines");
            }
            Complexity complexity = new Complexity();
            complexity.scan(tree.getBody(), null);
            if (complexity.decisions + 1 > MOST_COMPLEXITY) {
                found.add(type + "." + tree.getName() + " has complexity " + (complexity.decisions + 1));
            }
            return super.visitMethod(tree, null);
        }
    }

    /** Of a method with its lambdas; a type within it counts for itself. */
    private static final class Complexity extends TreeScanner<@Nullable Void, @Nullable Void> {
        private int decisions;

        @Override
        public @Nullable Void scan(@Nullable Tree tree, @Nullable Void unused) {
            if (tree instanceof IfTree
                    || tree instanceof ForLoopTree
                    || tree instanceof EnhancedForLoopTree
                    || tree instanceof WhileLoopTree
                    || tree instanceof DoWhileLoopTree
                    || tree instanceof CatchTree
                    || tree instanceof ConditionalExpressionTree
                    || tree instanceof CaseTree branch
                            && !branch.getExpressions().isEmpty()
                    || tree instanceof BinaryTree
                            && (tree.getKind() == Tree.Kind.CONDITIONAL_AND
                                    || tree.getKind() == Tree.Kind.CONDITIONAL_OR)) {
                decisions++;
            }
            return super.scan(tree, null);
        }

        @Override
        public @Nullable Void visitClass(ClassTree tree, @Nullable Void unused) {
            return null;
        }
    }
}
