package org.healingsqlite.programs.spring;

import org.springframework.data.jpa.repository.JpaRepository;

/** The rows by way of JPA. */
public interface ItemRepository extends JpaRepository<Item, Long> {
    long countByName(String name);
}
