package org.healingsqlite.agent.weave;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.ClassFileVersion;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.dynamic.scaffold.MethodGraph;
import net.bytebuddy.dynamic.scaffold.TypeValidation;
import net.bytebuddy.implementation.Implementation;
import net.bytebuddy.matcher.ElementMatchers;
import net.bytebuddy.pool.TypePool;
import org.jspecify.annotations.Nullable;

/**
 * Weaves one class file with Byte Buddy: the advice of each join point becomes a part of the method. No member is added, so that loaded classes can be woven as well.
 * Runs when the agent is built, over the known releases, and in the JVM of an application where a class file is not one of those. Both give the same bytes. Thread-safe.
 */
public final class AdviceWeaver {
    /** What a class file that is woven already refers to. */
    private static final byte[] GATE = GateInstaller.NAME.getBytes(StandardCharsets.ISO_8859_1);

    private static final String PACKAGE = AdviceWeaver.class.getPackageName() + '.';

    private final ClassFileLocator advice;
    private final TypePool adviceTypes;
    private final ByteBuddy byteBuddy;

    /** Loads what is needed of Byte Buddy. */
    public AdviceWeaver() {
        advice = ClassFileLocator.ForClassLoader.of(AdviceWeaver.class.getClassLoader());
        adviceTypes = pool(advice);
        // What decorating a class needs, and nothing else: its members stay what they are.
        byteBuddy = new ByteBuddy(ClassFileVersion.JAVA_V17)
                .with(TypeValidation.DISABLED)
                .with(MethodGraph.Compiler.ForDeclaredMethods.INSTANCE)
                .with(Implementation.Context.Disabled.Factory.INSTANCE);
    }

    /**
     * Whether a class has join points.
     *
     * @param type the internal name of the class
     */
    public static boolean weaves(String type) {
        return JoinPoint.isIn(type);
    }

    /**
     * Weaves a class.
     *
     * @param type the internal name of a class with join points
     * @param classFile as it was compiled, or as other agents have left it
     * @param others that has the class files of what the class extends
     * @return null where there is nothing to weave: the class is woven already, or has no such method
     * @throws RuntimeException where the class is not as Byte Buddy or the advice expects it
     */
    public byte @Nullable [] woven(String type, byte[] classFile, ClassLoader others) {
        return woven(type, classFile, others, JoinPoint.of(type));
    }

    /** Weaves a class at some join points. */
    byte @Nullable [] woven(String type, byte[] classFile, ClassLoader others, List<JoinPoint> wanted) {
        if (isWoven(classFile)) {
            return null;
        }
        String name = type.replace('/', '.');
        ClassFileLocator locator = new ClassFileLocator.Compound(
                ClassFileLocator.Simple.of(name, classFile), ClassFileLocator.ForClassLoader.of(others));
        TypeDescription described = pool(locator).describe(name).resolve();
        Map<MethodDescription, JoinPoint> points = points(wanted, described);
        if (points.isEmpty()) {
            return null;
        }
        AsmVisitorWrapper.ForDeclaredMethods all = new AsmVisitorWrapper.ForDeclaredMethods();
        for (Map.Entry<MethodDescription, JoinPoint> each : points.entrySet()) {
            if (!each.getValue().isReplacedBy(points.values())) {
                all = all.method(ElementMatchers.is(each.getKey()), advice(each.getValue()));
            }
        }
        return byteBuddy.decorate(described, locator).visit(all).make().getBytes();
    }

    private static Map<MethodDescription, JoinPoint> points(List<JoinPoint> wanted, TypeDescription described) {
        Map<MethodDescription, JoinPoint> points = new LinkedHashMap<>();
        for (JoinPoint point : wanted) {
            for (MethodDescription method : described.getDeclaredMethods()) {
                if (point.is(method.getInternalName(), method.getDescriptor())
                        && !method.isAbstract()
                        && !method.isNative()) {
                    points.put(method, point);
                }
            }
        }
        return points;
    }

    private Advice advice(JoinPoint point) {
        return Advice.withCustomMapping()
                .bind(Call.class, point.name())
                .to(adviceTypes.describe(PACKAGE + point.advice).resolve(), advice);
    }

    private static TypePool pool(ClassFileLocator locator) {
        return new TypePool.Default(
                TypePool.CacheProvider.Simple.withObjectType(), locator, TypePool.Default.ReaderMode.FAST);
    }

    /** Whether the gate's name stands in a class file. */
    private static boolean isWoven(byte[] classFile) {
        for (int start = classFile.length - GATE.length; start >= 0; start--) {
            int same = 0;
            while (same < GATE.length && classFile[start + same] == GATE[same]) {
                same++;
            }
            if (same == GATE.length) {
                return true;
            }
        }
        return false;
    }
}
