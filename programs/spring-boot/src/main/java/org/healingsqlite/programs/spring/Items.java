package org.healingsqlite.programs.spring;

import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/** Each command uses both ways: one row by JPA and one by JdbcTemplate, in one transaction. */
@Service
public class Items {
    private final ItemRepository repository;
    private final JdbcTemplate template;

    public Items(ItemRepository repository, JdbcTemplate template) {
        this.repository = repository;
        this.template = template;
    }

    @Transactional
    public String obey(String command) {
        if (command.equals("count")) {
            return "count " + repository.count() + ' '
                    + template.queryForObject("SELECT count(*) FROM item", Long.class);
        }
        repository.saveAndFlush(new Item(command));
        template.update("INSERT INTO item (name) VALUES (?)", command);
        return "stored " + repository.countByName(command);
    }
}
