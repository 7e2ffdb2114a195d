package org.healingsqlite.heal;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.healingsqlite.api.Internal;
import org.healingsqlite.archive.RowSources;
import org.healingsqlite.diagnosis.DamageCheck;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.notify.HookSettings;
import org.healingsqlite.notify.WebhookSettings;
import org.healingsqlite.plan.Sources;
import org.healingsqlite.schema.Scripts;

/**
 * What was asked for, checked and in its types.
 *
 * @param mode what the healer may do
 * @param schema where the registered schema comes from: files, directories, {@code classpath:} resources; empty where none is registered
 * @param afterHeal scripts that run on recovered content; files and {@code classpath:} resources
 * @param sources where rows come from that the database itself no longer has
 * @param upkeep what is done so that there are such sources
 * @param acceptsLoss whether content that could not be recovered whole is put in place
 * @param onDropped what happens with the rows of a table that somebody else has dropped
 * @param recurring when healing of content stops because it is damaged again and again
 * @param lostContent which content of a lost file goes back to its path
 * @param checkAtOpen what is looked at when a file is first opened; empty where nothing is
 * @param timeout the longest one heal of damage may take
 * @param quarantineRetention how long evidence is kept
 * @param quarantineLimit how many times the size of the database evidence may take
 * @param maxAttempts heals one call may ask for before its exception goes to the application
 * @param waitLimit the longest a call waits while somebody else heals
 * @param breakerFailures heals in a row that must fail before healing is suspended
 * @param breakerDelay how long healing is suspended before one trial
 * @param replayLimitBytes the largest transaction that is kept to be replayed; 0 where none is
 * @param retries how often a call is tried again that met a lock, a full disk or the like
 * @param retryDelay the pause before the first retry; it doubles with each
 * @param degradeReads tables whose reads are answered with no rows while the database cannot be had
 * @param onUnsaved what becomes of writes to a lost file while its content cannot be saved
 * @param onForeign what happens with a file that is no database, and never was one here
 * @param consent how far a heal goes without being asked
 * @param hooks commands that run after a heal
 * @param webhook who is told of incidents by HTTP; empty where nobody is
 * @param logValues whether log, incidents and messages may hold values of rows and literals of statements
 */
@Internal
public record HealingSettings(
        Mode mode,
        Scripts schema,
        Scripts afterHeal,
        RowSources sources,
        UpkeepSettings upkeep,
        boolean acceptsLoss,
        OnDropped onDropped,
        Recurring recurring,
        Sources.Returning lostContent,
        Optional<DamageCheck.Depth> checkAtOpen,
        Duration timeout,
        Duration quarantineRetention,
        int quarantineLimit,
        int maxAttempts,
        Duration waitLimit,
        int breakerFailures,
        Duration breakerDelay,
        long replayLimitBytes,
        int retries,
        Duration retryDelay,
        List<String> degradeReads,
        OnUnsaved onUnsaved,
        OnForeign onForeign,
        ConsentSettings consent,
        HookSettings hooks,
        Optional<WebhookSettings> webhook,
        boolean logValues) {
    public HealingSettings {
        degradeReads = List.copyOf(degradeReads);
    }

    /** What happens with a file that is no database, and never was one here. */
    public enum OnForeign {
        /** It stays as it is. */
        REFUSE,
        /** A database replaces it. */
        REBUILD
    }

    /** What becomes of writes to a lost file while its content cannot be saved. */
    public enum OnUnsaved {
        /** They wait, and fail. */
        REFUSE,
        /** They are acknowledged. */
        ACKNOWLEDGE
    }

    /** Whether writes to a lost file are acknowledged while its content cannot be saved. */
    boolean acknowledgesUnsaved() {
        return onUnsaved == OnUnsaved.ACKNOWLEDGE;
    }

    /** Lets the thread show of this database what was asked for, until it is closed. */
    public Disclosure.Scope disclosing() {
        return Disclosure.ofValues(logValues);
    }

    /** What happens with the rows of a table that somebody else has dropped and that is made again. */
    public enum OnDropped {
        /** The files are kept as they are first. */
        KEEP,
        /** And what is left of the rows in free pages and the log is put back. */
        RESTORE
    }

    /** Whether a table that somebody else has dropped gets back what is left of its rows. */
    boolean restoresDropped() {
        return onDropped == OnDropped.RESTORE;
    }

    /** Whether the content of a deleted file goes back to its path. */
    public boolean restoresDeleted() {
        return lostContent.deleted();
    }

    /** The same, for who waits no longer than this. */
    public HealingSettings waitingAtMost(Duration longest) {
        return waitLimit.compareTo(longest) <= 0 ? this : with(mode, longest);
    }

    /** The same, for who changes nothing. */
    HealingSettings observing() {
        return mode == Mode.HEAL ? with(Mode.OBSERVE, waitLimit) : this;
    }

    /** The same, for who has to follow what was healed. */
    HealingSettings following() {
        return mode == Mode.OBSERVE ? with(Mode.HEAL, waitLimit) : this;
    }

    private HealingSettings with(Mode otherMode, Duration otherWaitLimit) {
        return new HealingSettings(
                otherMode,
                schema,
                afterHeal,
                sources,
                upkeep,
                acceptsLoss,
                onDropped,
                recurring,
                lostContent,
                checkAtOpen,
                timeout,
                quarantineRetention,
                quarantineLimit,
                maxAttempts,
                otherWaitLimit,
                breakerFailures,
                breakerDelay,
                replayLimitBytes,
                retries,
                retryDelay,
                degradeReads,
                onUnsaved,
                onForeign,
                consent,
                hooks,
                webhook,
                logValues);
    }
}
