/** What probing found after a fault: {@link org.healingsqlite.diagnosis.Diagnosis}, with its evidence. Looks, and changes nothing. */
@NullMarked
package org.healingsqlite.diagnosis;

import org.jspecify.annotations.NullMarked;
