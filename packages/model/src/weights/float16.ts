/**
 * Bits of the IEEE 754 binary16 nearest to `value`, ties to even. The value is taken as a float32 first.
 * Beyond 65504 + 16 it is infinity; subnormals are kept; a NaN stays a (quiet) NaN with its sign.
 */
export function float32ToFloat16Bits(value: number): number {
  return float32ToFloat16(Float32Array.of(value))[0]!;
}

/** The float32 equal to a binary16 given by its bits; exact, since every binary16 is a float32. */
export function float16BitsToFloat32(bits: number): number {
  return float16ToFloat32(Uint16Array.of(bits))[0]!;
}

/** {@link float32ToFloat16Bits} over an array. */
export function float32ToFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(1);
  const float = new Float32Array(bits.buffer);
  const result = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    float[0] = values[i]!;
    result[i] = narrow(bits[0]!);
  }
  return result;
}

/** {@link float16BitsToFloat32} over an array. */
export function float16ToFloat32(bits: Uint16Array): Float32Array {
  const result = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) result[i] = widen(bits[i]!);
  return new Float32Array(result.buffer);
}

/** bfloat16 is the upper half of a float32, so this is exact too. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const result = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) result[i] = bits[i]! << 16;
  return new Float32Array(result.buffer);
}

function narrow(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff);
  if (magnitude >= 0x47800000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    // Half a unit less one, plus the parity of the kept part: ties go to even. A carry runs into the exponent.
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  if (magnitude <= 0x33000000) return sign;
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  return sign | ((mantissa + (1 << (shift - 1)) - 1 + ((mantissa >>> shift) & 1)) >>> shift);
}

function widen(bits: number): number {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (mantissa << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (mantissa << 13)) >>> 0;
  if (mantissa === 0) return sign >>> 0;
  // Normalize: the leading one moves to bit 10, and each place costs one in the exponent.
  const places = Math.clz32(mantissa) - 21;
  return (sign | ((113 - places) << 23) | (((mantissa << places) & 0x3ff) << 13)) >>> 0;
}
