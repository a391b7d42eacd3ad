/** Per second since the point before, from a counter. NaN where nothing was before, and over a restart: how far it had come is lost. */
export function counterRate(times: Float64Array, values: Float64Array): Float64Array {
  const rates = new Float64Array(values.length).fill(Number.NaN);
  let last = -1;
  for (const [index, value] of values.entries()) {
    if (!Number.isFinite(value)) continue;
    const seconds = (times[index] ?? 0) - (times[last] ?? 0);
    const grown = value - (values[last] ?? 0);
    if (last >= 0 && seconds > 0 && grown >= 0) rates[index] = grown / seconds;
    last = index;
  }
  return rates;
}
