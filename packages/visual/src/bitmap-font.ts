/** Pixels of a character cell, and what the next character is moved on by. */
export const GLYPH_WIDTH = 5;
export const GLYPH_HEIGHT = 8;
export const GLYPH_ADVANCE = 6;

/**
 * Characters 0x20 to 0x7e, drawn for this project. Eight digits of base 32 each, one per row from the top: the digit's
 * five bits are the row's pixels, the highest bit leftmost. The last row is below the baseline. A font of our own, since
 * containers often have none, and text drawn with a font that is missing vanishes without an error.
 */
const GLYPHS = [
  '00000000 44444040 aa000000 aavavaa0 4fke5u40 op248j30 cik8lid0 44000000', //  !"#$%&'
  '24888420 84222480 04lel400 044v4400 00000c48 000e0000 00000cc0 01248g00', // ()*+,-./
  'ehjlphe0 4c4444e0 eh1248v0 v2421he0 26aiv220 vgu11he0 68guhhe0 v1248880', // 01234567
  'ehhehhe0 ehhf12c0 0cc0cc00 0cc0c480 248g8420 00v0v000 84212480 eh124040', // 89:;<=>?
  'eh1dlle0 ehhvhhh0 uhhuhhu0 ehggghe0 sihhhis0 vgguggv0 vgguggg0 ehgnhhf0', // @ABCDEFG
  'hhhvhhh0 e44444e0 72222ic0 hikokih0 ggggggv0 hrllhhh0 hhpljhh0 ehhhhhe0', // HIJKLMNO
  'uhhuggg0 ehhhlid0 uhhukih0 fgge11u0 v4444440 hhhhhhe0 hhhhha40 hhhllla0', // PQRSTUVW
  'hha4ahh0 hhha4440 v1248gv0 e88888e0 0g842100 e22222e0 4ah00000 0000000v', // XYZ[\]^_
  '84000000 00e1fhf0 ggmphhu0 00egghe0 11djhhf0 00ehvge0 698s8880 00fhhf1e', // `abcdefg
  'ggmphhh0 40c444e0 206222ic ggikoki0 c44444e0 00qllhh0 00mphhh0 00ehhhe0', // hijklmno
  '00uhhugg 00fhhf11 00mpggg0 00fge1u0 88s88960 00hhhjd0 00hhha40 00hhlla0', // pqrstuvw
  '00ha4ah0 00hhhf1e 00v248v0 24484420 44444440 84424480 008l2000', //          xyz{|}~
];
/** Characters of a line. */
const PER_LINE = 8;

/** The eight rows of a character, five bits each. A character that the font lacks gives those of `?`. */
export function glyph(character: string): number[] {
  const rows = rowsOf(character) || rowsOf('?');
  return Array.from(rows, (digit) => Number.parseInt(digit, 32));
}

/** Empty where the font lacks it. Found when it is needed, so that bundlers can tell that nobody needs the font. */
function rowsOf(character: string): string {
  const place = character.charCodeAt(0) - 0x20;
  const start = (place % PER_LINE) * (GLYPH_HEIGHT + 1);
  return GLYPHS[Math.floor(place / PER_LINE)]?.slice(start, start + GLYPH_HEIGHT) ?? '';
}
