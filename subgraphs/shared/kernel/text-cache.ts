import { LRUCache } from "lru-cache";

/**
 * What is known of texts that users write, by the text. Bounded by characters: a number of entries bounds nothing where one of them may
 * have megabytes, and where what is kept of a text (such as a document's syntax tree, some 90 bytes a character) grows with it.
 */
export const textCache = <V extends object | number>(mostCharacters: number): LRUCache<string, V> =>
  new LRUCache({ maxSize: mostCharacters, sizeCalculation: (_value, { length }) => length + ENTRY_CHARACTERS });

/** What an entry takes besides its text, in characters. */
export const ENTRY_CHARACTERS = 200;
