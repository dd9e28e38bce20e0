/** Eigenvalues of a symmetric matrix, descending, and as many eigenvectors, one per row. */
export interface SymmetricEigen {
  values: Float64Array;
  /** [n, n], row k belongs to value k. */
  vectors: Float64Array;
}

/**
 * All eigenvalues and eigenvectors of a symmetric matrix: Householder's reduction to three diagonals, then implicit QL
 * (Golub and Van Loan, Matrix Computations, 8.3). In float64, about 10 n³ operations.
 *
 * The vectors are kept as rows, so that every inner loop walks through memory in order.
 *
 * @param matrix [n, n]; read only
 */
export function symmetricEigen(matrix: Float64Array, n: number): SymmetricEigen {
  const { diagonal, beside, basis } = tridiagonal(Float64Array.from(matrix), n);
  implicitQl(diagonal, beside, basis, n);
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => diagonal[b]! - diagonal[a]!);
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    vectors.set(basis.subarray(from * n, (from + 1) * n), to * n);
  });
  return { values: Float64Array.from(order, (i) => diagonal[i]!), vectors };
}

interface Tridiagonal {
  diagonal: Float64Array;
  /** beside[i] couples i and i + 1. */
  beside: Float64Array;
  /** Rows: the basis in which the matrix has three diagonals. */
  basis: Float64Array;
}

/** a = Qᵀ T Q with the rows of Q as basis. Destroys `a`. */
function tridiagonal(a: Float64Array, n: number): Tridiagonal {
  const beside = new Float64Array(n);
  const reflectors: { vector: Float64Array; from: number }[] = [];
  for (let k = 0; k < n - 2; k++) {
    // The reflection that leaves of column k below the diagonal one number.
    const from = k + 1;
    const vector = new Float64Array(n);
    let norm = 0;
    for (let i = from; i < n; i++) {
      vector[i] = a[k * n + i]!;
      norm += vector[i]! ** 2;
    }
    norm = Math.sqrt(norm);
    const first = vector[from]!;
    const target = first > 0 ? -norm : norm;
    beside[k] = target;
    vector[from] = first - target;
    const half = -target * vector[from]!;
    if (!(half > 0)) {
      beside[k] = first;
      continue;
    }
    // A ← (I - v vᵀ / half) A (I - v vᵀ / half), by a rank-two update.
    const product = new Float64Array(n);
    for (let i = from; i < n; i++) {
      const row = i * n;
      let sum = 0;
      for (let j = from; j < n; j++) sum += a[row + j]! * vector[j]!;
      product[i] = sum / half;
    }
    let dot = 0;
    for (let i = from; i < n; i++) dot += vector[i]! * product[i]!;
    const shift = dot / (2 * half);
    for (let i = from; i < n; i++) product[i] = product[i]! - shift * vector[i]!;
    for (let i = from; i < n; i++) {
      const row = i * n;
      const [vi, pi] = [vector[i]!, product[i]!];
      for (let j = from; j < n; j++) {
        a[row + j] = a[row + j]! - vi * product[j]! - pi * vector[j]!;
      }
    }
    const scale = 1 / Math.sqrt(half);
    for (let i = from; i < n; i++) vector[i] = vector[i]! * scale;
    reflectors.push({ vector, from });
  }
  if (n > 1) beside[n - 2] = a[(n - 2) * n + n - 1]!;
  const diagonal = Float64Array.from({ length: n }, (_, i) => a[i * n + i]!);
  return { diagonal, beside, basis: reflected(reflectors, n) };
}

/** The product of all reflections, as rows. */
function reflected(reflectors: readonly { vector: Float64Array; from: number }[], n: number): Float64Array {
  const basis = new Float64Array(n * n);
  for (let i = 0; i < n; i++) basis[i * n + i] = 1;
  for (const { vector, from } of [...reflectors].reverse()) {
    // Only rows and columns from `from` on are not yet those of the identity; applied to the transpose, row by row.
    for (let i = from; i < n; i++) {
      const row = i * n;
      let sum = 0;
      for (let j = from; j < n; j++) sum += basis[row + j]! * vector[j]!;
      for (let j = from; j < n; j++) basis[row + j] = basis[row + j]! - sum * vector[j]!;
    }
  }
  return basis;
}

const MOST_SWEEPS = 60;
/**
 * Sweeps after which what is nothing beside the largest value counts as nothing, too: of a matrix of low rank with weak rows before
 * strong ones, rounding leaves values that never become small beside each other.
 */
const PATIENCE = 30;

/** Turns the three diagonals into one, and the basis with them. */
function implicitQl(d: Float64Array, e: Float64Array, basis: Float64Array, n: number): void {
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(d[i]!) + Math.abs(e[i]!));
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      const floor = sweep < PATIENCE ? 0 : largest;
      let m = l;
      for (; m < n - 1; m++) {
        const size = Math.abs(d[m]!) + Math.abs(d[m + 1]!);
        if (Math.abs(e[m]!) <= Number.EPSILON * Math.max(size, floor)) break;
      }
      if (m === l) break;
      if (sweep === MOST_SWEEPS)
        throw new RangeError('a matrix has no eigenvalues that can be found: is it finite?');
      chase(d, e, basis, n, l, m);
    }
  }
}

/** One implicit step with Wilkinson's shift on the block from l to m. */
function chase(d: Float64Array, e: Float64Array, basis: Float64Array, n: number, l: number, m: number): void {
  let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  let r = Math.hypot(g, 1);
  g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r));
  let s = 1;
  let c = 1;
  let p = 0;
  let i = m - 1;
  for (; i >= l; i--) {
    const f = s * e[i]!;
    const b = c * e[i]!;
    r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] = d[i + 1]! - p;
      e[m] = 0;
      break;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1]! - p;
    r = (d[i]! - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    rotate(basis, n, i, c, s);
  }
  if (r === 0 && i >= l) return;
  d[l] = d[l]! - p;
  e[l] = g;
  e[m] = 0;
}

/** Turns rows i and i + 1. */
function rotate(basis: Float64Array, n: number, i: number, c: number, s: number): void {
  const [low, high] = [i * n, (i + 1) * n];
  for (let k = 0; k < n; k++) {
    const f = basis[high + k]!;
    const own = basis[low + k]!;
    basis[high + k] = s * own + c * f;
    basis[low + k] = c * own - s * f;
  }
}
