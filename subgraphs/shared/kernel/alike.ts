import DataLoader from "dataloader";

/** Loads together what is asked with the same arguments, whatever else the batch asks. */
export function alike<K extends object, V>(
  argumentsOf: (key: K) => unknown,
  load: (alike: readonly K[], first: K) => Promise<V[]>,
): DataLoader<K, V, string> {
  return new DataLoader(
    async (keys) => {
      const found = new Map<K, V | Error>();
      const groups = Map.groupBy(keys, (key) => JSON.stringify(argumentsOf(key)));
      await Promise.all(
        [...groups.values()].map(async (group) => {
          // Others of the same operation must not fail with it.
          const values = await load(group, group[0] as K).catch((error: Error) => group.map(() => error));
          for (const [index, key] of group.entries()) found.set(key, values[index] as V | Error);
        }),
      );
      return keys.map((key) => found.get(key) as V | Error);
    },
    { cacheKeyFn: (key) => JSON.stringify(key) },
  );
}
