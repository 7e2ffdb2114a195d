package org.healingsqlite.notify;

import java.net.URI;
import org.healingsqlite.incident.Severity;

/**
 * Who is told of incidents by HTTP.
 *
 * @param address of an HTTP or HTTPS server; it may hold a secret, and is never shown but for its host
 * @param least the least urgent ones that are told
 * @param template what is sent
 */
public record WebhookSettings(URI address, Severity least, WebhookTemplate template) {
    /** The address without what may be secret. */
    String shown() {
        return address.getScheme() + "://" + address.getHost() + (address.getPort() < 0 ? "" : ":" + address.getPort());
    }

    @Override
    public String toString() {
        return shown();
    }
}
