package org.healingsqlite.heal;

import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import javax.management.InstanceAlreadyExistsException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.healingsqlite.log.Disclosure;
import org.healingsqlite.log.Log;

/** The beans of this JVM's databases in its JMX server. Used by the thread of {@link ManagementBeans} alone, which lives without JMX where there is none. */
final class RegisteredBeans {
    private static final Log LOG = Log.of(RegisteredBeans.class);

    /** Copies of this library in one JVM, for the same file: as many class loaders as that nobody has. */
    private static final int MOST_COPIES = 20;

    private static final Map<Managed, Registered> REGISTERED = new HashMap<>();

    private record Registered(ObjectName name, DatabaseBean bean) {}

    private RegisteredBeans() {}

    static void register(Managed database, HealingSettings settings, Executor sending) {
        if (REGISTERED.containsKey(database)) {
            return;
        }
        DatabaseBean bean = new DatabaseBean(database, settings, sending);
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        // Not the name of a package of this library: the agent has those under other names.
        String name = "healing-sqlite:type=Database,file="
                + ObjectName.quote(database.file().main().toString());
        try {
            for (int copy = 1; copy <= MOST_COPIES; copy++) {
                ObjectName own = new ObjectName(copy == 1 ? name : name + ",copy=" + copy);
                try {
                    server.registerMBean(bean, own);
                    REGISTERED.put(database, new Registered(own, bean));
                    database.desk().addListener(bean);
                    return;
                } catch (InstanceAlreadyExistsException anotherCopy) {
                    LOG.debug("JMX: {} is of another copy of this library", own);
                }
            }
        } catch (JMException e) {
            LOG.debug("JMX: {} has no bean: {}", database.file().main(), Disclosure.text(e));
        }
    }

    static void unregister(Managed database) {
        Registered registered = REGISTERED.remove(database);
        if (registered == null) {
            return;
        }
        database.desk().removeListener(registered.bean());
        try {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(registered.name());
        } catch (JMException e) {
            LOG.debug("JMX: {}", Disclosure.text(e));
        }
    }
}
