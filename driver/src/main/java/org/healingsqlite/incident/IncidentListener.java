package org.healingsqlite.incident;

/** Is told of every incident when it has ended. Called on the thread that healed; what it throws is logged and goes no further. */
@FunctionalInterface
public interface IncidentListener {
    void ended(Incident incident);
}
