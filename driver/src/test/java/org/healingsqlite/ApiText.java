package org.healingsqlite;

import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.healingsqlite.api.Experimental;
import org.healingsqlite.api.Internal;
import org.jspecify.annotations.Nullable;

/**
 * The public API as text: a line for each type, and one for each member that others can see, with a type's lines behind it. A type belongs to it that
 * is an entrance, or that the signature of one that belongs to it names. A record's canonical constructor does not: records get further components.
 */
final class ApiText {
    private final Map<String, Class<?>> types = new TreeMap<>();
    private final String prefix;

    /**
     * @param prefix what the names of all types begin with that can belong to the API
     * @param entrances where users begin
     */
    ApiText(String prefix, Collection<Class<?>> entrances) {
        this.prefix = prefix;
        Deque<Class<?>> waiting = new ArrayDeque<>(entrances);
        while (!waiting.isEmpty()) {
            Class<?> type = waiting.remove();
            if (types.putIfAbsent(type.getName(), type) == null) {
                named(type).forEach(waiting::add);
            }
        }
    }

    /** The types of the API, nested ones among them, by name. */
    Collection<Class<?>> types() {
        return types.values();
    }

    /** The lines, in an order that does not depend on the compiler. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (Class<?> type : types.values()) {
            lines.add(marks(type.isAnnotationPresent(Experimental.class)) + declaration(type));
            Set<String> members = new TreeSet<>();
            for (Field field : type.getDeclaredFields()) {
                if (isSeen(field) && !field.isAnnotationPresent(Internal.class)) {
                    members.add(marks(field.isAnnotationPresent(Experimental.class)) + modifiers(field)
                            + name(field.getGenericType()) + " " + field.getName());
                }
            }
            for (Executable executable : executables(type)) {
                members.add(marks(executable.isAnnotationPresent(Experimental.class)) + signature(executable));
            }
            members.forEach(member -> lines.add("    " + member));
        }
        return lines;
    }

    private Stream<Class<?>> named(Class<?> type) {
        Set<Class<?>> found = new LinkedHashSet<>();
        Stream.Builder<Type> all = Stream.builder();
        if (type.getGenericSuperclass() != null) {
            all.add(type.getGenericSuperclass());
        }
        interfaces(type).forEach(all::add);
        Arrays.stream(type.getDeclaredFields())
                .filter(field -> isSeen(field) && !field.isAnnotationPresent(Internal.class))
                .forEach(field -> all.add(field.getGenericType()));
        executables(type).forEach(executable -> {
            Arrays.stream(executable.getGenericParameterTypes()).forEach(all::add);
            Arrays.stream(executable.getGenericExceptionTypes()).forEach(all::add);
            if (executable instanceof Method method) {
                all.add(method.getGenericReturnType());
            }
        });
        Arrays.stream(type.getDeclaredClasses())
                .filter(nested -> Modifier.isPublic(nested.getModifiers()))
                .forEach(all::add);
        if (type.getPermittedSubclasses() != null) {
            Arrays.stream(type.getPermittedSubclasses()).forEach(all::add);
        }
        all.build().forEach(each -> classes(each, found));
        return found.stream()
                .filter(each -> each.getName().startsWith(prefix))
                .filter(each -> Modifier.isPublic(each.getModifiers()));
    }

    private static void classes(Type type, Set<Class<?>> found) {
        if (type instanceof Class<?> one) {
            Class<?> element = one;
            while (element.isArray()) {
                element = element.getComponentType();
            }
            found.add(element);
        } else if (type instanceof ParameterizedType parameterized) {
            classes(parameterized.getRawType(), found);
            for (Type argument : parameterized.getActualTypeArguments()) {
                classes(argument, found);
            }
        } else if (type instanceof WildcardType wildcard) {
            for (Type bound : wildcard.getUpperBounds()) {
                classes(bound, found);
            }
        } else if (type instanceof GenericArrayType array) {
            classes(array.getGenericComponentType(), found);
        }
    }

    private static List<Executable> executables(Class<?> type) {
        return Stream.concat(Arrays.stream(type.getDeclaredConstructors()), Arrays.stream(type.getDeclaredMethods()))
                .filter(executable -> isSeen(executable) && !executable.isSynthetic())
                .filter(executable -> !executable.isAnnotationPresent(Internal.class))
                .filter(executable -> !isCanonical(executable) && !isOfEveryObject(executable))
                .map(Executable.class::cast)
                .toList();
    }

    /** Whether a type is public for Java only: it says so, or the one around it does, or its package. */
    static boolean isInternal(Class<?> type) {
        for (Class<?> each = type; each != null; each = each.getEnclosingClass()) {
            if (each.isAnnotationPresent(Internal.class)) {
                return true;
            }
        }
        return type.getPackage().isAnnotationPresent(Internal.class);
    }

    private static List<Type> interfaces(Class<?> type) {
        return Arrays.stream(type.getGenericInterfaces())
                .filter(each -> !(each instanceof Class<?> raw) || raw.getPackage() == null || !isInternal(raw))
                .toList();
    }

    /** {@code equals}, {@code hashCode} and {@code toString}, which every type has. */
    private static boolean isOfEveryObject(Executable executable) {
        return Arrays.stream(Object.class.getMethods())
                .anyMatch(method -> method.getName().equals(executable.getName())
                        && Arrays.equals(method.getParameterTypes(), executable.getParameterTypes()));
    }

    private static boolean isCanonical(Executable executable) {
        Class<?> type = executable.getDeclaringClass();
        return executable instanceof Constructor<?>
                && type.isRecord()
                && Arrays.equals(
                        executable.getParameterTypes(),
                        Arrays.stream(type.getRecordComponents())
                                .map(RecordComponent::getType)
                                .toArray());
    }

    private static boolean isSeen(Member member) {
        boolean open = !Modifier.isFinal(member.getDeclaringClass().getModifiers());
        return Modifier.isPublic(member.getModifiers()) || open && Modifier.isProtected(member.getModifiers());
    }

    private static String declaration(Class<?> type) {
        String kind = type.isAnnotation()
                ? "@interface"
                : type.isInterface() ? "interface" : type.isEnum() ? "enum" : type.isRecord() ? "record" : "class";
        List<String> parts = new ArrayList<>();
        if (!type.isInterface() && !type.isEnum() && Modifier.isAbstract(type.getModifiers())) {
            parts.add("abstract");
        }
        if (kind.equals("class") && Modifier.isFinal(type.getModifiers())) {
            parts.add("final");
        }
        if (type.isSealed() && !type.isEnum()) {
            parts.add("sealed");
        }
        parts.add(kind);
        parts.add(type.getName() + variables(type.getTypeParameters()));
        Type parent = type.getGenericSuperclass();
        if (kind.equals("class") && parent != null && parent != Object.class) {
            parts.add("extends " + name(parent));
        }
        Type[] interfaces = interfaces(type).toArray(Type[]::new);
        if (interfaces.length > 0) {
            parts.add((type.isInterface() ? "extends " : "implements ") + names(interfaces));
        }
        return String.join(" ", parts);
    }

    private static String signature(Executable executable) {
        String result = executable instanceof Method method
                ? name(method.getGenericReturnType()) + " " + method.getName()
                : "new";
        String thrown = executable.getGenericExceptionTypes().length == 0
                ? ""
                : " throws " + names(executable.getGenericExceptionTypes());
        String variables = variables(executable.getTypeParameters());
        return modifiers(executable) + (variables.isEmpty() ? "" : variables + " ") + result + "("
                + names(executable.getGenericParameterTypes()) + ")" + thrown;
    }

    private static String modifiers(Member member) {
        int modifiers = member.getModifiers();
        boolean ofInterface = member.getDeclaringClass().isInterface();
        StringBuilder text = new StringBuilder();
        if (Modifier.isProtected(modifiers)) {
            text.append("protected ");
        }
        if (Modifier.isStatic(modifiers)) {
            text.append("static ");
        }
        if (Modifier.isAbstract(modifiers)) {
            text.append("abstract ");
        } else if (ofInterface && member instanceof Method && !Modifier.isStatic(modifiers)) {
            text.append("default ");
        }
        if (Modifier.isFinal(modifiers)
                && !Modifier.isFinal(member.getDeclaringClass().getModifiers())) {
            text.append("final ");
        }
        return text.toString();
    }

    private static String marks(boolean experimental) {
        return experimental ? "@Experimental " : "";
    }

    private static String variables(TypeVariable<?>[] variables) {
        return variables.length == 0
                ? ""
                : Arrays.stream(variables)
                        .map(variable -> variable.getName()
                                + (variable.getBounds().length == 1 && variable.getBounds()[0] == Object.class
                                        ? ""
                                        : " extends " + names(variable.getBounds())))
                        .collect(Collectors.joining(", ", "<", ">"));
    }

    private static String names(Type[] types) {
        return Arrays.stream(types).map(ApiText::name).collect(Collectors.joining(", "));
    }

    private static String name(@Nullable Type type) {
        return type == null ? "" : type.getTypeName().replace("java.lang.", "");
    }
}
