package org.healingsqlite.demo.report;

import java.util.function.Consumer;
import java.util.function.Function;

/** One thing for each lane. */
public record Lanes<T>(T plain, T healing) {

    /** What is made for each lane. */
    public static <T> Lanes<T> of(Function<Lane, T> make) {
        return new Lanes<>(make.apply(Lane.PLAIN), make.apply(Lane.HEALING));
    }

    public T get(Lane lane) {
        return lane == Lane.PLAIN ? plain : healing;
    }

    public <R> Lanes<R> map(Function<? super T, ? extends R> function) {
        return of(lane -> function.apply(get(lane)));
    }

    public void forEach(Consumer<? super T> consumer) {
        consumer.accept(plain);
        consumer.accept(healing);
    }
}
