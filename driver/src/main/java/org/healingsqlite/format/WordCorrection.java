package org.healingsqlite.format;

import java.util.ArrayList;
import java.util.List;

/**
 * One four-byte word of a log frame's page that damage changed, as the frame's checksum gives it back. The two running sums are linear in each
 * word: what a change of one word adds to both tells the word and its value, and a change of more than one passes for such by one chance in
 * millions where the change is of all bits; of two single bits it passes in some percent. So it is likely, and proves nothing.
 *
 * <p>Source: SQLite file format §4.2.
 *
 * @param at where in the page the word is, in bytes
 * @param value what it was, read as a big-endian number
 */
record WordCorrection(int at, int value) {

    /**
     * Looks for the words whose change, each alone, explains that a frame's checksum does not hold. What changed only in the highest bits of a word can
     * have changed in more than one.
     *
     * @param frame header and page
     * @param missing what the stored sums have more than those of the frame as it is, the first in the high half
     * @param sumsSound whether the next frame proves the stored sums; if not, damage of one of them must not pass for damage of the page
     */
    static List<WordCorrection> find(byte[] frame, long missing, boolean bigEndian, boolean sumsSound) {
        int first = (int) (missing >>> 32);
        int second = (int) missing;
        if (!sumsSound && (first == 0 || second == 0 || first == second)) {
            return List.of();
        }
        // What one more in the left and in the right word of a pair adds to the two sums.
        int leftFirst = 1;
        int leftSecond = 1;
        int rightFirst = 0;
        int rightSecond = 1;
        List<WordCorrection> found = new ArrayList<>();
        for (int at = frame.length - 8; at >= WriteAheadLog.FRAME_HEADER_SIZE; at -= 8) {
            for (boolean left : new boolean[] {true, false}) {
                int perFirst = left ? leftFirst : rightFirst;
                int perSecond = left ? leftSecond : rightSecond;
                int change = (perFirst & 1) == 1 ? first * inverse(perFirst) : second * inverse(perSecond);
                if (change * perFirst == first && change * perSecond == second) {
                    found.add(changed(frame, left ? at : at + 4, change, bigEndian));
                }
            }
            leftFirst += leftSecond;
            leftSecond += leftFirst;
            rightFirst += rightSecond;
            rightSecond += rightFirst;
        }
        return found;
    }

    private static WordCorrection changed(byte[] frame, int at, int change, boolean bigEndian) {
        int now = Bytes.i32(frame, at);
        int value = bigEndian ? now + change : Integer.reverseBytes(Integer.reverseBytes(now) + change);
        return new WordCorrection(at - WriteAheadLog.FRAME_HEADER_SIZE, value);
    }

    /** What an odd number must be multiplied with to give 1 in 32 bits. */
    private static int inverse(int odd) {
        int inverse = odd;
        for (int i = 0; i < 4; i++) {
            // Doubles the bits that are right; an odd number is its own inverse in the lowest three.
            inverse *= 2 - odd * inverse;
        }
        return inverse;
    }

    void apply(byte[] page) {
        page[at] = (byte) (value >>> 24);
        page[at + 1] = (byte) (value >>> 16);
        page[at + 2] = (byte) (value >>> 8);
        page[at + 3] = (byte) value;
    }
}
