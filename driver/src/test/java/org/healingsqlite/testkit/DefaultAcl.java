package org.healingsqlite.testkit;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A POSIX access control list on a directory that names one more user for everything that is made in it. Java has none, so Python sets it. */
public final class DefaultAcl {
    /** Source: acl(5) and the kernel's posix_acl_xattr.h: version 2, then tag, permissions and id of each entry; 0xffffffff is no id. */
    private static final String SET = """
            import os, struct, sys
            none = 0xffffffff
            entries = [(0x01, 7, none), (0x02, 7, int(sys.argv[2])), (0x04, 5, none), (0x10, 7, none), (0x20, 5, none)]
            os.setxattr(sys.argv[1], 'system.posix_acl_default',
                        struct.pack('<I', 2) + b''.join(struct.pack('<HHI', *entry) for entry in entries))
            """;

    private DefaultAcl() {}

    /**
     * Lets a user read and write whatever will be made in a directory, as far as the permissions of what is made allow to anybody but its owner.
     *
     * @return what kept it from being set; empty where it is set
     */
    public static String give(Path directory, int uid) throws InterruptedException {
        try {
            Process python = new ProcessBuilder("python3", "-c", SET, directory.toString(), Integer.toString(uid))
                    .redirectErrorStream(true)
                    .start();
            String said = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return python.waitFor() == 0 ? "" : "no access control list here: " + said;
        } catch (IOException noSuchProgram) {
            return "python3 is needed: " + noSuchProgram.getMessage();
        }
    }
}
