package org.healingsqlite.demo.backups;

import com.grack.nanojson.JsonStringWriter;
import com.grack.nanojson.JsonWriter;
import java.util.List;
import java.util.TreeMap;

/** How the application is: as its worst component. */
record HealthReport(List<Component> components) {
    HealthReport {
        components = List.copyOf(components);
    }

    HealthStatus status() {
        return components.stream()
                .map(Component::status)
                .max(HealthStatus::compareTo)
                .orElse(HealthStatus.HEALTHY);
    }

    String json() {
        JsonStringWriter json =
                JsonWriter.string().object().value("status", status().word()).object("components");
        for (Component component : components) {
            json.object(component.name()).value("status", component.status().word());
            new TreeMap<>(component.facts()).forEach(json::value);
            json.end();
        }
        return json.end().end().done();
    }
}
