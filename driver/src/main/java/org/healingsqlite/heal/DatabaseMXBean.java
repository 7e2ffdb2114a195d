package org.healingsqlite.heal;

import java.io.IOException;

/**
 * One database of this JVM, over JMX: {@code healing-sqlite:type=Database,file="..."}. It is there from the first connection until a minute after the last one, where the JVM has a JMX server: who attaches with a client starts that, and finds the bean within
 * two seconds. Incidents are sent as
 * notifications of the type {@code healing-sqlite.incident}, the message being the incident as JSON.
 */
public interface DatabaseMXBean {
    /** The main file. */
    String getFile();

    /** {@code healthy}, {@code unknown}, {@code degraded} or {@code unhealthy}. */
    String getStatus();

    /** As {@link Health#toJson()}. */
    String getHealth();

    /** The state of the breaker of healing: CLOSED, OPEN or HALF_OPEN. */
    String getHealingBreaker();

    /** The state of the breaker of retries: CLOSED, OPEN or HALF_OPEN. */
    String getAvailabilityBreaker();

    /** Incidents of this JVM that ended healed. */
    long getHealed();

    /** Incidents of this JVM in which nothing was done, for a reason. */
    long getRefused();

    /** Incidents of this JVM in which healing failed. */
    long getGaveUp();

    /** Times a schema was brought to a new or incomplete database in this JVM. */
    long getInitialisations();

    /** Times that failed. */
    long getFailedInitialisations();

    /** The share of initialisations that succeeded, from 0 to 1; NaN where there was none. */
    double getInitialisationSuccessRate();

    /** The last incident on record as JSON, by any process; empty where there is none or the record cannot be read. */
    String getLastIncident();

    /**
     * The newest incidents on record, as a JSON array.
     *
     * @param limit the most; 1 or more
     */
    String incidents(int limit) throws IOException;

    /**
     * Notes that nobody has to look at an incident any more.
     *
     * @return false where there is no such incident, or it was resolved before
     */
    boolean resolve(String id, String note) throws IOException;

    /** Looks for damage, thoroughly, and changes nothing; gives what was found. */
    String check() throws IOException;

    /** Looks for damage, thoroughly, and heals what is found; gives how it ended. */
    String heal() throws IOException;

    /** Whether nothing is healed because of {@link #observe()}. */
    boolean isObserving();

    /** Heals nothing from now on, whatever connections asked for; a heal that runs is brought to its end. */
    void observe();

    /** Undoes {@link #observe()}. */
    void resume();

    /** Closes both breakers, and lets damage be healed again that came again and again. */
    void resetBreakers();
}
