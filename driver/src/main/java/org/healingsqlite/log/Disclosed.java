package org.healingsqlite.log;

/**
 * An exception of this library whose message may be shown as it is: it was made of counts, rowids, names, shapes of statements and of what
 * {@link Disclosure} lets be shown.
 */
public interface Disclosed {}
