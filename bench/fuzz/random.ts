/** From 0 up to, and without, 1. */
export type Random = () => number;

export const pick = <T>(from: readonly T[], random: Random): T => from[Math.floor(random() * from.length)] as T;
export const integer = (random: Random, most: number): number => Math.floor(random() * most);
