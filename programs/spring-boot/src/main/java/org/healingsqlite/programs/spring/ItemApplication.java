package org.healingsqlite.programs.spring;

import java.util.Scanner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** Obeys lines on standard input, {@code NAME} or {@code count}, and answers each on standard output. */
@SpringBootApplication
public class ItemApplication {
    public static void main(String[] arguments) {
        try (ConfigurableApplicationContext context = SpringApplication.run(ItemApplication.class, arguments);
                Scanner commands = new Scanner(System.in)) {
            Items items = context.getBean(Items.class);
            System.out.println("answer ready");
            while (commands.hasNextLine()) {
                String command = commands.nextLine();
                try {
                    System.out.println("answer " + items.obey(command));
                } catch (RuntimeException e) {
                    System.out.println("answer failed " + e);
                }
            }
        }
    }
}
