import { expect, it } from "vitest";
import { Heap } from "./heap.ts";

const less = (a: number, b: number): boolean => a < b;
const drained = (heap: Heap<number>): number[] => {
  const items: number[] = [];
  while (heap.size > 0) {
    expect(heap.first).toBeDefined();
    items.push(heap.pop() as number);
  }
  return items;
};

it("gives its items in order, however they came", () => {
  for (let size = 0; size < 60; size += 1) {
    const items = Array.from({ length: size }, () => Math.floor(Math.random() * 20));
    const expected = items.toSorted((a, b) => a - b);
    expect(drained(new Heap(less, items))).toEqual(expected);
    const filled = new Heap(less);
    for (const item of items) filled.push(item);
    expect(drained(filled)).toEqual(expected);
  }
});

it("puts an item in the first one's place", () => {
  const heap = new Heap(less, [1, 3, 5]);
  heap.replace(4);
  expect(drained(heap)).toEqual([3, 4, 5]);
});

it("has nothing when it is empty", () => {
  const heap = new Heap(less);
  expect([heap.first, heap.pop(), heap.size]).toEqual([undefined, undefined, 0]);
});
