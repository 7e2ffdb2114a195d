package org.healingsqlite.agent.copied.org.sqlite;

/** As if sqlite-jdbc's class had been moved here by somebody who packs everything into one jar. */
public final class JDBC {
    private JDBC() {}

    public static void main(String[] arguments) {
        System.out.println("runs");
    }
}
