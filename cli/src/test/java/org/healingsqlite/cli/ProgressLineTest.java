package org.healingsqlite.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProgressLineTest {
    private final StringWriter out = new StringWriter();
    private long nanos;
    private final ProgressLine line = new ProgressLine(new PrintWriter(out), () -> nanos);

    private String shown(long second, String phase, long done, long total) {
        nanos = TimeUnit.SECONDS.toNanos(second);
        out.getBuffer().setLength(0);
        line.progressed(phase, done, total);
        return out.toString().replace("\r\u001b[K", "").replace("\r", "");
    }

    @Test
    void s2_26_shareRateAndWhatIsLeftAreShownOnceThereIsARate() {
        assertThat(shown(10, "pages", 0, 1_000)).isEqualTo("pages 0 %");
        assertThat(shown(10, "pages", 5, 1_000)).isEqualTo("pages 0 %");
        assertThat(shown(12, "pages", 500, 1_000)).isEqualTo("pages 50 %, 250/s, 2 s left");
        assertThat(shown(20, "pages", 1_000, 1_000)).isEqualTo("pages 100 %, 100/s");
    }

    @Test
    void eachPhaseHasItsOwnRateAndOneOfUnknownLengthHasNoShare() {
        assertThat(shown(0, "pages", 1_000, 1_000)).isEqualTo("pages 100 %");
        assertThat(shown(100, "indexes", 0, 0)).isEqualTo("indexes");
        assertThat(shown(102, "indexes", 4, 0)).isEqualTo("indexes, 2/s");
        assertThat(shown(200, "views", 0, 1_000)).isEqualTo("views 0 %");
        assertThat(shown(210, "views", 100, 1_000)).isEqualTo("views 10 %, 10/s, 1 min 30 s left");
    }
}
