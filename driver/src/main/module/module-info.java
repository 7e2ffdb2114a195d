/**
 * The driver. Exported is what has a part in the API, driver/src/api/current.txt; what is public in these packages and {@code @Internal} is not meant for
 * others.
 */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic", "module"})
module org.healingsqlite {
    requires transitive java.sql;
    requires java.management;
    requires java.net.http;
    requires jdk.jfr;
    requires org.xerial.sqlitejdbc;
    requires org.slf4j;
    requires transitive dev.failsafe.core;
    requires de.siegmar.fastcsv;
    requires com.grack.nanojson;
    requires static transitive org.jspecify;

    exports org.healingsqlite;
    exports org.healingsqlite.api;
    exports org.healingsqlite.archive;
    exports org.healingsqlite.completeness;
    exports org.healingsqlite.diagnosis;
    exports org.healingsqlite.heal;
    exports org.healingsqlite.incident;
    exports org.healingsqlite.salvage;
    exports org.healingsqlite.schema;

    // Ships what the driver opens: healing-sqlite-replica, made with this.
    exports org.healingsqlite.files to
            org.healingsqlite.replica;
    exports org.healingsqlite.format to
            org.healingsqlite.replica;
    exports org.healingsqlite.log to
            org.healingsqlite.replica;
    exports org.healingsqlite.replication to
            org.healingsqlite.replica;
    exports org.healingsqlite.sqlite to
            org.healingsqlite.replica;

    provides java.sql.Driver with
            org.healingsqlite.HealingDriver;

    uses org.healingsqlite.archive.ArchiveParser;
    uses org.healingsqlite.incident.IncidentListener;
    uses org.healingsqlite.replication.ReplicaProvider;
    uses org.slf4j.spi.SLF4JServiceProvider;
}
