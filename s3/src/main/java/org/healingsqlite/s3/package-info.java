/** Replicas in S3, for {@code healing.replica=s3://bucket/prefix}: found by the replica's own service. Nothing here is called by applications. */
@NullMarked
package org.healingsqlite.s3;

import org.jspecify.annotations.NullMarked;
