package org.healingsqlite.salvage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.healingsqlite.format.BtreePage;
import org.healingsqlite.format.Bytes;
import org.healingsqlite.format.CellCursor;
import org.healingsqlite.format.PageKind;
import org.healingsqlite.format.RecordCursor;
import org.healingsqlite.format.TextEncoding;

/** Finds the text encoding from the text itself, for files whose header is lost. */
final class EncodingVote {

    /** A text in UTF-8 has a NUL now and then; in UTF-16 each Latin letter has one. */
    private static final int FEWEST_BYTES_FOR_EACH_NUL = 4;

    private static final int VOTING_PAGES = 2000;

    private EncodingVote() {}

    /** Strict UTF-8, with hardly a NUL, against zero bytes at odd or even places. */
    static TextEncoding take(PageStore store) throws IOException {
        return winner(count(store, true));
    }

    /** What the header says, unless nearly all texts speak against it; those in UTF-8 with a NUL may be what somebody put into a database of UTF-16. */
    static TextEncoding confirm(TextEncoding said, PageStore store) throws IOException {
        Map<TextEncoding, Long> votes = count(store, false);
        TextEncoding winner = winner(votes);
        long most = votes.getOrDefault(winner, 0L);
        return most >= 4 && votes.getOrDefault(said, 0L) * 8 < most ? winner : said;
    }

    private static TextEncoding winner(Map<TextEncoding, Long> votes) {
        TextEncoding winner = TextEncoding.UTF_8;
        for (TextEncoding encoding : TextEncoding.values()) {
            if (votes.getOrDefault(encoding, 0L) > votes.getOrDefault(winner, 0L)) {
                winner = encoding;
            }
        }
        return winner;
    }

    private static Map<TextEncoding, Long> count(PageStore store, boolean withNuls) throws IOException {
        CellCursor cursor = new CellCursor(store.geometry(), store.largestPayload());
        RecordCursor record = new RecordCursor();
        long utf8 = 0;
        long little = 0;
        long big = 0;
        int step = Math.max(1, store.pageCount() / VOTING_PAGES);
        for (int page = 1; page <= store.pageCount(); page += step) {
            byte[] bytes = store.newest(page);
            Optional<PageKind> kind =
                    PageKind.of(Bytes.u8(bytes, BtreePage.headerOffset(page))).filter(PageKind::isLeaf);
            if (kind.isEmpty()) {
                continue;
            }
            BtreePage btree = BtreePage.read(bytes, page, kind.get(), store.geometry(), cursor);
            for (int i = 0; i < btree.pointers(); i++) {
                if (btree.cell(i) < 0
                        || !cursor.moveTo(bytes, btree.cell(i), btree.kind())
                        || cursor.overflowPage() != 0
                        || !record.moveTo(bytes, cursor.payloadOffset(), cursor.localSize())) {
                    continue;
                }
                for (int field = 0; field < record.count(); field++) {
                    if (!record.isText(field) || record.size(field) < 2) {
                        continue;
                    }
                    int odd = 0;
                    int even = 0;
                    for (int at = 0; at < record.size(field); at++) {
                        if (bytes[record.offset(field) + at] == 0) {
                            if ((at & 1) == 1) {
                                odd++;
                            } else {
                                even++;
                            }
                        }
                    }
                    if (isUtf8WithNuls(record, field, odd + even)) {
                        utf8 += withNuls || odd + even == 0 ? 1 : 0;
                    } else if (odd > even) {
                        little++;
                    } else if (even > odd) {
                        big++;
                    }
                }
            }
        }
        return Map.of(TextEncoding.UTF_8, utf8, TextEncoding.UTF_16LE, little, TextEncoding.UTF_16BE, big);
    }

    /** Whether a text is UTF-8: without NUL, or with some, and then with no other control characters. */
    private static boolean isUtf8WithNuls(RecordCursor record, int field, int nuls) {
        if (nuls * FEWEST_BYTES_FOR_EACH_NUL > record.size(field)) {
            return false;
        }
        byte[] text = record.copy(field);
        return isUtf8(text) && (nuls == 0 || !hasOtherControls(text));
    }

    /** Whether a text with NULs has other control characters too, as most scripts have for their high bytes in UTF-16. */
    private static boolean hasOtherControls(byte[] text) {
        for (byte b : text) {
            if (b > 0 && b < ' ' && b != '\t' && b != '\n' && b != '\r') {
                return true;
            }
        }
        return false;
    }

    private static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
