const PRIME_LOW = 0x1b3;
const TWO_32 = 2 ** 32;
/** Between names and values: no byte of UTF-8. */
const SEPARATOR = 0xff;

/** A label set's id as Prometheus and Alertmanager compute it: FNV-1a of 64 bits over names and values, sorted by name. */
export function fingerprintOf(labels: Readonly<Record<string, string>>): string {
  // In two halves: a BigInt for each byte would take a hundred times as long.
  let [high, low] = [0xcbf29ce4, 0x84222325];
  const add = (byte: number): void => {
    low = (low ^ byte) >>> 0;
    const product = low * PRIME_LOW;
    // The prime is 2^40 + PRIME_LOW: the low half, moved by 40 bits, is in the high one.
    high = (high * PRIME_LOW + Math.floor(product / TWO_32) + ((low << 8) >>> 0)) % TWO_32;
    low = product >>> 0;
  };
  const sorted = Object.entries(labels).map(([name, value]) => [Buffer.from(name), Buffer.from(value)] as const);
  for (const parts of sorted.sort(([a], [b]) => Buffer.compare(a, b))) {
    for (const part of parts) {
      for (const byte of part) add(byte);
      add(SEPARATOR);
    }
  }
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
