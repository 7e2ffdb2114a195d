package org.healingsqlite;

import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.logging.Logger;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A data source of healing connections. Creating and configuring one touches no file. Each {@link #getConnection} opens a new physical
 * connection; put a pool around it, or use {@link HealingConnectionPoolDataSource} where a pool wants that interface.
 *
 * <p>Configure it before it is shared between threads.
 */
public class HealingDataSource implements DataSource {
    private String url = HealingUrl.SCHEME;
    private final Properties properties = new Properties();

    /** What code has set by name; trusted, as {@link #properties} and {@link #url} are not: pools and forms fill those from what people type. */
    private final Map<String, String> setters = new TreeMap<>();

    private @Nullable PrintWriter logWriter;
    private int loginTimeoutSeconds;

    /** A data source without a URL yet. */
    public HealingDataSource() {}

    /**
     * A data source for a URL.
     *
     * @param url {@code jdbc:healing:sqlite:...}, or a plain {@code jdbc:sqlite:...}
     */
    public HealingDataSource(String url) {
        this.url = healing(url);
    }

    public String getUrl() {
        return url;
    }

    /**
     * Sets the database.
     *
     * @param url {@code jdbc:healing:sqlite:...}, or a plain {@code jdbc:sqlite:...}
     */
    public void setUrl(String url) {
        this.url = healing(url);
    }

    private static String healing(String url) {
        return HealingUrl.isHealing(url) ? url : HealingUrl.of(url);
    }

    /**
     * Sets a property of sqlite-jdbc (for example {@code journal_mode}) or of this driver (for example {@code healing.schema}). An option of the class
     * {@link HealingOption.Trust#POWER} is refused here at connect; it has a setter.
     *
     * @param value the value; null takes the property away
     */
    public void setConnectionProperty(String name, @Nullable String value) {
        if (value == null) {
            properties.remove(name);
        } else {
            properties.setProperty(name, value);
        }
    }

    /** Sets several properties, as {@link #setConnectionProperty} does. */
    public void setConnectionProperties(Properties more) {
        more.stringPropertyNames().forEach(name -> setConnectionProperty(name, more.getProperty(name)));
    }

    /** See {@link HealingOption#MODE}. */
    public void setMode(String mode) {
        set(HealingOption.MODE, mode);
    }

    /** See {@link HealingOption#SCHEMA}. */
    public void setSchema(String schema) {
        set(HealingOption.SCHEMA, schema);
    }

    /** See {@link HealingOption#AFTER_HEAL}. */
    public void setAfterHeal(String scripts) {
        set(HealingOption.AFTER_HEAL, scripts);
    }

    /** See {@link HealingOption#ON_DELETED}. */
    public void setOnDeleted(String restoreOrRecreate) {
        set(HealingOption.ON_DELETED, restoreOrRecreate);
    }

    /** See {@link HealingOption#ON_REPLACED}. */
    public void setOnReplaced(String adoptOrRestore) {
        set(HealingOption.ON_REPLACED, adoptOrRestore);
    }

    /** See {@link HealingOption#ON_DROPPED}. */
    public void setOnDropped(String keepOrRestore) {
        set(HealingOption.ON_DROPPED, keepOrRestore);
    }

    /** See {@link HealingOption#ON_UNSAVED}. */
    public void setOnUnsaved(String refuseOrAcknowledge) {
        set(HealingOption.ON_UNSAVED, refuseOrAcknowledge);
    }

    /** See {@link HealingOption#ARCHIVE}. */
    public void setArchive(String directory) {
        set(HealingOption.ARCHIVE, directory);
    }

    /** See {@link HealingOption#ON_CONFLICT}. */
    public void setOnConflict(String salvagedOrArchive) {
        set(HealingOption.ON_CONFLICT, salvagedOrArchive);
    }

    /** See {@link HealingOption#RESTORE_COMMAND}. */
    public void setRestoreCommand(String command) {
        set(HealingOption.RESTORE_COMMAND, command);
    }

    /** See {@link HealingOption#SNAPSHOTS}. */
    public void setSnapshots(String directory) {
        set(HealingOption.SNAPSHOTS, directory);
    }

    /** See {@link HealingOption#ARCHIVE_KEEP}. */
    public void setArchiveKeep(String offCommitOrDuration) {
        set(HealingOption.ARCHIVE_KEEP, offCommitOrDuration);
    }

    /** See {@link HealingOption#ARCHIVE_HISTORY}. */
    public void setArchiveHistory(String offOrDuration) {
        set(HealingOption.ARCHIVE_HISTORY, offOrDuration);
    }

    /** See {@link HealingOption#ARCHIVE_VERIFY}. */
    public void setArchiveVerify(String offOrDuration) {
        set(HealingOption.ARCHIVE_VERIFY, offOrDuration);
    }

    /** See {@link HealingOption#SNAPSHOT_EVERY}. */
    public void setSnapshotEvery(String duration) {
        set(HealingOption.SNAPSHOT_EVERY, duration);
    }

    /** See {@link HealingOption#SNAPSHOTS_KEPT}. */
    public void setSnapshotsKept(String count) {
        set(HealingOption.SNAPSHOTS_KEPT, count);
    }

    /** See {@link HealingOption#REPLICA}. */
    public void setReplica(String url) {
        set(HealingOption.REPLICA, url);
    }

    /** See {@link HealingOption#REPLICA_EVERY}. */
    public void setReplicaEvery(String duration) {
        set(HealingOption.REPLICA_EVERY, duration);
    }

    /** See {@link HealingOption#REPLICA_RETENTION}. */
    public void setReplicaRetention(String duration) {
        set(HealingOption.REPLICA_RETENTION, duration);
    }

    /** See {@link HealingOption#REPLICA_SNAPSHOT_EVERY}. */
    public void setReplicaSnapshotEvery(String duration) {
        set(HealingOption.REPLICA_SNAPSHOT_EVERY, duration);
    }

    /** See {@link HealingOption#REPLICA_VERIFY}. */
    public void setReplicaVerify(String duration) {
        set(HealingOption.REPLICA_VERIFY, duration);
    }

    /** See {@link HealingOption#REPLICA_LIMIT}. */
    public void setReplicaLimit(String size) {
        set(HealingOption.REPLICA_LIMIT, size);
    }

    /** See {@link HealingOption#ON_LOSS}. */
    public void setOnLoss(String acceptOrRefuse) {
        set(HealingOption.ON_LOSS, acceptOrRefuse);
    }

    /** See {@link HealingOption#RECURRING}. */
    public void setRecurring(String offOrHealsInTime) {
        set(HealingOption.RECURRING, offOrHealsInTime);
    }

    /** See {@link HealingOption#CHECK_AT_OPEN}. */
    public void setCheckAtOpen(String check) {
        set(HealingOption.CHECK_AT_OPEN, check);
    }

    /** See {@link HealingOption#TIMEOUT}. */
    public void setTimeout(String duration) {
        set(HealingOption.TIMEOUT, duration);
    }

    /** See {@link HealingOption#QUARANTINE_RETENTION}. */
    public void setQuarantineRetention(String duration) {
        set(HealingOption.QUARANTINE_RETENTION, duration);
    }

    /** See {@link HealingOption#QUARANTINE_LIMIT}. */
    public void setQuarantineLimit(int timesTheDatabase) {
        set(HealingOption.QUARANTINE_LIMIT, Integer.toString(timesTheDatabase));
    }

    /** See {@link HealingOption#MAX_ATTEMPTS}. */
    public void setMaxAttempts(int maxAttempts) {
        set(HealingOption.MAX_ATTEMPTS, Integer.toString(maxAttempts));
    }

    /** See {@link HealingOption#WAIT}. */
    public void setWait(String duration) {
        set(HealingOption.WAIT, duration);
    }

    /** See {@link HealingOption#BREAKER_FAILURES}. */
    public void setBreakerFailures(int failures) {
        set(HealingOption.BREAKER_FAILURES, Integer.toString(failures));
    }

    /** See {@link HealingOption#BREAKER_DELAY}. */
    public void setBreakerDelay(String duration) {
        set(HealingOption.BREAKER_DELAY, duration);
    }

    /** See {@link HealingOption#REPLAY}. */
    public void setReplay(String replay) {
        set(HealingOption.REPLAY, replay);
    }

    /** See {@link HealingOption#REPLAY_LIMIT}. */
    public void setReplayLimit(String size) {
        set(HealingOption.REPLAY_LIMIT, size);
    }

    /** See {@link HealingOption#RETRIES}. */
    public void setRetries(int retries) {
        set(HealingOption.RETRIES, Integer.toString(retries));
    }

    /** See {@link HealingOption#RETRY_DELAY}. */
    public void setRetryDelay(String duration) {
        set(HealingOption.RETRY_DELAY, duration);
    }

    /** See {@link HealingOption#AFTER_RESCUE_COMMAND}. */
    public void setAfterRescueCommand(String command) {
        set(HealingOption.AFTER_RESCUE_COMMAND, command);
    }

    /** See {@link HealingOption#AFTER_HEAL_COMMAND}. */
    public void setAfterHealCommand(String command) {
        set(HealingOption.AFTER_HEAL_COMMAND, command);
    }

    /** See {@link HealingOption#WEBHOOK}. */
    public void setWebhook(String address) {
        set(HealingOption.WEBHOOK, address);
    }

    /** See {@link HealingOption#WEBHOOK_SEVERITY}. */
    public void setWebhookSeverity(String least) {
        set(HealingOption.WEBHOOK_SEVERITY, least);
    }

    /** See {@link HealingOption#WEBHOOK_TEMPLATE}. */
    public void setWebhookTemplate(String template) {
        set(HealingOption.WEBHOOK_TEMPLATE, template);
    }

    /** See {@link HealingOption#DEGRADE_READS}. */
    public void setDegradeReads(String tables) {
        set(HealingOption.DEGRADE_READS, tables);
    }

    /** See {@link HealingOption#SCHEMA_REQUIRED}. */
    public void setSchemaRequired(boolean schemaRequired) {
        set(HealingOption.SCHEMA_REQUIRED, Boolean.toString(schemaRequired));
    }

    /** See {@link HealingOption#INTENT}. */
    public void setIntent(String intent) {
        set(HealingOption.INTENT, intent);
    }

    /** See {@link HealingOption#VERSION_TABLE}. */
    public void setVersionTable(String tables) {
        set(HealingOption.VERSION_TABLE, tables);
    }

    /** See {@link HealingOption#ON_FOREIGN}. */
    public void setOnForeign(String onForeign) {
        set(HealingOption.ON_FOREIGN, onForeign);
    }

    /** See {@link HealingOption#LOG_VALUES}. */
    public void setLogValues(boolean logValues) {
        set(HealingOption.LOG_VALUES, Boolean.toString(logValues));
    }

    /** See {@link HealingOption#ALLOW_IN_URL}. */
    public void setAllowInUrl(String options) {
        set(HealingOption.ALLOW_IN_URL, options);
    }

    private void set(HealingOption option, String value) {
        setters.put(option.key(), value);
    }

    @Override
    public Connection getConnection() throws SQLException {
        return getConnection(null, null);
    }

    /** SQLite knows no users: both arguments are handed to sqlite-jdbc, which does not look at them. */
    @Override
    public Connection getConnection(@Nullable String user, @Nullable String password) throws SQLException {
        Properties all = new Properties();
        all.putAll(properties);
        if (user != null) {
            all.setProperty("user", user);
        }
        if (password != null) {
            all.setProperty("pass", password);
        }
        return HealingDriver.open(url, setters, all);
    }

    @Override
    public @Nullable PrintWriter getLogWriter() {
        return logWriter;
    }

    @Override
    public void setLogWriter(@Nullable PrintWriter writer) {
        logWriter = writer;
    }

    @Override
    public int getLoginTimeout() {
        return loginTimeoutSeconds;
    }

    /** Kept and returned; opening a file takes no login. */
    @Override
    public void setLoginTimeout(int seconds) {
        loginTimeoutSeconds = seconds;
    }

    @Override
    public Logger getParentLogger() throws SQLFeatureNotSupportedException {
        throw new SQLFeatureNotSupportedException("logs go to SLF4J");
    }

    @Override
    public <T> T unwrap(Class<T> type) throws SQLException {
        if (type.isInstance(this)) {
            return type.cast(this);
        }
        throw new SQLException("not a wrapper for " + type.getName());
    }

    @Override
    public boolean isWrapperFor(Class<?> type) {
        return type.isInstance(this);
    }
}
