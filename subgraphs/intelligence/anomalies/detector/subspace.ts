const LENGTH = 12;
const COMPONENTS = 2;
/** How fast the mean and the covariance follow. */
const [MEAN_RATE, COVARIANCE_RATE] = [0.001, 0.004];
const LEARN_EVERY = 4;
const TURN_EVERY = 25;

/**
 * A model that is learned as a series comes: the few shapes (principal components) that stretches of it are made of. What a stretch
 * has beyond them is how unlike itself the series is.
 */
export class Subspace {
  /** The newest first. */
  readonly #stretch = new Float64Array(LENGTH);
  readonly #mean = new Float64Array(LENGTH);
  readonly #centred = new Float64Array(LENGTH);
  readonly #covariance = new Float64Array(LENGTH * LENGTH);
  readonly #shapes = Array.from({ length: COMPONENTS }, (_, component) => unit(component));
  #seen = 0;

  /** The root mean square of what no shape explains. */
  distance(value: number): number {
    const centred = this.#centre(value);
    let rest = dot(centred, centred);
    for (const shape of this.#shapes) rest -= dot(shape, centred) ** 2;
    if (this.#seen % LEARN_EVERY === 0) this.#learn();
    if (this.#seen % TURN_EVERY === 0) this.#turn();
    this.#seen += 1;
    return Math.sqrt(Math.max(0, rest) / LENGTH);
  }

  #centre(value: number): Float64Array {
    if (this.#seen === 0) this.#stretch.fill(value);
    this.#stretch.copyWithin(1, 0, LENGTH - 1);
    this.#stretch[0] = value;
    for (let place = 0; place < LENGTH; place += 1) {
      const difference = (this.#stretch[place] ?? 0) - (this.#mean[place] ?? 0);
      this.#centred[place] = difference;
      this.#mean[place] = (this.#mean[place] ?? 0) + MEAN_RATE * difference;
    }
    return this.#centred;
  }

  #learn(): void {
    for (let row = 0; row < LENGTH; row += 1) {
      for (let column = 0; column < LENGTH; column += 1) {
        const at = row * LENGTH + column;
        const product = (this.#centred[row] ?? 0) * (this.#centred[column] ?? 0);
        this.#covariance[at] = (this.#covariance[at] ?? 0) + COVARIANCE_RATE * (product - (this.#covariance[at] ?? 0));
      }
    }
  }

  /** One step of orthogonal iteration: the shapes turn towards the covariance's largest eigenvectors. */
  #turn(): void {
    for (const [component, shape] of this.#shapes.entries()) {
      const turned = shape.map((_, row) => dot(this.#covariance.subarray(row * LENGTH, (row + 1) * LENGTH), shape));
      for (const other of this.#shapes.slice(0, component)) {
        const along = dot(turned, other);
        for (let place = 0; place < LENGTH; place += 1)
          turned[place] = (turned[place] ?? 0) - along * (other[place] ?? 0);
      }
      const length = Math.sqrt(dot(turned, turned));
      shape.set(length > Number.EPSILON ? turned.map((each) => each / length) : unit(component));
    }
  }
}

const unit = (place: number): Float64Array =>
  Float64Array.from({ length: LENGTH }, (_, each) => Number(each === place));

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let place = 0; place < LENGTH; place += 1) sum += (a[place] ?? 0) * (b[place] ?? 0);
  return sum;
}
